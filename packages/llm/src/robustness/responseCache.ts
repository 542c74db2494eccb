// libsql: SQLite prebuilt through npm with a synchronous interface; an answer is on disk before anyone acts on it.

import { AmrError, type ColumnKind, digest, libraryWhenUsed, selectRows, whatIsDamaged } from '@agentmmrec/core';
import type Database from 'libsql';
import type { ModelIdentity, Usage } from '../contract/contract.js';
import type { LlmFault } from '../contract/llmError.js';

const sqlite = libraryWhenUsed<typeof Database>('libsql', import.meta.url);

/** A valid answer as it came. */
export interface CachedResponse {
  readonly text: string;
  readonly usage: Usage;
  readonly elapsedMs: number;
  readonly fingerprint: string;
}

/** A failed attempt. `answer` is what a malformed one said. */
export interface RecordedFailure {
  readonly key: string;
  readonly task: string;
  readonly fault: LlmFault;
  readonly problem: string;
  readonly answer: string | null;
  readonly attempt: number;
  readonly imageLevel: number;
  readonly atMs: number;
}

/** How fast answers of a model came. */
export interface MeasuredRate {
  readonly model: string;
  readonly callsPerSecond: number;
  /** answers it was measured over */
  readonly answers: number;
}

const FORMAT = 2;
/** Answers had no digests. */
const WITHOUT_DIGESTS = 1;
/** Answers a rate is measured over, and the fewest that say something. */
const RATE_ANSWERS = 200;
const FEWEST_ANSWERS = 20;
/** Longer than any call may take: the time between two runs. */
const LONGEST_GAP_MS = 240_000;
const TABLES = `
  CREATE TABLE IF NOT EXISTS responses (
    key TEXT PRIMARY KEY, task TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, model_digest TEXT NOT NULL,
    server_version TEXT NOT NULL, reproducible INTEGER NOT NULL, server TEXT NOT NULL, template_id TEXT NOT NULL,
    template_hash TEXT NOT NULL, attempt INTEGER NOT NULL, image_level INTEGER NOT NULL, text TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, elapsed_ms REAL NOT NULL, fingerprint TEXT NOT NULL,
    at_ms INTEGER NOT NULL, digest TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS failures (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, task TEXT NOT NULL, fault TEXT NOT NULL, problem TEXT NOT NULL, answer TEXT,
    attempt INTEGER NOT NULL, image_level INTEGER NOT NULL, at_ms INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS failures_by_key ON failures (key);`;

/**
 * Answers by key in one SQLite file (WAL), valid ones and failures in separate tables. It is what makes a run reproducible:
 * models behind a server are not, even at temperature 0. The first answer under a key stays. An answer that is not as it was written
 * counts as none.
 */
export class ResponseCache {
  private readonly database: Database.Database;
  private readonly statements: ReturnType<typeof prepared>;

  /** @throws AmrError input: a file that is no such cache or cannot be written */
  constructor(
    readonly path: string,
    private readonly nowMs: () => number = Date.now,
  ) {
    let database: Database.Database | undefined;
    try {
      database = new (sqlite())(path);
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = NORMAL');
      database.pragma('busy_timeout = 10000');
      checkFormat(database, path);
      if (formatOf(database) !== FORMAT) database.transaction(prepareTables).exclusive(database);
      this.statements = prepared(database);
      this.database = database;
    } catch (cause) {
      database?.close();
      throw unusable(path, cause);
    }
  }

  /** The answer of that key, or null. @throws AmrError input: the file is damaged */
  get(key: string): CachedResponse | null {
    const row = this.safely(() => this.statements.get(key).at(0));
    if (!row) return null;
    if (row.digest === digestOf(key, row)) return responseOf(row);
    this.forget(key);
    return null;
  }

  /** Forgets an answer that is worth nothing. */
  forget(key: string): void {
    this.safely(() => this.statements.forget.run(key));
  }

