import type Database from 'libsql';

/** How a query reads a column: bytes that are decoded here, or a number. */
export type ColumnKind = 'text' | 'integer' | 'real';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const asked: Readonly<Record<ColumnKind, string>> = { text: 'BLOB', integer: 'INTEGER', real: 'REAL' };

/**
 * Prepares a reading statement on a SQLite file that may be damaged: libsql ends the whole process over a text that is not UTF-8, so
 * texts are asked for as bytes and decoded here.
 * @param columns of the result, by name
 * @param from all of the statement behind them
 * @param source where a column stands, unless by its name
 * @returns a function from parameters to rows; it throws a TypeError over a text that is not UTF-8
 */
export function selectRows<Row>(
  database: Database.Database,
  columns: Readonly<Record<string, ColumnKind>>,
  from: string,
  source: Readonly<Record<string, string>> = {},
): (...parameters: readonly unknown[]) => Row[] {
  const names = Object.keys(columns);
  const list = names.map((name) => `CAST(${source[name] ?? name} AS ${asked[columns[name]]}) AS "${name}"`);
  const texts = names.filter((name) => columns[name] === 'text');
  const statement = database.prepare(`SELECT ${list.join(', ')} ${from}`);
  return (...parameters) => {
    const rows = statement.all(...parameters) as Record<string, unknown>[];
    for (const row of rows) for (const name of texts) row[name] = decoded(row[name]);
    return rows as Row[];
  };
}

function decoded(value: unknown): string | null {
  return value === null || value === undefined ? null : decoder.decode(value as Uint8Array);
}

/** What is wrong with a SQLite file, in the words of whoever noticed. */
export function whatIsDamaged(cause: unknown): string {
  if ((cause as NodeJS.ErrnoException)?.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'text that is not UTF-8';
  return (cause as Error)?.message?.split('\n')[0] ?? String(cause);
}
