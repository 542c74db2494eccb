import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest, readArrowFile, silentLog, writeArrowFile } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Table } from 'apache-arrow';
import { synthesizeCatalog } from './catalog/synthesizeCatalog.js';
import type { Dataset } from './contract.js';
import { datasetStats } from './dataset/datasetStats.js';
import { textColumn } from './files/arrowColumns.js';
import { loadDataset } from './loadDataset.js';
import { prepareDataset } from './prepareDataset.js';
import { manifestDigestOf, preparedNames, readManifest } from './prepared/manifest.js';
import { errorOf, folderOf, newFolder, options, removeFolders } from './testing/folders.js';
import { npyOf } from './testing/npyBytes.js';

afterAll(removeFolders);

const inter = 'userID\titemID\tx_label\n0\t2\t0\n0\t0\t2\n1\t1\t0\n1\t2\t1\n2\t0\t1\n';

/** Everything of a data set but where its images lie, and its test split. */
function contentOf(dataset: Dataset): unknown {
  const { training, validation, report } = dataset;
  const content = training.content?.map(({ imagePath, ...rest }) => ({
    ...rest,
    image: imagePath === null ? null : readFileSync(imagePath, 'base64'),
  }));
  return { training: { ...training, name: '', content }, validation, report, test: dataset.test.open('comparison') };
}

async function catalog(): Promise<string> {
  const folder = join(newFolder(), 'shop');
  await synthesizeCatalog({ folder, users: 12, items: 20, imageSize: 16, seed: 3, log: silentLog });
  return folder;
}

