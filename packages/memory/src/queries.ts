import { AmrError, type ColumnKind, selectRows, whatIsDamaged } from '@agentmmrec/core';
import type Database from 'libsql';
import { diskError } from './diskError.js';
import { type RowValue, rowDigest } from './rowDigest.js';

/**
 * Reading statements on a file that may be damaged (see `selectRows`): what SQLite or JSON say of it becomes one sentence with the
 * path.
 */
export class Queries {
  /** @param hasDigests of rows: files of version 1 have none */
  constructor(
    private readonly database: Database.Database,
    readonly path: string,
    private readonly hasDigests: boolean,
  ) {}

  /** Where the digest of a row stands, for `select`. */
  digestColumn(table = ''): string {
    return this.hasDigests ? `${table}digest` : 'NULL';
  }

  /** @throws AmrError input: a row that is not as it was written */
  requireDigest(found: string | null, values: readonly RowValue[], row: string): void {
    if (!this.hasDigests || found === rowDigest(values)) return;
    throw damaged(this.path, new Error(`${row}, which is not as it was written`));
  }

  /** A writing statement, prepared when it is first run: one that only reads may be of a file that lacks a column. @returns from values to changes */
  write(sql: string): (...values: readonly RowValue[]) => number {
    let statement: Database.Statement | undefined;
    return (...values) => {
      statement ??= this.database.prepare(sql);
      return statement.run(...values).changes;
    };
  }

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