  /** Keeps an answer. */
  put(
    key: string,
    response: CachedResponse,
    about: {
      task: string;
      identity: ModelIdentity;
      server: string;
      template: { id: string; hash: string };
      attempt: number;
      imageLevel: number;
    },
  ): void {
    const { identity, template } = about;
    const row = rowOf(response);
    const values = [
      ...[key, about.task, identity.provider, identity.model, identity.modelDigest, identity.serverVersion],
      ...[
        identity.reproducible ? 1 : 0,
        about.server,
        template.id,
        template.hash,
        about.attempt,
        about.imageLevel,
        row.text,
      ],
      ...[row.input_tokens, row.output_tokens, row.elapsed_ms, row.fingerprint, this.nowMs(), digestOf(key, row)],
    ];
    this.safely(() => this.statements.put.run(...values));
  }

  /** Keeps that a call failed for good, for the list of failures. */
  recordFailure(failure: Omit<RecordedFailure, 'atMs'>): void {
    const { key, task, fault, problem, answer, attempt, imageLevel } = failure;
    this.safely(() => this.statements.fail.run(key, task, fault, problem, answer, attempt, imageLevel, this.nowMs()));
  }

  /** The last failure under a key, or null. */
  failure(key: string): RecordedFailure | null {
    const row = this.safely(() => this.statements.failure(key).at(0));
    return row ? readFailure(row) : null;
  }

  /** Failures, newest first. */
  failures(limit = 1000): RecordedFailure[] {
    return this.safely(() => this.statements.failures(limit)).map(readFailure);
  }

  /** How many answers there are, and what they took. */
  stats(): { responses: number; failures: number; inputTokens: number; outputTokens: number } {
    return this.safely(() => {
      const [{ n, i, o }] = this.statements.sums();
      return { responses: n, failures: this.statements.failed()[0].n, inputTokens: i, outputTokens: o };
    });
  }

  /** Calls per second over the last answers of the model that answered last, pauses between runs left out; null for too few. */
  rate(): MeasuredRate | null {
    const model = this.safely(() => this.statements.newest().at(0)?.model);
    if (model === undefined) return null;
    const rows = this.safely(() => this.statements.times(model, RATE_ANSWERS + 1));
    const gaps = rows.slice(1).map(({ at_ms }, n) => rows[n].at_ms - at_ms);
    const within = gaps.filter((gap) => gap <= LONGEST_GAP_MS);
    const seconds = within.reduce((sum, gap) => sum + gap, 0) / 1000;
    if (within.length < FEWEST_ANSWERS || seconds === 0) return null;
    return { model, callsPerSecond: within.length / seconds, answers: within.length };
  }

  private safely<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw unusable(this.path, cause);
    }
  }

  /** Releases the file. Safe to call twice. */
  close(): void {
    this.database.close();
  }
}

