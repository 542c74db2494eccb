import { AmrError, fileError, nearestName, readArrowFile } from '@agentmmrec/core';
// DuckDB reads and writes Parquet in bounded memory, prebuilt for the platforms we run on; nothing is loaded over the network.
import type { DuckDBConnection } from '@duckdb/node-api';
import type { TableRow, TableShape } from './table.js';

/** A value of a row: texts and numbers as text, lists of texts as lists. */
export type CellValue = string | readonly string[] | undefined;

/** A row of a Parquet or Arrow file. */
export interface CellRow extends TableRow {
  cell(column: string): CellValue;
}

/** A database in memory that opens no further files on its own and fetches no extensions. */
export async function openDuckDb(): Promise<{ connection: DuckDBConnection; close(): void }> {
  // Loaded when it is needed: the library is large, and most runs read no Parquet.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    memory_limit: '512MB',
    threads: '2',
    preserve_insertion_order: 'true',
  });
  const connection = await instance.connect();
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text as SQL writes it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * Reads a Parquet (streamed through DuckDB) or Arrow IPC file (`.arrow`, `.feather`) row by row, like `readTable`.
 * @returns names of the columns that were not asked for
 * @throws AmrError input: missing, damaged, a missing column
 */
export async function readColumnar(
  path: string,
  shape: Pick<TableShape, 'required' | 'optional'>,
  onRow: (row: CellRow) => void,
): Promise<string[]> {
  const wanted = new Set([...shape.required, ...shape.optional]);
  const names = path.endsWith('.parquet')
    ? await readParquet(path, shape.required, onRow)
    : readArrow(path, shape.required, onRow);
  return names.filter((name) => !wanted.has(name));
}

async function readParquet(
  path: string,
  required: readonly string[],
  onRow: (row: CellRow) => void,
): Promise<string[]> {
  const { connection, close } = await openDuckDb();
  try {
    const result = await connection
      .stream(`SELECT * FROM read_parquet(${sqlText(path)})`)
      .catch((cause: unknown) => Promise.reject(parquetError(path, cause)));
    const names = result.columnNames();
    requireColumns(path, names, required);
    let number = 0;
    for await (const rows of result.yieldRowObjectJson()) {
      for (const row of rows) onRow(cellRow(`${path} row ${++number}`, (column) => row[column]));
    }
    return names;
  } finally {
    close();
  }
}

function readArrow(path: string, required: readonly string[], onRow: (row: CellRow) => void): string[] {
  const table = readArrowFile(path);
  const names = table.schema.names.map(String);
  requireColumns(path, names, required);
  const columns = new Map(names.map((name) => [name, table.getChild(name)]));
  for (let n = 0; n < table.numRows; n++) {
    onRow(cellRow(`${path} row ${n + 1}`, (column) => columns.get(column)?.get(n)));
  }
  return names;
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
  return String(value);
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

function parquetError(path: string, cause: unknown): AmrError {
  const message = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  if (/No files found|No such file/i.test(message)) {
    return fileError(`reading ${path}`, Object.assign(new Error(message), { code: 'ENOENT' }));
  }
  return new AmrError({
    what: path,
    got: message.slice(0, 200),
    expected: 'a whole Parquet file',
    hint: 'it was damaged or cut short; fetch or write it again',
    cause,
  });
}
