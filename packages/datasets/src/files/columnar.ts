import { isUtf8 } from 'node:buffer';
import { statSync } from 'node:fs';
import { AmrError, Breather, fileError, readArrowFile, requireFile } from '@agentmmrec/core';
// apache-arrow reads Arrow files; its types say what a column holds.
import { DataType, Vector } from 'apache-arrow';
import { rowOf, type TableRow, toCell } from './cells.js';
import { chooseColumns, type TableShape } from './columns.js';
import { openDuckDb, sqlName, sqlText } from './duckDb.js';
import { refuseGrowth } from './growth.js';
import type { TableFacts } from './table.js';

/** The pattern that means this one file, whatever its name. */
function oneFile(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}

/**
 * Reads a Parquet (streamed through DuckDB, the wanted columns alone) or Arrow IPC file (`.arrow`, `.feather`) row by row, like
 * `readTable`.
 * @throws AmrError input: missing, damaged, a missing column, far more content than a file of its size can hold
 */
export async function readColumnar(
  path: string,
  shape: TableShape,
  onRow: (row: TableRow) => void,
): Promise<TableFacts> {
  requireFile(path);
  const choose = (own: readonly string[]): FoundColumns => {
    const { places, others } = chooseColumns(path, own, shape);
    return { chosen: [...places].map(([name, place]) => ({ name, own: own[place] })), others };
  };
  const read = path.endsWith('.parquet') ? readParquet : readArrow;
  const others = await read(path, choose, onRow);
  return { others, unquoted: 0 };
}

/** The wanted columns with the names the file gives them, and the rest. */
interface FoundColumns {
  readonly chosen: readonly { readonly name: string; readonly own: string }[];
  readonly others: readonly string[];
}

type ChooseColumns = (own: readonly string[]) => FoundColumns;

async function readParquet(
  path: string,
  choose: ChooseColumns,
  onRow: (row: TableRow) => void,
): Promise<readonly string[]> {
  const { connection, close } = await openDuckDb();
  // Older writers mark no column as text.
  const source = `read_parquet(${sqlText(oneFile(path))}, binary_as_string = true)`;
  try {
    const { size } = statSync(path);
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`).catch(parquetFailure(path));
    const { chosen, others } = choose(described.getRowObjects().map((row) => String(row.column_name)));
    const bytes = new Set(
      described.getRowObjects().flatMap((row) => (row.column_type === 'BLOB' ? [String(row.column_name)] : [])),
    );
    const selected = (own: string) => (bytes.has(own) ? `decode(${sqlName(own)})` : sqlName(own));
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${source}`).catch(parquetFailure(path));
    // Rows cost time even when there is nothing in them; the file states how many there are.
    refuseGrowth(path, size, chosen.length * Number(counted.getRows()[0][0]));
    const columns = chosen.map(({ name, own }) => `${selected(own)} AS ${sqlName(name)}`).join(', ');
    const result = await connection.stream(`SELECT ${columns} FROM ${source}`).catch(parquetFailure(path));
    let number = 0;
    let characters = 0;
    // A page that is damaged shows when it is reached.
    const blocks = result.yieldRowObjectJson();
    for (;;) {
      const { done, value: rows } = await blocks.next().catch(parquetFailure(path));
      if (done) return others;
      for (const row of rows) {
        for (const { name } of chosen) characters += lengthOf(row[name]);
        // Equal long texts are stored once.
        refuseGrowth(path, size, characters);
        onRow(cellRow(`${path} row ${++number}`, (column) => row[column]));
      }
    }
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  } finally {
    close();
  }
}

/** Characters of a value. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return Array.isArray(value) ? value.reduce((sum: number, part) => sum + 1 + lengthOf(part), 0) : 0;
}

async function readArrow(
  path: string,
  choose: ChooseColumns,
  onRow: (row: TableRow) => void,
): Promise<readonly string[]> {
  const table = readArrowFile(path);
  const { chosen, others } = choose(table.schema.names.map(String));
  const columns = new Map(chosen.map(({ name, own }) => [name, arrowReader(table.getChild(own))]));
  const breather = new Breather();
  for (let n = 0; n < table.numRows; n++) {
    if (n % 4096 === 0) await breather.breathe();
    const where = `${path} row ${n + 1}`;
    onRow(
      cellRow(where, (column) => {
        try {
          return columns.get(column)?.(n);
        } catch (cause) {
          throw cause instanceof NoText ? notText(`${where}, column "${column}"`, cause) : cause;
        }
      }),
    );
  }
  return others;
}

/** Reads a column's values as JSON would have them. */
function arrowReader(column: Vector | null): (row: number) => unknown {
  const type: unknown = column?.type;
  if (DataType.isDecimal(type)) return (row) => decimalText(column?.get(row), type.scale);
  return (row) => plainValue(column?.get(row));
}

/** Bytes of a column of bytes that are none of a text. */
class NoText extends Error {}

/** Lists, objects and bytes of Arrow as JSON has them. @throws NoText */
function plainValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Uint8Array) {
    if (!isUtf8(value)) throw new NoText();
    return new TextDecoder().decode(value);
  }
  if (value instanceof Vector) return Array.from(value, plainValue);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>);
  const fields = 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON() as object) : value;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, plainValue(field)]));
}

function notText(what: string, cause: unknown): AmrError {
  return new AmrError({
    what,
    got: 'bytes that are not UTF-8',
    expected: 'UTF-8 text',
    hint: 'write the column as text, or leave it out',
    cause,
  });
}

/** @param value 128 or 256 bits in words of 32, the lowest first; a negative number by its two's complement */
function decimalText(value: Uint32Array | null | undefined, scale: number): string | null {
  if (!value) return null;
  let whole = 0n;
  for (const word of [...value].reverse()) whole = (whole << 32n) | BigInt(word);
  whole = BigInt.asIntN(32 * value.length, whole);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale > 0 ? `${digits.slice(0, point)}.${digits.slice(point)}` : digits;
  return whole < 0n ? `-${text}` : text;
}

/** The row of a file whose columns are read by `read`; undefined says that there is no such column. */
function cellRow(where: string, read: (column: string) => unknown): TableRow {
  return rowOf(where, (column) => {
    const value = read(column);
    return value === undefined ? undefined : toCell(column, value, `${where}, column "${column}"`);
  });
}

/** Turns what DuckDB says into the one error of this reader. */
function parquetFailure(path: string): (cause: unknown) => never {
  return (cause) => {
    throw parquetError(path, cause);
  };
}

function parquetError(path: string, cause: unknown): AmrError {
  const message = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  return new AmrError({
    what: path,
    got: message.slice(0, 200),
    expected: 'a whole Parquet file',
    hint: 'it was damaged or cut short; fetch or write it again',
    cause,
  });
}
