import { AmrError } from '@agentmmrec/core';
import { byteChunks } from './byteChunks.js';
import { type CellValue, rowOf, shown, type TableRow, toCell } from './cells.js';
import { type ChosenColumns, chooseColumns, missingColumn, type TableShape } from './columns.js';
import { forEachLine } from './lines.js';
import type { TableFacts } from './table.js';

/** A list of records is read whole. */
const largestListBytes = 2 ** 28;

type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * Reads JSON objects, one a line or in one list, as rows of a table. Each says its own columns.
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
  await forEachJsonRecord(path, (record, where) => {
    const names = Object.keys(record);
    const { places, others: further } = columnsOf(names, where);
    for (const name of further) others.add(name);
    for (const column of places.keys()) met.add(column);
    for (const name of names) own.add(name);
    onRow(
      rowOf(where, (column): CellValue | undefined => {
        const place = places.get(column);
        return place === undefined ? undefined : toCell(record[names[place]], `${where}, "${names[place]}"`);
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

async function forEachJsonRecord(path: string, onRecord: (record: JsonRecord, where: string) => void): Promise<void> {
  if (await beginsList(path)) {
    (await readList(path)).forEach((value, n) => {
      onRecord(asRecord(value, `${path} record ${n + 1}`), `${path} record ${n + 1}`);
    });
    return;
  }
  await forEachLine(path, (line, number) => {
    const where = `${path} line ${number}`;
    if (line.trim() !== '') onRecord(asRecord(parseJson(line, where), where), where);
  });
}

/** Whether the first line that holds anything only opens a list, or opens a list of objects. */
async function beginsList(path: string): Promise<boolean> {
  if (!/\.json(\.gz)?$/.test(path)) return false;
  for await (const chunk of byteChunks(path)) return /^\ufeff?\s*\[/.test(chunk.toString('utf8', 0, 1024));
  return false;
}

async function readList(path: string): Promise<unknown[]> {
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
  const value = parseJson(
    Buffer.concat(pieces)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
    path,
  );
  return Array.isArray(value) ? value : [value];
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    try {
      return JSON.parse(withoutNaN(text));
    } catch {
      throw notObject(where, 'a line that is not JSON', cause);
    }
  }
}

/** Python writes what is missing as NaN, which JSON does not know. */
function withoutNaN(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs, (found) =>
    found.startsWith('"') ? found : 'null',
  );
}

function asRecord(value: unknown, where: string): JsonRecord {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonRecord;
  throw notObject(where, shown(value));
}

function notObject(where: string, got: string, cause?: unknown): AmrError {
  return new AmrError({
    what: where,
    got,
    expected: 'one JSON object a line',
    hint: 'the line is damaged or cut short; repair or remove it',
    cause,
  });
}
