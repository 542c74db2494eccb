import { statSync } from 'node:fs';
import { AmrError, fileError, nearestName, readArrowFile } from '@agentmmrec/core';
import { openDuckDb, sqlName, sqlText } from './duckDb.js';
import { refuseGrowth } from './growth.js';
import { resolveAliases, type TableRow, type TableShape } from './table.js';

/** A value of a row: texts and numbers as text, lists of texts as lists. */
export type CellValue = string | readonly string[] | undefined;

/** A row of a Parquet or Arrow file. */
export interface CellRow extends TableRow {
  cell(column: string): CellValue;
}

/** The pattern that means this one file, whatever its name. */
function oneFile(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}

/**
 * Reads a Parquet (streamed through DuckDB, the wanted columns alone) or Arrow IPC file (`.arrow`, `.feather`) row by row, like
 * `readTable`.
 * @returns names of the columns that were not asked for
 * @throws AmrError input: missing, damaged, a missing column, far more content than a file of its size can hold
 */
export async function readColumnar(
  path: string,
  shape: Omit<TableShape, 'delimiter'>,
  onRow: (row: CellRow) => void,
): Promise<string[]> {
  const wanted = new Set([...shape.required, ...shape.optional]);
  const choose = (own: readonly string[]): ColumnChoice => {
    const names = resolveAliases(own, shape.aliases);
    requireColumns(path, names, shape.required);
    const doubled = names.find((name, n) => wanted.has(name) && names.indexOf(name) < n);
    if (doubled !== undefined) throw doubledColumn(path, doubled, own);
    return {
      chosen: names.flatMap((name, n) => (wanted.has(name) ? [{ name, own: own[n] }] : [])),
      others: names.filter((name) => !wanted.has(name)),
    };
  };
  return path.endsWith('.parquet') ? await readParquet(path, choose, onRow) : readArrow(path, choose, onRow);
}

/** The wanted columns with the names the file gives them, and the rest. */
interface ColumnChoice {
  readonly chosen: readonly { readonly name: string; readonly own: string }[];
  readonly others: string[];
}

type ChooseColumns = (own: readonly string[]) => ColumnChoice;

async function readParquet(path: string, choose: ChooseColumns, onRow: (row: CellRow) => void): Promise<string[]> {
  const { connection, close } = await openDuckDb();
  const source = `read_parquet(${sqlText(oneFile(path))})`;
  try {
    const { size } = statSync(path);
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`).catch(parquetFailure(path));
    const { chosen, others } = choose(described.getRowObjects().map((row) => String(row.column_name)));
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${source}`).catch(parquetFailure(path));
    // Rows cost time even when there is nothing in them; the file states how many there are.
    refuseGrowth(path, size, chosen.length * Number(counted.getRows()[0][0]));
    const columns = chosen.map(({ name, own }) => `${sqlName(own)} AS ${sqlName(name)}`).join(', ');
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

function readArrow(path: string, choose: ChooseColumns, onRow: (row: CellRow) => void): string[] {
  const table = readArrowFile(path);
  const { chosen, others } = choose(table.schema.names.map(String));
  const columns = new Map(chosen.map(({ name, own }) => [name, table.getChild(own)]));
  for (let n = 0; n < table.numRows; n++) {
    onRow(cellRow(`${path} row ${n + 1}`, (column) => columns.get(column)?.get(n)));
  }
  return others;
}

function cellRow(where: string, read: (column: string) => unknown): CellRow {
  const cell = (column: string): CellValue => toCell(read(column));
  const field = (column: string) => {
    const value = cell(column);
    return typeof value === 'object' ? value.join(' ') : value;
  };
  return { where, cell, field };
}

function toCell(value: unknown): CellValue {
  if (value === undefined) return undefined;
  // An empty cell, as in a text table: the column is there.
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && Symbol.iterator in value) {
    return Array.from(value as Iterable<unknown>, (part) => (part === null ? '' : String(part)));
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function requireColumns(path: string, names: readonly string[], required: readonly string[]): void {
  for (const name of required) {
    if (names.includes(name)) continue;
    const near = nearestName(name, names);
    throw new AmrError({
      what: path,
      got: `the columns ${names.slice(0, 12).join(', ')}`,
      expected: `a column "${name}"`,
      hint: near ? `rename "${near}" to "${name}"` : 'check the columns of the file',
    });
  }
}

function doubledColumn(path: string, name: string, own: readonly string[]): AmrError {
  return new AmrError({
    what: path,
    got: `column "${name}" under two names, among ${own.slice(0, 12).join(', ')}`,
    expected: 'each column once',
    hint: 'rename or remove one of them',
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
