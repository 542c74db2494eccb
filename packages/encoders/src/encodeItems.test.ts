import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactStore, matrix, matrixRow, silentLog } from '@agentmmrec/core';
import { type ItemContent, loadDataset, synthesizeCatalog, type TrainingData } from '@agentmmrec/datasets';
import { afterAll, describe, expect, test } from '@jest/globals';
import { encodeItems, itemText } from './encodeItems.js';
import type { ImageEncoder, TextEncoder } from './encoder.js';
import { pixelImageEncoder } from './pixels/pixelImageEncoder.js';
import { resumableText } from './resumable.js';
import { fileOf, newFolder, product, removeFolders } from './testing/images.js';
import { hashingTextEncoder } from './text/hashingTextEncoder.js';

afterAll(removeFolders);

const empty: ItemContent = { title: '', brand: '', categories: [], description: '', imagePath: null };

function trainingOf(content: readonly ItemContent[] | null, features: TrainingData['features'] = []): TrainingData {
  const items = content?.length ?? 2;
  const train = { users: 1, items, offsets: Int32Array.of(0, 1), itemIds: Int32Array.of(0) };
  const itemIds = Array.from({ length: items }, (_, n) => String(n));
  return { name: 'x', users: 1, items, userIds: ['u'], itemIds, train, content, features, fingerprint: 'f' };
}

/** Encoders that count what they are asked. */
function counting() {
  const asked = { texts: 0, images: 0 };
  const text: TextEncoder = {
    ...hashingTextEncoder(),
    encode: async (texts) => {
      asked.texts += texts.length;
      return await hashingTextEncoder().encode(texts);
    },
  };
  const image: ImageEncoder = {
    ...pixelImageEncoder(),
    encode: async (paths) => {
      asked.images += paths.length;
      return await pixelImageEncoder().encode(paths);
    },
  };
  return { asked, encoders: { text, image } };
}

test('itemText joins title, brand, categories and description, without what is absent', () => {
  expect(itemText({ ...empty, title: 'A\nmug', categories: ['Home', 'Mugs'], description: 'x\r\n y ' })).toBe(
    'A mug Home Mugs x y',
  );
  expect(itemText(empty)).toBe('');
});

describe('encodeItems', () => {
  test('encodes text and images of a catalog, once', async () => {
    const folder = join(newFolder(), 'shop');
    const workspace = newFolder();
    await synthesizeCatalog({ folder, users: 10, items: 20, imageSize: 24, seed: 1, log: silentLog });
    const { training } = await loadDataset(folder, { workspace, splitSeed: 1, log: silentLog });
    const { asked, encoders } = counting();
    const first = await encodeItems(training, encoders, new ArtifactStore(workspace));
    expect(first.features).toMatchObject([
      { modality: 'text', synthetic: false, matrix: { rows: 20, cols: 384 } },
      { modality: 'image', synthetic: false, matrix: { rows: 20, cols: 512 } },
    ]);
    expect(first.remarks).toEqual([]);
    expect(asked).toEqual({ texts: 20, images: 20 });
    const second = await encodeItems(training, encoders, new ArtifactStore(workspace));
    expect(asked).toEqual({ texts: 20, images: 20 });
    expect(second.features.map(({ matrix: rows }) => [...rows.data])).toEqual(
      first.features.map(({ matrix: rows }) => [...rows.data]),
    );
    const changed = { ...training, content: training.content?.map((item) => ({ ...item, brand: 'new' })) ?? null };
    await encodeItems(changed, encoders, new ArtifactStore(workspace));
    expect(asked).toEqual({ texts: 40, images: 20 });
  });

  test('skips what the data lacks and what it brought itself', async () => {
    const store = new ArtifactStore(newFolder());
    const { asked, encoders } = counting();
    expect(await encodeItems(trainingOf(null), encoders, store)).toEqual({ features: [], remarks: [] });
    const textOnly = await encodeItems(trainingOf([{ ...empty, title: 'a' }, empty]), encoders, store);
    expect(textOnly.features.map(({ modality }) => modality)).toEqual(['text']);
    expect(textOnly.remarks).toEqual([
      '1 of 2 items have no text: their text features are zero',
      'no item has an image: image features are absent',
    ]);
    const ready = { modality: 'text', matrix: matrix(2, 3), synthetic: false };
    const own = await encodeItems(trainingOf([{ ...empty, title: 'a' }, empty], [ready]), encoders, store);
    expect(own.features).toEqual([ready]);
    expect(asked).toEqual({ texts: 2, images: 0 });
  });

  test('a changed picture of a prepared data set is refused, and other folders name theirs as they like', async () => {
    const named = await product('#c81e28');
    const folder = newFolder();
    mkdirSync(join(folder, 'images'));
    const imagePath = join(folder, 'images', `${'0'.repeat(64)}.png`);
    copyFileSync(named, imagePath);
    const work = () =>
      encodeItems(trainingOf([{ ...empty, imagePath }]), counting().encoders, new ArtifactStore(newFolder()));
    expect((await work()).features[0].modality).toBe('image');
    writeFileSync(join(folder, 'train.arrow'), '');
    await expect(work()).rejects.toThrow(/got other bytes than its name says/);
  });

  test('missing and broken images get the mean of the others, counted, also when the features are found again', async () => {
    const [red, blue] = await Promise.all([product('#c81e28'), product('#265ccc')]);
    const content = [red, null, fileOf('broken'), blue, red].map((imagePath) => ({ ...empty, imagePath }));
    const store = new ArtifactStore(newFolder());
    const { asked, encoders } = counting();
    for (let round = 0; round < 2; round++) {
      const { features, remarks } = await encodeItems(trainingOf(content), encoders, store);
      expect(remarks[0]).toBe('no item has text: text features are absent');
      expect(remarks[1]).toBe('1 of 5 items have no image: they get the mean of the others');
      expect(remarks[2]).toMatch(
        /^1 images cannot be decoded, their items get the mean of the others; the first: image /,
      );
      const rows = features[0].matrix;
      expect([...matrixRow(rows, 4)]).toEqual([...matrixRow(rows, 0)]);
      for (const filled of [1, 2]) {
        matrixRow(rows, filled).forEach((value, n) => {
          expect(value).toBeCloseTo((2 * matrixRow(rows, 0)[n] + matrixRow(rows, 3)[n]) / 3, 6);
        });
      }
    }
    // Equal images are encoded once.
    expect(asked.images).toBe(3);
  });

  test('vectors that are no numbers are refused, and nothing of them is kept', async () => {
    const workspace = newFolder();
    const folder = join(newFolder(), 'shop');
    await synthesizeCatalog({ folder, users: 20, items: 20, imageSize: 0, seed: 1, log: silentLog });
    const { training } = await loadDataset(folder, { workspace, splitSeed: 1, log: silentLog });
    const broken: TextEncoder = {
      ...hashingTextEncoder(),
      async encode(texts) {
        const rows = await hashingTextEncoder().encode(texts);
        rows.data[rows.cols + 2] = Number.NaN;
        return rows;
      },
    };
    const store = new ArtifactStore(workspace);
    for (const text of [broken, resumableText(broken, { store })]) {
      const work = encodeItems(training, { text, image: pixelImageEncoder() }, store);
      await expect(work).rejects.toThrow(/encoder .*: got NaN at place 2 of vector 1/);
    }
    expect(
      await encodeItems(training, { text: hashingTextEncoder(), image: pixelImageEncoder() }, store),
    ).toMatchObject({
      features: [{ modality: 'text' }],
    });
  });
});
