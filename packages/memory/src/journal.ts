import type { Queries } from './queries.js';
import { rowDigest } from './rowDigest.js';

/** A finished call or decision. Equal keys mean equal inputs, so a record found is never asked for again. */
export interface JournalRecord {
  readonly key: string;
  /** any JSON value */
  readonly value: unknown;
  /** the interactions the call was built from, [user, item] pairs: audited like those of entries */
  readonly interactions: readonly (readonly [number, number])[];
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const columns = {
  key: 'text',
  value: 'text',
  interactions: 'text',
  input_tokens: 'integer',
  output_tokens: 'integer',
  created_at_ms: 'integer',
  digest: 'text',
} as const;

interface Row {
  readonly key: string;
  readonly value: string;
  readonly interactions: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly created_at_ms: number;
  readonly digest: string | null;
}

/** Append-only records by key, in the memory's file: a decision and the versions it made commit together. */
export class Journal {
  private readonly insert;
  private readonly select: (key: string) => Row[];
  private readonly selectPrefix: (from: string, to: string) => Row[];

  /** @internal */
  constructor(
    private readonly queries: Queries,
    private readonly beforeWrite: () => void,
    private readonly nowMs: () => number,
  ) {
    this.insert = queries.write(
      `INSERT INTO journal (key, value, interactions, input_tokens, output_tokens, created_at_ms, digest) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO NOTHING`,
    );
    const select = (rest: string) =>
      queries.select<Row>(columns, `FROM journal ${rest}`, { digest: queries.digestColumn() });
    this.select = select('WHERE key = ?');
    this.selectPrefix = select('WHERE key >= ? AND key < ? ORDER BY sequence');
  }

  /** Appends a record. The first record of a key stays: returns false, and writes nothing, when there is one. */
  append(record: JournalRecord): boolean {
    this.beforeWrite();
    const { key, value, interactions, inputTokens, outputTokens } = record;
    const text = [JSON.stringify(value ?? null), JSON.stringify(interactions)];
    const values = [key, text[0], text[1], inputTokens, outputTokens, this.nowMs()];
    return this.queries.reading(() => this.insert(...values, rowDigest(values)) === 1);
  }

  /** The record of that key, or null. */
  find(key: string): JournalRecord | null {
    const row = this.select(key).at(0);
    return row ? this.fromRow(row) : null;
  }

  /** Records whose key starts with `prefix`, in the order they were appended. */
  *withPrefix(prefix: string): Iterable<JournalRecord> {
    for (const row of this.selectPrefix(prefix, `${prefix}\u{10ffff}`)) yield this.fromRow(row);
  }

  private fromRow({ digest, ...row }: Row): JournalRecord {
    const { value, interactions, input_tokens, output_tokens, created_at_ms } = row;
    const values = [row.key, value, interactions, input_tokens, output_tokens, created_at_ms];
    this.queries.requireDigest(digest, values, `the record ${row.key}`);
    return {
      key: row.key,
      value: this.queries.json(row.value),
      interactions: this.queries.json(row.interactions) as JournalRecord['interactions'],
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
    };
  }
}
