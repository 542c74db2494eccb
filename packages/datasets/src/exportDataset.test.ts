import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { exportDataset, exportFormats } from './exportDataset.js';
import { itemsOf } from './interactions.js';
import { loadDataset, readParts } from './loadDataset.js';
import { readOpenings } from './openings.js';
import { errorOf, folderOf, newFolder, options, removeFolders } from './testing/folders.js';

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
    ]);
    const train = readFileSync(join(folder, `${name}.train.inter`), 'utf8').split('\n');
    expect(train[0]).toBe('user_id:token\titem_id:token');
    expect(train).toHaveLength(dataset.training.train.itemIds.length + 2);
    expect(readFileSync(join(folder, `${name}.item`), 'utf8')).toContain('i7\tMug "7"\t\tHome A, b\ttwo lines\n');
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
