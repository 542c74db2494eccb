import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AmrError, fileError } from '@agentmmrec/core';
import { readColumnar } from './columnar.js';
import type { ItemContent } from './contract.js';
import { readLabel, readOwnId, readRating, readTime } from './fieldValues.js';
import { GrowingIds, GrowingTimes, IdNumbering } from './idNumbering.js';
import { emptyContent } from './itemFacts.js';
import { itemListNames, readItemList, remarksOnList } from './itemList.js';
import type { DatasetFormat, RawDataset } from './rawDataset.js';
import { readTable } from './table.js';

/**
 * A plain folder, and what the synthetic catalog writes: `interactions` as TSV, CSV (also with `.gz`), Parquet or Arrow (user,
 * item, optional rating, timestamp and x_label) and an optional list of items (see `readItemList`). Items without
 * interactions stay.
 */
export const tableFormat: DatasetFormat = {
  name: 'table',
  knownBy: 'interactions.tsv, .csv, .parquet or .arrow',
  matches: (fileNames) => tableOf(fileNames) !== undefined,
  missing: (fileNames) =>
    itemListNames.some((name) => fileNames.includes(name)) ? [] : ['items.jsonl, .csv, .parquet or .arrow'],
  read: readFolder,
};

const tableNames = ['tsv', 'csv', 'tsv.gz', 'csv.gz', 'parquet', 'arrow', 'feather'].map(
  (end) => `interactions.${end}`,
);

function tableOf(fileNames: readonly string[]): string | undefined {
  return tableNames.find((name) => fileNames.includes(name));
}

async function readFolder(folder: string, fileNames: readonly string[]): Promise<RawDataset> {
  const table = tableOf(fileNames) ?? 'interactions.tsv';
  const users = new IdNumbering();
  const items = new IdNumbering();
  const userIds = new GrowingIds();
  const itemIds = new GrowingIds();
  const labels: number[] = [];
  const ratings: number[] = [];
  const times = new GrowingTimes();
  const shape = {
    delimiter: /\.tsv(\.gz)?$/.test(table) ? 'tab' : 'comma',
    required: ['user', 'item'],
    optional: ['rating', 'timestamp', 'x_label'],
  } as const;
  const read = /\.[ct]sv(\.gz)?$/.test(table) ? readTable : readColumnar;
  const ignored = await read(join(folder, table), shape, (row) => {
    userIds.push(users.numberOf(readOwnId(row, 'user')));
    itemIds.push(items.numberOf(readOwnId(row, 'item')));
    if (row.field('x_label') !== undefined) labels.push(readLabel(row, 'x_label'));
    if (row.field('timestamp') !== undefined) times.push(readTime(row, 'timestamp'));
    if (row.field('rating') !== undefined) ratings.push(readRating(row, 'rating'));
  });
  if (userIds.length === 0) {
    throw new AmrError({
      what: join(folder, table),
      got: 'a header without rows',
      expected: 'at least one interaction',
      hint: 'check that the file was copied whole',
    });
  }
  const remarks = ignored.map((name) => `column "${name}" of ${table} is not used`);
  if (fileNames.includes('catalog.json')) remarks.push(describeCatalog(join(folder, 'catalog.json')));
  const listName = itemListNames.find((name) => fileNames.includes(name));
  const listed = listName === undefined ? null : await readContent(folder, listName, items, remarks);
  return {
    format: 'table',
    name: basename(folder),
    userIds: users.ids,
    itemIds: items.ids,
    pairs: { userIds: userIds.finish(), itemIds: itemIds.finish() },
    ratings: ratings.length > 0 ? Float32Array.from(ratings) : null,
    timestamps: times.finish(),
    labels: labels.length > 0 ? Uint8Array.from(labels) : null,
    content: listed?.content ?? null,
    imageUrls: listed?.imageUrls ?? null,
    features: [],
    keepsAllIds: true,
    // A drawn catalog has the size that was asked for; filtering it again would change that behind the user's back.
    defaultKCore: labels.length > 0 || fileNames.includes('catalog.json') ? 0 : 5,
    remarks,
  };
}

/** Content by item number; items of the list without interactions are numbered after the others. */
async function readContent(folder: string, listName: string, items: IdNumbering, remarks: string[]) {
  const listed = await readItemList(folder, listName);
  const interacted = items.ids.length;
  const content: ItemContent[] = items.ids.map(() => emptyContent);
  const imageUrls: (string | null)[] = items.ids.map(() => null);
  let described = 0;
  for (const item of listed) {
    const number = items.numberOf(item.id);
    if (number < interacted) described++;
    content[number] = item.content;
    imageUrls[number] = item.imageUrl;
  }
  if (described < interacted) remarks.push(`${interacted - described} items with interactions are not in ${listName}`);
  remarks.push(...remarksOnList(listName, listed));
  return { content, imageUrls: imageUrls.some((url) => url !== null) ? imageUrls : null };
}

/** Anyone who reads results on drawn data must see that it was drawn. */
function describeCatalog(path: string): string {
  try {
    const { seed } = JSON.parse(readFileSync(path, 'utf8')) as { seed?: unknown };
    if (typeof seed === 'number') return `a synthetic catalog, drawn from seed ${seed}`;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw fileError(`reading ${path}`, cause);
  }
  throw new AmrError({
    what: path,
    got: 'a file without a seed',
    expected: 'the JSON that the synthetic catalog writes',
    hint: 'draw the catalog again',
  });
}
