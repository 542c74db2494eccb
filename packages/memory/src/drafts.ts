import type Database from 'libsql';
import type { Queries } from './queries.js';

/** Answers of entries that are not complete yet: kept so that a kill costs no finished call, dropped when the entry is committed. */
export class Drafts {
  private readonly statements;

  /** @internal */
  constructor(
    database: Database.Database,
    private readonly queries: Queries,
    private readonly atomically: <T>(work: () => T) => T,
  ) {
    this.statements = {
      find: queries.select<{ value: string }>({ value: 'text' }, 'FROM drafts WHERE key = ?'),
      save: database.prepare(
        'INSERT INTO drafts (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      ),
      clear: database.prepare('DELETE FROM drafts WHERE key >= ? AND key < ?'),
    };
  }

  /** The JSON value saved under the key; undefined when there is none. */
  find(key: string): unknown {
    const row = this.statements.find(key).at(0);
    return row === undefined ? undefined : this.queries.json(row.value);
  }

  /** Keeps an answer of an unfinished entry; committed when it returns. */
  save(key: string, value: unknown): void {
    this.atomically(() => this.statements.save.run(key, JSON.stringify(value)));
  }

  /** Drops every draft whose key starts with `prefix`. */
  clear(prefix: string): void {
    this.atomically(() => this.statements.clear.run(prefix, `${prefix}\u{10ffff}`));
  }
}
