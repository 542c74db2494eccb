import { basename } from 'node:path';
import type { TableRow } from './cells.js';
import { readColumnar } from './columnar.js';
import type { TableShape } from './columns.js';
import { readJsonRecords } from './jsonRecords.js';
import { readTable, type TableFacts } from './table.js';

/** How a table may be written, by its ending. */
const readers = {
  tsv: readTable,
  csv: readTable,
  'tsv.gz': readTable,
  'csv.gz': readTable,
  txt: readTable,
  tab: readTable,
  'txt.gz': readTable,
  'tab.gz': readTable,
  dat: readTable,
  parquet: readColumnar,
  arrow: readColumnar,
  feather: readColumnar,
  jsonl: readJsonRecords,
  'jsonl.gz': readJsonRecords,
  ndjson: readJsonRecords,
  'ndjson.gz': readJsonRecords,
  json: readJsonRecords,
  'json.gz': readJsonRecords,
} as const;

const recordEndings = Object.keys(readers) as (keyof typeof readers)[];

/** The ending of a table; undefined for any other file. */
function endingOf(path: string): keyof typeof readers | undefined {
  return recordEndings.find((candidate) => path.endsWith(`.${candidate}`));
}

/** The file's name without the ending of a table; undefined for any other file. */
export function recordStem(path: string): string | undefined {
  const ending = endingOf(path);
  return ending && basename(path).slice(0, -ending.length - 1);
}

/** The file of this stem among the names, the first ending counts. */
export function recordsNamed(stem: string, fileNames: readonly string[]): string | undefined {
  return recordEndings.map((ending) => `${stem}.${ending}`).find((name) => fileNames.includes(name));
}

/**
 * Reads a table row by row, however it is written: CSV, TSV, JSON, Parquet or Arrow, by its ending.
 * @throws AmrError input: damage, a missing column
 */
export async function readRecords(
  path: string,
  shape: TableShape,
  onRow: (row: TableRow) => void,
): Promise<TableFacts> {
  return await readers[endingOf(path) ?? 'csv'](path, shape, onRow);
}
