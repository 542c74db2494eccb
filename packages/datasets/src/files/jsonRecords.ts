import { AmrError } from '@agentmmrec/core';
import { byteChunks } from './byteChunks.js';
import { type CellValue, rowOf, shown, type TableRow, toCell } from './cells.js';
import { type ChosenColumns, chooseColumns, missingColumn, type TableShape } from './columns.js';
import { forEachLine } from './lines.js';
import { literalOf } from './listText.js';
import { parseShallowJson } from './pythonLiteral.js';
import type { TableFacts } from './table.js';

/** A list of records is read whole. */
const largestListBytes = 2 ** 28;
/** What begins without the end of a line and goes on behind this is a damaged file of lines. */
const smallFileBytes = 2 ** 20;

type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * Reads JSON objects as rows of a table: one a line, in one list, or as `recordsIn` finds them. Each says its own columns.
 * @throws AmrError input: no JSON, no objects, a missing column, a list of more than 256 MiB
 */
export async function readJsonRecords(
  path: string,
  shape: TableShape,
  onRow: (row: TableRow) => void,
): Promise<TableFacts> {
  const columnsOf = columnFinder({ ...shape, sparse: true });
  const others = new Set<string>();
  const met = new Set<string>();
  const own = new Set<string>();
  const isRecord = (names: readonly string[]) => {
    try {
      return columnsOf(names, path).places.size > 0;
    } catch {
      return false;
    }
  };
  await forEachJsonRecord(path, isRecord, (record, where) => {
    const names = Object.keys(record);
    const { places, others: further } = columnsOf(names, where);
    for (const name of further) others.add(name);
    for (const column of places.keys()) met.add(column);
    for (const name of names) own.add(name);
    onRow(
      rowOf(where, (column): CellValue | undefined => {
        const place = places.get(column);
        return place === undefined ? undefined : toCell(column, record[names[place]], `${where}, "${names[place]}"`);
      }),
    );
  });
  const wanted = [...shape.required, ...shape.optional];
  for (const column of wanted) {
    if (shape.chosen?.[column] && !met.has(column)) throw missingColumn(path, column, [...own], shape);
  }
  return { others: [...others], unquoted: 0 };
}

/** Most records have the same columns: they are found once. */
function columnFinder(shape: TableShape): (names: readonly string[], where: string) => ChosenColumns {
  let last: { key: string; columns: ChosenColumns } | undefined;
  return (names, where) => {
    const key = names.join('\n');
    if (last?.key !== key) last = { key, columns: chooseColumns(where, names, shape) };
    return last.columns;
  };
}

async function forEachJsonRecord(
  path: string,
  isRecord: (names: readonly string[]) => boolean,
  onRecord: (record: JsonRecord, where: string) => void,
): Promise<void> {
  if (await standsWhole(path)) {
    const { records, unit } = recordsIn(await readWhole(path), path, isRecord);
    records.forEach((value, n) => {
      onRecord(asRecord(value, `${path} ${unit} ${n + 1}`), `${path} ${unit} ${n + 1}`);
    });
    return;
  }
  await forEachLine(path, (line, number) => {
    const where = `${path} line ${number}`;
    if (line.trim() !== '') onRecord(asRecord(parseLine(line, where), where), where);
  });
}

/** Whether the file begins with something else than one record in a line: a list, or an object over several lines. */
async function standsWhole(path: string): Promise<boolean> {
  for await (const chunk of byteChunks(path)) {
    const begin = chunk
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .trimStart();
    if (begin.startsWith('[')) return true;
    if (!begin.startsWith('{')) return false;
    const end = begin.search(/[\r\n]/);
    // A line is one record by itself; the only line of a file may hold all of them.
    if (end < 0) return /\.json(\.gz)?$/.test(path) || chunk.length < smallFileBytes;
    return begin.slice(end).trim() === '' || meaningOf(begin.slice(0, end)) === undefined;
  }
  return false;
}