describe('prepareDataset', () => {
  test('a prepared name gives the data of the path, content, images, features and all splits', async () => {
    const mmrec = folderOf({ 'a.inter': inter, 'audio_feat.npy': npyOf(3, 2, [1, 2, 3, 4, 5, 6]) });
    for (const from of [mmrec, await catalog()]) {
      const { workspace } = options({});
      const direct = await loadDataset(from, options({ workspace }));
      const prepared = await prepareDataset(options({ workspace, from, name: 'mine' }));
      expect(prepared).toMatchObject({ written: true, folder: join(workspace, 'datasets', 'mine') });
      const expected = contentOf(direct);
      // Self-contained: the source may go.
      rmSync(from, { recursive: true });
      const loaded = await loadDataset('mine', options({ workspace, splitSeed: 99 }));
      const byPath = await loadDataset(prepared.folder, options({ workspace }));
      expect(contentOf(byPath)).toEqual(expected);
      expect(loaded.training.name).toBe('mine');
      expect(contentOf(loaded)).toEqual(expected);
      expect(loaded.training.fingerprint).toBe(direct.training.fingerprint);
      expect(datasetStats({ ...loaded, training: { ...loaded.training, name: direct.training.name } })).toEqual(
        datasetStats(direct),
      );
    }
  });

  test('the test split lies in a file of its own', async () => {
    const from = folderOf({ 'a.inter': inter });
    const { folder } = await prepareDataset(options({ from, name: 'mine' }));
    expect(readdirSync(folder).sort()).toEqual([
      'items.arrow',
      'manifest.json',
      'report.md',
      'test.arrow',
      'train.arrow',
      'users.arrow',
      'validation.arrow',
    ]);
  });

  test('equal data is not written again; other data needs another name or replace', async () => {
    const from = folderOf({ 'a.inter': inter });
    const { workspace } = options({});
    const prepare = (more: object = {}) => prepareDataset(options({ workspace, from, name: 'mine', ...more }));
    expect((await prepare()).written).toBe(true);
    expect((await prepare()).written).toBe(false);
    writeFileSync(join(from, 'a.inter'), `${inter}0\t1\t0\n`);
    const error = await errorOf(() => prepare());
    expect(error.message).toMatch(/"mine": got a name that other data has already.*--replace/);
    expect((await prepare({ replace: true })).written).toBe(true);
    expect((await loadDataset('mine', options({ workspace }))).report.interactions.train).toBe(3);
    expect(readdirSync(join(workspace, 'datasets'))).toEqual(['mine']);
  });

  test('refuses options that contradict the preparation, and adds synthetic features where there are none', async () => {
    const { workspace } = options({});
    await prepareDataset(options({ workspace, from: folderOf({ 'a.inter': inter }), name: 'mine' }));
    const error = await errorOf(() => loadDataset('mine', options({ workspace, kCore: 5 })));
    expect(error.message).toMatch(/option kCore: got 5, expected nothing: it was prepared with the default/);
    const { training } = await loadDataset('mine', options({ workspace, features: 'synthetic:4' }));
    expect(training.features).toMatchObject([{ modality: 'text', synthetic: true }]);
  });

  test.each(['../out', '', 'a/b', '.hidden', 'x.tmp', 'a'.repeat(200)])('refuses the name %j', async (name) => {
    const { workspace } = options({});
    const error = await errorOf(() =>
      prepareDataset(options({ workspace, from: folderOf({ 'a.inter': inter }), name })),
    );
    expect(error.what).toBe('name of the prepared data set');
    expect(existsSync(join(workspace, 'datasets'))).toBe(false);
  });

  test('leaves nothing behind when it cannot write', async () => {
    const { workspace } = options({});
    writeFileSync(join(workspace, 'datasets'), 'a file in the way');
    const error = await errorOf(() =>
      prepareDataset(options({ workspace, from: folderOf({ 'a.inter': inter }), name: 'mine' })),
    );
    expect(error.kind).toBe('input');
    expect(readdirSync(workspace)).toEqual(['datasets']);
  });

  test.each<[string, (folder: string) => void, RegExp]>([
    [
      'a changed file',
      (folder) => writeFileSync(join(folder, 'test.arrow'), 'x'),
      /test\.arrow: got other bytes than were written/,
    ],
    ['a missing file', (folder) => rmSync(join(folder, 'validation.arrow')), /validation\.arrow: got no such file/],
    [
      'a changed manifest',
      (folder) => {
        const path = join(folder, 'manifest.json');
        writeFileSync(path, readFileSync(path, 'utf8').replace('"coldUsers": 1', '"coldUsers": 0'));
      },
      /manifest\.json: got a manifest that was changed/,
    ],
    [
      'another version',
      (folder) => {
        const path = join(folder, 'manifest.json');
        writeFileSync(path, readFileSync(path, 'utf8').replace('"version": 1', '"version": 999'));
      },
      /got format "agentmmrec-dataset", version 999/,
    ],
    [
      'a manifest cut short',
      (folder) => writeFileSync(join(folder, 'manifest.json'), '{'),
      /a manifest that is not JSON/,
    ],
  ])('notices %s', async (_, damage, message) => {
    const { workspace } = options({});
    const { folder } = await prepareDataset(options({ workspace, from: folderOf({ 'a.inter': inter }), name: 'mine' }));
    damage(folder);
    const error = await errorOf(() => loadDataset('mine', options({ workspace })));
    expect(error.kind).toBe('input');
    expect(error.message).toMatch(message);
  });

  describe('images of a prepared folder that somebody else wrote', () => {
    /** A prepared catalog whose first image is named `image`, with digests that fit. */
    async function withImage(image: string | ((folder: string) => string)): Promise<{ workspace: string }> {
      const { workspace } = options({});
      const { folder } = await prepareDataset(options({ workspace, from: await catalog(), name: 'mine' }));
      const items = readArrowFile(join(folder, 'items.arrow'));
      const images = Array.from(items.getChild('image') ?? [], String);
      images[0] = typeof image === 'string' ? image : image(folder);
      writeArrowFile(join(folder, 'items.arrow'), items.assign(new Table({ image: textColumn(images) })));
      const { manifestDigest: _, ...manifest } = readManifest(folder);
      const files = { ...manifest.files, 'items.arrow': digest(readFileSync(join(folder, 'items.arrow'))) };
      const changed = { ...manifest, files };
      const signed = { ...changed, manifestDigest: manifestDigestOf(changed) };
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(signed));
      return { workspace };
    }
    const refusal = async (image: string | ((folder: string) => string)) =>
      await errorOf(async () => loadDataset('mine', options(await withImage(image))));

    test.each([
      ['a path upwards', '../../secret.png'],
      ['a path upwards that looks like one inside', 'images/../../../secret.png'],
      ['an absolute path', join(newFolder(), 'secret.png')],
    ])('%s is refused', async (_, image) => {
      const error = await refusal(image);
      expect(error).toMatchObject({ kind: 'input', expected: 'a path inside the folder of the data set' });
    });

    test('a link that leaves the folder is refused, whatever its own name', async () => {
      const secret = folderOf({ 'secret.png': 'not for a model' });
      const linked = await refusal((folder) => {
        symlinkSync(join(secret, 'secret.png'), join(folder, 'images/link.png'));
        return 'images/link.png';
      });
      expect(linked.expected).toBe('a path inside the folder of the data set');
      const throughFolder = await refusal((folder) => {
        symlinkSync(secret, join(folder, 'elsewhere'));
        return 'elsewhere/secret.png';
      });
      expect(throughFolder.expected).toBe('a path inside the folder of the data set');
    });

    test('an address is a file name like any other, and no such file is there', async () => {
      expect((await refusal('https://127.0.0.1/secret.png')).message).toMatch(/secret\.png: got no such file/);
      expect((await refusal('file:///etc/hostname')).message).toMatch(/hostname: got no such file/);
    });

    test('a workspace reached through a link is no way out', async () => {
      const { workspace } = options({});
      await prepareDataset(options({ workspace, from: await catalog(), name: 'mine' }));
      const link = join(newFolder(), 'link');
      symlinkSync(workspace, link);
      const { training } = await loadDataset('mine', options({ workspace: link }));
      expect(training.content?.every(({ imagePath }) => imagePath === null || existsSync(imagePath))).toBe(true);
    });
  });

  test('names are listed, and a name nearly right is suggested', async () => {
    const { workspace } = options({});
    await prepareDataset(options({ workspace, from: folderOf({ 'a.inter': inter }), name: 'my-shop' }));
    expect(preparedNames(workspace)).toEqual(['my-shop']);
    const error = await errorOf(() => loadDataset('my-shpo', options({ workspace })));
    expect(error.message).toMatch(/expected a path, or one of my-shop\. HINT: did you mean "my-shop"\?/);
  });
});
