import { AmrError } from '@agentmmrec/core';
import type Database from 'libsql';
import { diskError } from './diskError.js';

/** How a query reads a column: bytes that are decoded here, or a whole number. */
type ColumnKind = 'text' | 'integer';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reading statements on a file that may be damaged. libsql ends the whole process over a text that is not UTF-8, so texts are asked
 * for as bytes and decoded here; and what SQLite or JSON say of damage becomes one sentence with the path.
 */
export class Queries {
  constructor(
    private readonly database: Database.Database,
    readonly path: string,
  ) {}

  /**
   * @param columns of the result, by name; `from` is all of the statement behind them
   * @returns a function from parameters to rows
   */
  select<Row>(
    columns: Readonly<Record<string, ColumnKind>>,
    from: string,
    source: Readonly<Record<string, string>> = {},
  ) {
    const names = Object.keys(columns);
    const asked = names.map((name) => {
      const kind = columns[name] === 'text' ? 'BLOB' : 'INTEGER';
      return `CAST(${source[name] ?? name} AS ${kind}) AS "${name}"`;
    });
    const texts = names.filter((name) => columns[name] === 'text');
    const statement = this.reading(() => this.database.prepare(`SELECT ${asked.join(', ')} ${from}`));
    return (...parameters: readonly unknown[]): Row[] =>
      this.reading(() => {
        const rows = statement.all(...parameters) as Record<string, unknown>[];
        for (const row of rows) for (const name of texts) row[name] = decoded(row[name]);
        return rows as Row[];
      });
  }

  /** A JSON value from the file. */
  json(text: string): unknown {
    return this.reading(() => JSON.parse(text) as unknown);
  }

  /** Turns what goes wrong into a sentence with the path. */
  reading<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw cause instanceof AmrError ? cause : (diskError(this.path, cause) ?? damaged(this.path, cause));
    }
  }
}

function decoded(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return decoder.decode(value as Uint8Array);
}

/** What cannot be read as a memory any more. */
export function damaged(path: string, cause: unknown): AmrError {
  return new AmrError({
    what: `knowledge memory ${path}`,
    got: whatIsWrong(cause),
    expected: 'a SQLite file of this program',
    hint: 'check the path; a damaged memory can be made again from its Arrow export: agentmmrec knowledge import',
    cause,
  });
}

function whatIsWrong(cause: unknown): string {
  if ((cause as NodeJS.ErrnoException)?.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'text that is not UTF-8';
  return (cause as Error)?.message?.split('\n')[0] ?? String(cause);
}
