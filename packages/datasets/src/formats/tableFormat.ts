import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AmrError, fileError } from '@agentmmrec/core';
import type { ItemContent } from '../contract.js';
import { readColumnar } from '../files/columnar.js';
import { optionalFields, readOwnId } from '../files/fieldValues.js';
import { readTable } from '../files/table.js';
import { IdNumbering } from './idNumbering.js';
import { InteractionRows } from './interactionRows.js';
import { emptyContent } from './itemFacts.js';
import { itemListNames, readItemList, remarksOnList } from './itemList.js';
import type { DatasetFormat, RawDataset } from './rawDataset.js';

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
  async read(folder, fileNames) {
    const itemList = itemListNames.find((name) => fileNames.includes(name));
    const drawn = fileNames.includes('catalog.json') ? describeCatalog(join(folder, 'catalog.json')) : undefined;
    return await readTables({
      name: basename(folder),
      interactions: join(folder, tableOf(fileNames) ?? 'interactions.tsv'),
      itemList: itemList && join(folder, itemList),
      drawn,
    });
  },
};

const tableEndings = ['tsv', 'csv', 'tsv.gz', 'csv.gz', 'parquet', 'arrow', 'feather'];

function tableOf(fileNames: readonly string[]): string | undefined {
  return tableEndings.map((ending) => `interactions.${ending}`).find((name) => fileNames.includes(name));
}

/** The file's name without the ending of a table; undefined for any other file. */
export function tableStem(path: string): string | undefined {
  const name = basename(path);
  const ending = tableEndings.find((candidate) => name.endsWith(`.${candidate}`));
  return ending && name.slice(0, -ending.length - 1);
}

const aliases = {
  user: ['user_id', 'userID', 'userId'],
  item: ['item_id', 'itemID', 'itemId'],
  timestamp: ['time'],
} as const;

export interface TableFiles {
  readonly name: string;
  /** path of the table */
  readonly interactions: string;
  /** path of the list of items */
  readonly itemList: string | undefined;
  /** of a synthetic catalog: the sentence that says so */
  readonly drawn?: string | undefined;
}

/** Reads interactions and a list of items from files of any name. @throws AmrError input: damage, with file and row */
export async function readTables({ name, interactions, itemList, drawn }: TableFiles): Promise<RawDataset> {
  const users = new IdNumbering();
  const items = new IdNumbering();
  const rows = new InteractionRows();
  const shape = {
    delimiter: /\.tsv(\.gz)?$/.test(interactions) ? 'tab' : 'comma',
    required: ['user', 'item'],
    optional: ['rating', 'timestamp', 'x_label'],
    aliases,
  } as const;
  const read = /\.[ct]sv(\.gz)?$/.test(interactions) ? readTable : readColumnar;
  const ignored = await read(interactions, shape, (row) => {
    const [user, item] = [readOwnId(row, 'user'), readOwnId(row, 'item')];
    rows.add(users.numberOf(user), items.numberOf(item), ...optionalFields(row));
  });
  if (rows.length === 0) {
    throw new AmrError({
      what: interactions,
      got: 'a header without rows',
      expected: 'at least one interaction',
      hint: 'check that the file was copied whole',
    });
  }
  const remarks = ignored.map((column) => `column "${column}" of ${basename(interactions)} is not used`);
  if (drawn !== undefined) remarks.push(drawn);
  const listed = itemList === undefined ? null : await readContent(itemList, items, remarks);
  const taken = rows.take();
  return {
    format: 'table',
    name,
    userIds: users.ids,
    itemIds: items.ids,
    ...taken,
    content: listed?.content ?? null,
    imageUrls: listed?.imageUrls ?? null,
    features: [],
    keepsAllIds: true,
    // A drawn catalog has the size that was asked for; filtering it again would change that behind the user's back.
    defaultKCore: taken.labels !== null || drawn !== undefined ? 0 : 5,
    remarks,
  };
}

/** Content by item number; items of the list without interactions are numbered after the others. */
async function readContent(path: string, items: IdNumbering, remarks: string[]) {
  const listName = basename(path);
  const listed = await readItemList(dirname(path), listName);
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
