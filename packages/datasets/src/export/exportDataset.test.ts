import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArrowFile, silentLog } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { synthesizeCatalog } from '../catalog/synthesizeCatalog.js';
import { itemsOf } from '../dataset/interactions.js';
import { readOpenings } from '../dataset/openings.js';
import { openDuckDb, sqlText } from '../files/duckDb.js';
import { loadDataset } from '../loadDataset.js';
import { prepareDataset } from '../prepareDataset.js';
import { errorOf, folderOf, newFolder, options, removeFolders } from '../testing/folders.js';
import { npyOf } from '../testing/npyBytes.js';
import { readParts } from '../testing/readParts.js';
import { exportDataset, exportFormats } from './exportDataset.js';

afterAll(removeFolders);

const pairs = Array.from({ length: 60 }, (_, n) => `u${n % 6}\ti${(n * 7) % 20}\n`).join('');
const items = Array.from({ length: 20 }, (_, n) =>
  JSON.stringify({ id: `i${n}`, title: `Mug "${n}"`, categories: ['Home', 'A, b'], description: 'two\nlines' }),
).join('\n');
const source = () => folderOf({ 'interactions.tsv': `user\titem\n${pairs}`, 'items.jsonl': items });

/** Each user's items by their own ids, split by split. */
async function read(folder: string) {
  const parts = await readParts(folder, options({ kCore: 0 }));
  const splits = [parts.train, parts.validation, parts.test].map((part) =>
    parts.userIds
      .map(
        (user, n) =>
          `${user}: ${Array.from(itemsOf(part, n), (item) => parts.itemIds[item])
            .sort()
            .join(' ')}`,
      )
      .sort(),
  );
  const content = new Map(parts.content?.map((item, n) => [parts.itemIds[n], item]));
  return { splits, content, features: parts.features };
}

