import { AmrError, type ColumnKind, selectRows, whatIsDamaged } from '@agentmmrec/core';
import type Database from 'libsql';
import { diskError } from './diskError.js';

/**
 * Reading statements on a file that may be damaged (see `selectRows`): what SQLite or JSON say of it becomes one sentence with the
 * path.
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
    const rows = this.reading(() => selectRows<Row>(this.database, columns, from, source));
    return (...parameters: readonly unknown[]): Row[] => this.reading(() => rows(...parameters));
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

/** What cannot be read as a memory any more. */
export function damaged(path: string, cause: unknown): AmrError {
  return new AmrError({
    what: `knowledge memory ${path}`,
    got: whatIsDamaged(cause),
    expected: 'a SQLite file of this program',
    hint: 'check the path; a damaged memory can be made again from its Arrow export: agentmmrec knowledge import',
    cause,
  });
}
