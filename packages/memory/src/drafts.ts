import type { Queries } from './queries.js';
import { rowDigest } from './rowDigest.js';

/** Answers of entries that are not complete yet: kept so that a kill costs no finished call, dropped when the entry is committed. */
export class Drafts {
  private readonly statements;

  /** @internal */
  constructor(
    private readonly queries: Queries,
    private readonly atomically: <T>(work: () => T) => T,
  ) {
    this.statements = {
      find: queries.select<{ value: string; digest: string | null }>(
        { value: 'text', digest: 'text' },
        'FROM drafts WHERE key = ?',
        { digest: queries.digestColumn() },
      ),
      save: queries.write(
        `INSERT INTO drafts (key, value, digest) VALUES (?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, digest = excluded.digest`,
      ),
      clear: queries.write('DELETE FROM drafts WHERE key >= ? AND key < ?'),
    };
  }

  /** The JSON value saved under the key; undefined when there is none. */
  find(key: string): unknown {
    const row = this.statements.find(key).at(0);
    if (row === undefined) return undefined;
    this.queries.requireDigest(row.digest, [key, row.value], `the draft ${key}`);
    return this.queries.json(row.value);
  }

  /** Keeps an answer of an unfinished entry; committed when it returns. */
  save(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    this.atomically(() => this.statements.save(key, text, rowDigest([key, text])));
  }

  /** Drops every draft whose key starts with `prefix`. */
  clear(prefix: string): void {
    this.atomically(() => this.statements.clear(prefix, `${prefix}\u{10ffff}`));
  }
}
