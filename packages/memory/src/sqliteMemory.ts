import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { AmrError, fileError } from '@agentmmrec/core';
import Database from 'libsql';
import type {
  Decision,
  EntryKind,
  KnowledgeEntry,
  KnowledgeMemory,
  KnowledgeView,
  MemoryStats,
  NewEntry,
} from './contract.js';
import { diskError } from './diskError.js';
import { Drafts } from './drafts.js';
import { GroupedWrites } from './groupedWrites.js';
import { Jobs } from './jobs.js';
import { Journal } from './journal.js';
import { prepareSchema } from './schema.js';
import { lockForWriting } from './writerLock.js';

/** Which file is opened, for which data set, and for what. */
export interface OpenMemoryOptions {
  /** The file, made when it does not exist and `mode` is `write`; `:memory:` keeps everything in this process. */
  readonly path: string;
  /** Of the data set; null reads whatever data set the memory was made for. */
  readonly fingerprint: string | null;
  readonly mode: 'write' | 'read';
  /** false: `write` to a file that must exist; true */
  readonly create?: boolean;
  /** For tests: milliseconds since 1970. */
  readonly nowMs?: () => number;
}

/**
 * Opens the knowledge memory.
 * @throws AmrError input: no such file to read, another program's file, another schema version, another data set, a second writer,
 * no room or permission
 */
export function openMemory({
  path,
  fingerprint,
  mode,
  create = mode === 'write',
  nowMs = Date.now,
}: OpenMemoryOptions): KnowledgeMemory {
  const inProcess = path === ':memory:';
  if (!inProcess && !create && !existsSync(path)) {
    throw new AmrError({
      what: `knowledge memory ${path}`,
      got: 'no such file',
      expected: 'a knowledge memory',
      hint: 'check --memory, or make one: agentmmrec knowledge build',
    });
  }
  if (!inProcess) makeFolder(path);
  const lock = inProcess || mode === 'read' ? null : lockForWriting(path);
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 10_000 });
    // An entry has some 2.5 KB: on pages of the usual 4 KB each would spill into a page of its own. Counts for new files only.
    database.exec('PRAGMA page_size = 16384');
    database.exec('PRAGMA journal_mode = WAL');
    // FULL: a version that an LLM was paid for survives a power cut as well as a kill.
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA foreign_keys = ON');
    const found = prepareSchema(database, path, fingerprint, mode === 'write');
    // libsql does not enforce its `readonly` option, SQLite does enforce this one.
    if (mode === 'read') database.exec('PRAGMA query_only = ON');
    return new SqliteMemory(database, path, found, mode === 'write', nowMs, () => lock?.release());
  } catch (cause) {
    database?.close();
    lock?.release();
    throw cause instanceof AmrError ? cause : (diskError(path, cause) ?? unreadable(path, cause));
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (cause) {
    throw fileError(`knowledge memory ${path}`, cause);
  }
}

function unreadable(path: string, cause: unknown): AmrError {
  return new AmrError({
    what: `knowledge memory ${path}`,
    got: cause instanceof Error ? cause.message : String(cause),
    expected: 'a SQLite file of this program',
    hint: 'check the path; a damaged memory can be made again from its Arrow export: agentmmrec knowledge import',
    cause,
  });
}

interface EntryRow {
  readonly kind: EntryKind;
  readonly entity: number;
  readonly version: number;
  readonly text: string | null;
  readonly visual: string | null;
  readonly cross_modal: string | null;
  readonly provenance: string;
  readonly created_at_ms: number;
}

const forever = Number.MAX_SAFE_INTEGER;
const columns =
  'e.kind AS kind, e.entity AS entity, e.version AS version, text, visual, cross_modal, provenance, e.created_at_ms AS created_at_ms';

class SqliteMemory implements KnowledgeMemory {
  readonly journal: Journal;
  readonly drafts: Drafts;
  readonly jobs: Jobs;
  private readonly statements;
  private readonly groupedWrites = new GroupedWrites((work) => this.atomically(work));

  constructor(
    private readonly database: Database.Database,
    readonly path: string,
    readonly fingerprint: string,
    private readonly writable: boolean,
    private readonly nowMs: () => number,
    private readonly unlock: () => void,
  ) {
    this.statements = prepareStatements(database);
    this.journal = new Journal(database, () => this.requireWriter(), nowMs);
    this.drafts = new Drafts(database, (work) => this.atomically(work));
    this.jobs = new Jobs(database, (work) => this.atomically(work), nowMs);
  }

  put(entry: NewEntry): number {
    return this.atomically(() => {
      const version = this.nextVersion(entry);
      this.insert({ ...entry, version, createdAtMs: this.nowMs() }, 'version');
      return version;
    });
  }