describe('exportDataset', () => {
  test('labels are numbers of eight bits, in Arrow and in Parquet', async () => {
    const folder = join(newFolder(), 'out');
    const dataset = await loadDataset(source(), options({ kCore: 0 }));
    await exportDataset(dataset, 'arrow', folder);
    const arrow = readArrowFile(join(folder, 'interactions.arrow')).getChild('x_label');
    expect([String(arrow?.type), arrow?.get(0)]).toEqual(['Int8', 0]);
    await exportDataset(dataset, 'parquet', `${folder}2`);
    const { connection, close } = await openDuckDb();
    const path = sqlText(join(`${folder}2`, 'interactions.parquet'));
    const described = await connection.runAndReadAll(`DESCRIBE SELECT x_label FROM ${path}`);
    close();
    expect(described.getRowObjects()[0].column_type).toBe('TINYINT');
  });

  test.each(['mmrec', 'arrow', 'parquet'] as const)('%s is read back with the same splits', async (format) => {
    const from = source();
    const choices = options({ kCore: 0, features: 'synthetic:3' });
    const folder = join(newFolder(), 'out');
    await exportDataset(await loadDataset(from, choices), format, folder);
    const [before, after] = [await readParts(from, choices), await read(folder)];
    expect(after.splits).toEqual((await read(from)).splits);
    if (format === 'mmrec') expect(after.features[0].matrix).toEqual(before.features[0].matrix);
    else expect(after.content.get('i7')).toEqual((await read(from)).content.get('i7'));
    expect(readOpenings(choices.workspace).map(({ purpose }) => purpose)).toEqual([
      `export as ${format}: the file holds all splits`,
    ]);
  });

  test.each(['catalog', 'features', 'synthetic'])(
    'prepared, exported to MMRec and prepared again: %s',
    async (kind) => {
      const catalog = join(newFolder(), 'shop');
      await synthesizeCatalog({
        folder: catalog,
        users: 30,
        items: 25,
        imageSize: 8,
        coldItems: 0.1,
        seed: 2,
        log: silentLog,
      });
      const rows = Array.from({ length: 20 }, (_, n) => `${n % 6}\t${(n * 3) % 8}\t${n % 3}\n`).join('');
      const mmrec = folderOf({
        'a.inter': `userID\titemID\tx_label\n${rows}`,
        'u_id_mapping.csv': `user_id\tuserID\n${Array.from({ length: 8 }, (_, n) => `A${n}\t${n}\n`).join('')}`,
        'image_feat.npy': npyOf(
          8,
          2,
          Array.from({ length: 16 }, (_, n) => Math.fround(n / 7)),
        ),
        'audio_feat.npy': npyOf(
          8,
          1,
          Array.from({ length: 8 }, (_, n) => -n),
        ),
      });
      const { workspace } = options({});
      const from = kind === 'features' ? mmrec : catalog;
      const further = kind === 'synthetic' ? { features: 'synthetic:3,5' } : {};
      await prepareDataset(options({ workspace, from, name: 'first', ...further }));
      const first = await loadDataset('first', options({ workspace }));
      const folder = join(newFolder(), 'out');
      await exportDataset(first, 'mmrec', folder);
      await prepareDataset(options({ workspace, from: folder, name: 'second' }));
      const second = await loadDataset('second', options({ workspace }));
      expect(second.training.fingerprint).toBe(first.training.fingerprint);
      expect(second.validation).toEqual(first.validation);
      expect(second.test.open('comparison')).toEqual(first.test.open('comparison'));
      if (kind === 'synthetic')
        expect(second.training.features.map(({ synthetic }) => synthetic)).toEqual([true, true]);
    },
  );

  test.each(['arrow', 'parquet'] as const)('%s brings its images along', async (format) => {
    const catalog = join(newFolder(), 'shop');
    await synthesizeCatalog({ folder: catalog, users: 8, items: 20, imageSize: 8, seed: 2, log: silentLog });
    const folder = join(newFolder(), 'out');
    await exportDataset(await loadDataset(catalog, options({})), format, folder);
    const parts = await readParts(folder, options({}));
    for (const [n, id] of parts.itemIds.entries()) {
      const path = parts.content?.[n].imagePath ?? '';
      expect(readFileSync(path)).toEqual(readFileSync(join(catalog, `images/${id}.png`)));
    }
  });

  test('recbole has the features as embeddings to preload, digits exact, and a configuration that names them', async () => {
    const catalog = join(newFolder(), 'shop');
    await synthesizeCatalog({ folder: catalog, users: 8, items: 20, imageSize: 8, seed: 2, log: silentLog });
    const dataset = await loadDataset(catalog, options({ features: 'synthetic:3,2' }));
    const folder = join(newFolder(), 'out');
    await exportDataset(dataset, 'recbole', folder);
    const [text] = dataset.training.features;
    const lines = readFileSync(join(folder, 'shop.textemb'), 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe('text_item_id:token\ttext_emb:float_seq');
    expect(lines.slice(1).map((line) => line.split('\t')[0])).toEqual(dataset.training.itemIds);
    const values = lines.slice(1).flatMap((line) => line.split('\t')[1].split(' ').map(Number));
    expect(Float32Array.from(values)).toEqual(text.matrix.data);
    const configuration = readFileSync(join(folder, 'shop.yaml'), 'utf8');
    expect(configuration).toContain('additional_feat_suffix: [textemb, imageemb]');
    expect(configuration).toContain('  image_item_id: image_emb\n');
    expect(configuration).toContain('# the text features are SYNTHETIC');
    const item = readFileSync(join(folder, 'shop.item'), 'utf8').split('\n')[1].split('\t');
    expect(readFileSync(join(folder, item[5]))).toEqual(readFileSync(join(catalog, `images/${item[0]}.png`)));
  });

  test('recbole has typed headers and one line a pair', async () => {
    const folder = join(newFolder(), 'out');
    const dataset = await loadDataset(source(), options({ kCore: 0 }));
    await exportDataset(dataset, 'recbole', folder);
    const name = dataset.training.name;
    expect(readdirSync(folder).sort()).toEqual([
      `${name}.item`,
      `${name}.test.inter`,
      `${name}.train.inter`,
      `${name}.valid.inter`,
      `${name}.yaml`,
    ]);
    const train = readFileSync(join(folder, `${name}.train.inter`), 'utf8').split('\n');
    expect(train[0]).toBe('user_id:token\titem_id:token');
    expect(train).toHaveLength(dataset.training.train.itemIds.length + 2);
    expect(readFileSync(join(folder, `${name}.item`), 'utf8')).toContain('i7\tMug "7"\t\tHome A, b\ttwo lines\t\n');
  });

  test.each(exportFormats)('%s does not write into a folder that is there', async (format) => {
    const workspaceOptions = options({ kCore: 0 });
    const folder = newFolder();
    const dataset = await loadDataset(source(), workspaceOptions);
    expect((await errorOf(() => exportDataset(dataset, format, folder))).message).toContain('a folder that exists');
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(join(workspaceOptions.workspace, 'openings.jsonl'))).toBe(false);
  });
});
