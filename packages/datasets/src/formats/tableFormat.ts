import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { AmrError, fileError } from '@agentmmrec/core';
import type { TableRow } from '../files/cells.js';
import { columnNames } from '../files/columnNames.js';
import type { ColumnChoice } from '../files/columns.js';
import { optionalFields, readOwnId } from '../files/fieldValues.js';
import { readRecords, recordsNamed } from '../files/records.js';
import { remarksOnTable } from '../files/table.js';
import { IdNumbering } from './idNumbering.js';
import { InteractionRows } from './interactionRows.js';
import { contentByNumber, itemListAmong, readItemList } from './itemList.js';
import { type DatasetFormat, type RawDataset, usualKCore } from './rawDataset.js';

/**
 * A plain folder, and what the synthetic catalog writes: `interactions` as TSV, CSV, JSON lines (also with `.gz`), Parquet or Arrow
 * (user, item, optional rating, timestamp and x_label, or under the names of `columnNames`) and an optional list of items (see
 * `readItemList`). Items without interactions stay.
 */
export const tableFormat: DatasetFormat = {
  name: 'table',
  knownBy: 'interactions.tsv, .csv, .jsonl, .parquet or .arrow',
  takesColumns: true,
  matches: ({ names }) => recordsNamed('interactions', names) !== undefined,
  missing: ({ names }) => (itemListAmong(names) ? [] : ['items.jsonl, .csv, .parquet or .arrow']),
  async read(files, columns) {
    const itemList = itemListAmong(files.names);
    return await readTables({
      name: basename(resolve(files.folder)),
      interactions: files.path(recordsNamed('interactions', files.names) ?? 'interactions.tsv'),
      itemList: itemList && files.path(itemList),
      drawn: files.has('catalog.json') ? describeCatalog(files.path('catalog.json')) : undefined,
      columns,
    });
  },
};

export interface TableFiles {
  readonly name: string;
  /** path of the table */
  readonly interactions: string;
  /** path of the list of items */
  readonly itemList: string | undefined;
  /** of a synthetic catalog: the sentence that says so */
  readonly drawn?: string | undefined;
  readonly columns?: ColumnChoice | undefined;
}

/** Reads interactions and a list of items from files of any name. @throws AmrError input: damage, with file and row */
export async function readTables({ name, interactions, itemList, drawn, columns }: TableFiles): Promise<RawDataset> {
  const users = new IdNumbering();
  const items = new IdNumbering();
  const rows = new InteractionRows();
  const shape = {
    required: ['user', 'item'],
    optional: ['rating', 'timestamp', 'x_label'],
    names: columnNames,
    chosen: columns,
  };
  const alike = requireAlike();
  const facts = await readRecords(interactions, shape, (row) => {
    const [user, item] = [readOwnId(row, 'user'), readOwnId(row, 'item')];
    alike(row);
    rows.add(users.numberOf(user), items.numberOf(item), ...optionalFields(row));
  });
  if (rows.length === 0) {
    throw new AmrError({
      what: interactions,
      got: 'a table without rows',
      expected: 'at least one interaction',
      hint: 'check that the file was copied whole',
    });
  }
  const remarks = remarksOnTable(basename(interactions), facts);
  if (drawn !== undefined) remarks.push(drawn);
  const listed = itemList === undefined ? null : await readContent(itemList, items, remarks, columns);
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
    defaultKCore: taken.labels !== null || drawn !== undefined ? 0 : usualKCore,
    remarks,
  };
}

/** JSON records say their own columns: a rating for some and not for others would shift all that follow. */
function requireAlike(): (row: TableRow) => void {
  const columns = ['rating', 'timestamp', 'x_label'];
  let first: TableRow | undefined;
  return (row) => {
    first ??= row;
    for (const column of columns) {
      if ((row.cell(column) === undefined) === (first.cell(column) === undefined)) continue;
      throw new AmrError({
        what: `${row.where}, ${column}`,
        got: row.cell(column) === undefined ? 'nothing, while the first has it' : 'a value, while the first has none',
        expected: 'it in all interactions or in none',
        hint: `complete it, or leave it out: --columns ${column}=`,
      });
    }
  };
}

async function readContent(path: string, items: IdNumbering, remarks: string[], columns: ColumnChoice | undefined) {
  return contentByNumber(basename(path), await readItemList(path, columns), items, remarks);
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