  adopt(entry: KnowledgeEntry): void {
    this.atomically(() => {
      const next = this.nextVersion(entry);
      if (entry.version !== next) throw notNext(entry, next);
      this.insert(entry, 'import');
    });
  }

  putAll(entries: readonly NewEntry[]): void {
    this.atomically(() => {
      for (const entry of entries) this.put(entry);
    });
  }

  get(kind: EntryKind, entity: number, version?: number): KnowledgeEntry | null {
    return this.find(kind, entity, forever, version);
  }

  has(kind: EntryKind, entity: number): boolean {
    return this.currentVersion(kind, entity, forever) !== null;
  }

  all(kind: EntryKind): Iterable<KnowledgeEntry> {
    return this.entriesAt(kind, forever);
  }

  history(kind: EntryKind, entity: number): KnowledgeEntry[] {
    return (this.statements.history.all(kind, entity) as EntryRow[]).map(fromRow);
  }

  decisions(kind: EntryKind, entity: number): Decision[] {
    const rows = this.statements.decisions.all(kind, entity) as (Decision & { created_at_ms: number })[];
    return rows.map(({ sequence, cause, version, reason, created_at_ms }) => ({
      sequence,
      cause,
      version,
      reason,
      createdAtMs: created_at_ms,
    }));
  }

  rollback(kind: EntryKind, entity: number, version: number, reason = ''): void {
    this.atomically(() => {
      if (this.get(kind, entity, version) === null) throw this.noSuchVersion(kind, entity, version);
      this.statements.decide.run(kind, entity, version, 'rollback', reason, this.nowMs());
    });
  }

  sequence(): number {
    return (this.statements.sequence.all()[0] as { sequence: number }).sequence;
  }

  asOf(sequence: number): KnowledgeView {
    return {
      fingerprint: this.fingerprint,
      get: (kind, entity, version) => this.find(kind, entity, sequence, version),
      has: (kind, entity) => this.currentVersion(kind, entity, sequence) !== null,
      all: (kind) => this.entriesAt(kind, sequence),
    };
  }

  atomically<T>(work: () => T): T {
    this.requireWriter();
    if (this.database.inTransaction) return work();
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (cause) {
      // SQLite has rolled back by itself after some errors (a full disk); only an open transaction can be.
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      throw diskError(this.path, cause) ?? cause;
    }
  }

  grouped<T>(work: () => T): Promise<T> {
    return this.groupedWrites.add(work);
  }

  stats(): MemoryStats {
    const row = this.statements.stats.all()[0] as Omit<MemoryStats, 'reasoners'>;
    const reasoners = (this.statements.reasoners.all() as { reasoner: string }[]).map((found) => found.reasoner);
    const { preferences, properties, versions, rollbacks, journalRecords, inputTokens, outputTokens } = row;
    return { preferences, properties, versions, rollbacks, journalRecords, inputTokens, outputTokens, reasoners };
  }

  close(): void {
    if (!this.database.open) return;
    this.groupedWrites.flush();
    this.database.close();
    this.unlock();
  }

  private nextVersion({ kind, entity }: NewEntry): number {
    return (this.statements.newest.all(kind, entity)[0] as { newest: number }).newest + 1;
  }

  private insert({ kind, entity, version, parts, provenance, createdAtMs }: KnowledgeEntry, cause: Decision['cause']) {
    const { text, visual, crossModal } = parts;
    const source = JSON.stringify(provenance);
    this.statements.insert.run(kind, entity, version, text, visual, crossModal, source, createdAtMs);
    this.statements.decide.run(kind, entity, version, cause, '', this.nowMs());
  }

  private find(kind: EntryKind, entity: number, sequence: number, wanted?: number): KnowledgeEntry | null {
    const version = wanted ?? this.currentVersion(kind, entity, sequence);
    if (version === null) return null;
    const row = (this.statements.version.all(kind, entity, version, sequence) as EntryRow[])[0];
    return row ? fromRow(row) : null;
  }

  private currentVersion(kind: EntryKind, entity: number, sequence: number): number | null {
    const row = this.statements.current.all(kind, entity, sequence)[0] as { version: number } | undefined;
    return row?.version ?? null;
  }

  private *entriesAt(kind: EntryKind, sequence: number): Iterable<KnowledgeEntry> {
    // Paged by entity, so a reader holds no lock between pages and 10^5 entries are never all in memory at once.
    for (let after = -1; ; ) {
      const rows = this.statements.page.all(sequence, kind, after) as EntryRow[];
      for (const row of rows) yield fromRow(row);
      if (rows.length === 0) return;
      after = rows[rows.length - 1].entity;
    }
  }