function prepared(database: Database.Database) {
  const failures: Readonly<Record<keyof FailureRow, ColumnKind>> = {
    key: 'text',
    task: 'text',
    fault: 'text',
    problem: 'text',
    answer: 'text',
    attempt: 'integer',
    image_level: 'integer',
    at_ms: 'integer',
  };
  return {
    get: selectRows<ResponseRow & { readonly digest: string }>(
      database,
      { ...responseColumns, digest: 'text' },
      'FROM responses WHERE key = ?',
    ),
    forget: database.prepare('DELETE FROM responses WHERE key = ?'),
    put: database.prepare(`INSERT OR IGNORE INTO responses VALUES (${Array(19).fill('?').join(', ')})`),
    fail: database.prepare(
      'INSERT INTO failures (key, task, fault, problem, answer, attempt, image_level, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    failure: selectRows<FailureRow>(database, failures, 'FROM failures WHERE key = ? ORDER BY id DESC LIMIT 1'),
    failures: selectRows<FailureRow>(database, failures, 'FROM failures ORDER BY id DESC LIMIT ?'),
    sums: selectRows<{ n: number; i: number; o: number }>(
      database,
      { n: 'integer', i: 'integer', o: 'integer' },
      'FROM responses',
      { n: 'count(*)', i: 'coalesce(sum(input_tokens), 0)', o: 'coalesce(sum(output_tokens), 0)' },
    ),
    failed: selectRows<{ n: number }>(database, { n: 'integer' }, 'FROM failures', { n: 'count(*)' }),
    newest: selectRows<{ model: string }>(database, { model: 'text' }, 'FROM responses ORDER BY at_ms DESC LIMIT 1'),
    times: selectRows<{ at_ms: number }>(
      database,
      { at_ms: 'integer' },
      'FROM responses WHERE model = ? ORDER BY at_ms DESC LIMIT ?',
    ),
  };
}

/** What cannot be read or written as a cache of answers. */
function unusable(path: string, cause: unknown): AmrError {
  if (cause instanceof AmrError) return cause;
  return new AmrError({
    what: `response cache ${path}`,
    got: whatIsDamaged(cause),
    expected: 'a file that holds answers of language models and can be written',
    hint: 'check its permissions and the room on the disk; a damaged one can be deleted: the answers in it are then asked for again',
    cause,
  });
}

const responseColumns = {
  text: 'text',
  input_tokens: 'integer',
  output_tokens: 'integer',
  elapsed_ms: 'real',
  fingerprint: 'text',
} as const;

interface ResponseRow {
  text: string;
  input_tokens: number;
  output_tokens: number;
  elapsed_ms: number;
  fingerprint: string;
}

interface FailureRow {
  key: string;
  task: string;
  fault: LlmFault;
  problem: string;
  answer: string | null;
  attempt: number;
  image_level: number;
  at_ms: number;
}

function readFailure({ image_level, at_ms, ...rest }: FailureRow): RecordedFailure {
  return { ...rest, imageLevel: image_level, atMs: at_ms };
}

function formatOf(database: Database.Database): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

function checkFormat(database: Database.Database, path: string): void {
  const format = formatOf(database);
  if (format === 0 || format === WITHOUT_DIGESTS || format === FORMAT) return;
  throw new AmrError({
    what: `response cache ${path}`,
    got: `format ${format}`,
    expected: `format ${FORMAT}`,
    hint: 'use another file, or the version of agentmmrec that wrote this one',
  });
}

/** Of all that a call is answered with, and of the question. */
function digestOf(key: string, { text, input_tokens, output_tokens, elapsed_ms, fingerprint }: ResponseRow): string {
  return digest([key, text, input_tokens, output_tokens, elapsed_ms, fingerprint]);
}

function responseOf({ text, input_tokens, output_tokens, elapsed_ms, fingerprint }: ResponseRow): CachedResponse {
  return {
    text,
    usage: { inputTokens: input_tokens, outputTokens: output_tokens },
    elapsedMs: elapsed_ms,
    fingerprint,
  };
}

function rowOf({ text, usage, elapsedMs, fingerprint }: CachedResponse): ResponseRow {
  const { inputTokens: input_tokens, outputTokens: output_tokens } = usage;
  return {
    text: storable(text),
    input_tokens,
    output_tokens,
    elapsed_ms: elapsedMs,
    fingerprint: storable(fingerprint),
  };
}

/** SQLite would end a text at a zero character, and UTF-8 has no half characters. */
function storable(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, '\ufffd');
}

/** Makes what is missing; answers of before get their digests. Another process may have done so by now. */
function prepareTables(database: Database.Database): void {
  const format = formatOf(database);
  if (format === FORMAT) return;
  database.exec(TABLES);
  if (format === WITHOUT_DIGESTS) addDigests(database);
  database.exec(`PRAGMA user_version = ${FORMAT}`);
}

function addDigests(database: Database.Database): void {
  database.exec("ALTER TABLE responses ADD COLUMN digest TEXT NOT NULL DEFAULT ''");
  const set = database.prepare('UPDATE responses SET digest = ? WHERE key = ?');
  const page = selectRows<ResponseRow & { readonly key: string }>(
    database,
    { key: 'text', ...responseColumns },
    'FROM responses WHERE responses.key > ? ORDER BY responses.key LIMIT 1000',
  );
  let last = '';
  for (let rows = page(last); rows.length > 0; rows = page(last)) {
    for (const row of rows) set.run(digestOf(row.key, row), row.key);
    last = rows.at(-1)?.key ?? last;
  }
}