async function readWhole(path: string): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of byteChunks(path)) {
    bytes += chunk.length;
    if (bytes > largestListBytes) {
      throw new AmrError({
        what: path,
        got: `a list of more than ${largestListBytes / 2 ** 20} MiB`,
        expected: 'one JSON object a line in files of this size',
        hint: 'write it as JSON lines, for example with: jq -c ".[]"',
      });
    }
    pieces.push(Buffer.from(chunk));
  }
  return Buffer.concat(pieces)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

/**
 * The records of a whole file: a list of them, such a list in an object, a table as pandas writes it (lists by column, values by
 * column and row, or `columns` with `data`), or objects that follow each other over the lines.
 */
function recordsIn(
  text: string,
  path: string,
  isRecord: (names: readonly string[]) => boolean,
): { readonly records: readonly unknown[]; readonly unit: 'record' | 'line' } {
  const value = meaningOf(text);
  if (Array.isArray(value) && (value.every(isObject) || /\.json(\.gz)?$/.test(path)))
    return { records: value, unit: 'record' };
  if (value !== undefined) {
    const records = isObject(value) ? recordsOf(value as JsonRecord, isRecord) : null;
    return records ? { records, unit: 'record' } : { records: [value], unit: 'line' };
  }
  const objects = objectsIn(text).map(meaningOf);
  if (objects.length > 0 && !objects.includes(undefined)) return { records: objects, unit: 'record' };
  const lines = text.split('\n');
  // The error names the line where the first damage is.
  return { records: lines.map((line, n) => parseLine(line, `${path} line ${n + 1}`)), unit: 'line' };
}

/** The records in an object that is none itself. */
function recordsOf(value: JsonRecord, isRecord: (names: readonly string[]) => boolean): readonly unknown[] | null {
  const columns = Object.entries(value);
  const { columns: names, data: rows } = value;
  if (Array.isArray(names) && Array.isArray(rows) && rows.every(Array.isArray)) {
    return rows.map((row: readonly unknown[]) => Object.fromEntries(names.map((name, n) => [String(name), row[n]])));
  }
  const keys = columns.map(([, column]) => (typeof column === 'object' ? Object.keys(column ?? {}) : []));
  if (keys.length > 1 && keys[0].length > 0 && keys.every((own) => own.join() === keys[0].join())) {
    return keys[0].map((key) =>
      Object.fromEntries(columns.map(([name, column]) => [name, (column as Record<string, unknown>)[key]])),
    );
  }
  const lists = columns.filter(([, list]) => Array.isArray(list) && list.length > 0 && list.every(isObject));
  return lists.length === 1 && !isRecord(Object.keys(value)) ? (lists[0][1] as readonly unknown[]) : null;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The texts of objects that follow each other, whatever stands between them. */
function objectsIn(text: string): string[] {
  const objects: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: sign, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/gs)) {
    if (sign === '{' && depth++ === 0) start = index;
    if (sign === '}' && --depth === 0) objects.push(text.slice(start, index + 1));
    if (depth < 0) return [];
  }
  return depth === 0 ? objects : [];
}

/** A line's value; a comma behind it separates it from the next. */
function parseLine(line: string, where: string): unknown {
  const value = meaningOf(line.replace(/,\s*$/, ''));
  if (value !== undefined) return value;
  throw notObject(where, 'a line that is not JSON');
}

/** What a text means as JSON, as JSON with Python's NaN, or as a Python literal; undefined for anything else. */
function meaningOf(text: string): unknown {
  try {
    return parseShallowJson(text);
  } catch {
    try {
      return parseShallowJson(withoutNaN(text));
    } catch {
      return literalOf(text);
    }
  }
}

/** Python writes what is missing as NaN, which JSON does not know. */
function withoutNaN(text: string): string {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/gs, (found) =>
    found.startsWith('"') ? found : 'null',
  );
}

function asRecord(value: unknown, where: string): JsonRecord {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonRecord;
  throw notObject(where, shown(value));
}

function notObject(where: string, got: string): AmrError {
  return new AmrError({
    what: where,
    got,
    expected: 'one JSON object a line',
    hint: 'the line is damaged or cut short; repair or remove it',
  });
}