  private requireWriter(): void {
    // libsql ends the whole process when a closed database is asked for its state.
    if (!this.database.open) throw this.closed();
    if (this.writable) return;
    throw new AmrError({
      what: `knowledge memory ${this.path}`,
      got: 'a write',
      expected: 'reading only: it was opened for reading',
      hint: 'open it for writing',
      kind: 'internal',
    });
  }

  private closed(): AmrError {
    return new AmrError({
      what: `knowledge memory ${this.path}`,
      got: 'a write after it was closed',
      expected: 'writes while it is open',
      hint: 'wait for every write before closing the memory',
      kind: 'internal',
    });
  }

  private noSuchVersion(kind: EntryKind, entity: number, version: number): AmrError {
    const known = this.history(kind, entity).map((entry) => entry.version);
    return new AmrError({
      what: `knowledge memory, ${kind} of ${kind === 'preference' ? 'user' : 'item'} ${entity}`,
      got: `version ${version}`,
      expected: known.length > 0 ? `one of ${known.join(', ')}` : 'an entry: there is none',
      hint: 'list the versions: agentmmrec knowledge history',
    });
  }
}

function notNext({ kind, entity, version }: KnowledgeEntry, next: number): AmrError {
  return new AmrError({
    what: `knowledge memory, ${kind} of ${kind === 'preference' ? 'user' : 'item'} ${entity}`,
    got: `version ${version}`,
    expected: `version ${next}, the next one`,
    hint: 'versions must come in order, with none left out',
  });
}

function prepareStatements(database: Database.Database) {
  const key = 'kind = ? AND entity = ?';
  return {
    newest: database.prepare(`SELECT COALESCE(MAX(version), 0) AS newest FROM entries WHERE ${key}`),
    insert: database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    decide: database.prepare(
      'INSERT INTO decisions (kind, entity, version, cause, reason, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    // A version exists in a view only if the decision that added it is within the view.
    version: database.prepare(
      `SELECT ${columns} FROM entries e WHERE e.kind = ? AND e.entity = ? AND e.version = ? AND EXISTS
       (SELECT 1 FROM decisions d WHERE d.kind = e.kind AND d.entity = e.entity AND d.version = e.version AND d.sequence <= ?)`,
    ),
    current: database.prepare(
      `SELECT version FROM decisions WHERE ${key} AND sequence <= ? ORDER BY sequence DESC LIMIT 1`,
    ),
    page: database.prepare(
      `SELECT ${columns} FROM
         (SELECT kind, entity, version, MAX(sequence) FROM decisions WHERE sequence <= ? AND kind = ? AND entity > ?
          GROUP BY kind, entity ORDER BY entity LIMIT 1000) c
       JOIN entries e ON e.kind = c.kind AND e.entity = c.entity AND e.version = c.version ORDER BY e.entity`,
    ),
    history: database.prepare(`SELECT ${columns} FROM entries e WHERE ${key} ORDER BY version`),
    decisions: database.prepare(`SELECT * FROM decisions WHERE ${key} ORDER BY sequence`),
    sequence: database.prepare('SELECT COALESCE(MAX(sequence), 0) AS sequence FROM decisions'),
    stats: database.prepare(`SELECT
      (SELECT COUNT(DISTINCT entity) FROM entries WHERE kind = 'preference') AS preferences,
      (SELECT COUNT(DISTINCT entity) FROM entries WHERE kind = 'property') AS properties,
      (SELECT COUNT(*) FROM entries) AS versions,
      (SELECT COUNT(*) FROM decisions WHERE cause = 'rollback') AS rollbacks,
      (SELECT COUNT(*) FROM journal) AS journalRecords,
      (SELECT COALESCE(SUM(provenance ->> 'inputTokens'), 0) FROM entries) + (SELECT COALESCE(SUM(input_tokens), 0) FROM journal) AS inputTokens,
      (SELECT COALESCE(SUM(provenance ->> 'outputTokens'), 0) FROM entries) + (SELECT COALESCE(SUM(output_tokens), 0) FROM journal) AS outputTokens`),
    reasoners: database.prepare("SELECT DISTINCT provenance ->> 'reasoner' AS reasoner FROM entries ORDER BY 1"),
  };
}

function fromRow(row: EntryRow): KnowledgeEntry {
  return {
    kind: row.kind,
    entity: row.entity,
    version: row.version,
    parts: { text: row.text, visual: row.visual, crossModal: row.cross_modal },
    provenance: JSON.parse(row.provenance),
    createdAtMs: row.created_at_ms,
  };
}
