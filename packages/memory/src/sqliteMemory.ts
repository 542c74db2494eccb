import { AmrError, cleanText } from '@agentmmrec/core';
import type Database from 'libsql';
import { cleanParts } from './cleanParts.js';
import type {
  Decision,
  EntryKind,
  KnowledgeEntry,
  KnowledgeMemory,
  KnowledgeView,
  MemoryStats,
  NewEntry,
  WrittenVersion,
} from './contract.js';
import { diskError } from './diskError.js';
import { Drafts } from './drafts.js';
import { GroupedWrites } from './groupedWrites.js';
import { Jobs } from './jobs.js';
import { Journal } from './journal.js';
import { isProvenance } from './provenance.js';
import { damaged, Queries } from './queries.js';
import { rowDigest } from './rowDigest.js';
import { type DecisionRow, type EntryRow, prepareStatements } from './statements.js';

const forever = Number.MAX_SAFE_INTEGER;
/** An open file of a memory. */
export interface OpenedDatabase {
  readonly database: Database.Database;
  readonly path: string;
  /** of the training data whose knowledge it holds */
  readonly fingerprint: string;
  readonly writable: boolean;
  /** of rows: false in a file of version 1 that is only read */
  readonly hasDigests: boolean;
  readonly nowMs: () => number;
  /** lets others write */
  unlock(): void;
}

/** A memory on an open connection; `openMemory` makes one. */
export class SqliteMemory implements KnowledgeMemory {
  readonly journal: Journal;
  readonly drafts: Drafts;
  readonly jobs: Jobs;
  private readonly queries: Queries;
  private readonly statements;
  private readonly groupedWrites = new GroupedWrites((work) => this.atomically(work));

  readonly path: string;
  readonly fingerprint: string;
  readonly writable: boolean;
  private readonly database: Database.Database;
  private readonly nowMs: () => number;

  constructor(private readonly opened: OpenedDatabase) {
    const { database, path, nowMs } = opened;
    this.database = database;
    this.path = path;
    this.fingerprint = opened.fingerprint;
    this.writable = opened.writable;
    this.nowMs = nowMs;
    this.queries = new Queries(database, path, opened.hasDigests);
    this.statements = prepareStatements(this.queries);
    this.journal = new Journal(this.queries, () => this.requireWriter(), nowMs);
    this.drafts = new Drafts(this.queries, (work) => this.atomically(work));
    this.jobs = new Jobs(database, this.queries, (work) => this.atomically(work), nowMs);
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
    return this.statements.history(kind, entity).map((row) => this.fromRow(row));
  }

  decisions(kind: EntryKind, entity: number): Decision[] {
    return this.statements.decisions(kind, entity).map((row) => {
      this.checkDecision(row);
      const { sequence, cause, version, reason, created_at_ms } = row;
      return { sequence, cause, version, reason, createdAtMs: created_at_ms };
    });
  }

  decisionsAfter(sequence: number, limit: number): WrittenVersion[] {
    return this.statements.decisionsAfter(sequence, limit).map((row) => {
      this.checkDecision(row);
      const { created_at_ms, digest: _, ...rest } = row;
      return { ...rest, createdAtMs: created_at_ms };
    });
  }

  rollback(kind: EntryKind, entity: number, version: number, reason = ''): void {
    this.atomically(() => {
      if (this.get(kind, entity, version) === null) throw this.noSuchVersion(kind, entity, version);
      this.decide({ kind, entity, version }, 'rollback', cleanText(reason));
    });
  }

  sequence(): number {
    return this.statements.sequence()[0].sequence;
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
    this.queries.reading(() => this.database.exec('BEGIN IMMEDIATE'));
    try {
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (cause) {
      // SQLite has rolled back by itself after some errors (a full disk); only an open transaction can be.
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      throw diskError(this.path, cause) ?? (isDamage(cause) ? damaged(this.path, cause) : cause);
    }
  }

  grouped<T>(work: () => T): Promise<T> {
    return this.groupedWrites.add(work);
  }

  stats(): MemoryStats {
    const [row] = this.statements.stats();
    const writers = this.statements.writers();
    const reasoners = [...new Set(writers.map(({ reasoner }) => reasoner))];
    const { preferences, properties, versions, rollbacks, journalRecords, inputTokens, outputTokens } = row;
    return {
      preferences,
      properties,
      versions,
      rollbacks,
      journalRecords,
      inputTokens,
      outputTokens,
      reasoners,
      writers,
    };
  }

  close(): void {
    if (!this.database.open) return;
    this.groupedWrites.flush();
    // What stands in the log alone would be missed by whoever copies the file.
    if (this.writable) this.queries.reading(() => this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    this.database.close();
    this.opened.unlock();
  }

  private nextVersion({ kind, entity }: NewEntry): number {
    return this.statements.newest(kind, entity)[0].newest + 1;
  }

  private insert({ kind, entity, version, parts, provenance, createdAtMs }: KnowledgeEntry, cause: Decision['cause']) {
    const { text, visual, crossModal } = cleanParts(parts);
    const source = JSON.stringify(provenance);
    const values = [kind, entity, version, text, visual, crossModal, source, Math.trunc(createdAtMs)];
    this.statements.insert(...values, rowDigest(values));
    this.decide({ kind, entity, version }, cause, '');
  }

  private decide(
    { kind, entity, version }: Pick<KnowledgeEntry, 'kind' | 'entity' | 'version'>,
    cause: Decision['cause'],
    reason: string,
  ): void {
    const values = [this.sequence() + 1, kind, entity, version, cause, reason, this.nowMs()];
    this.statements.decide(...values, rowDigest(values));
  }

  private find(kind: EntryKind, entity: number, sequence: number, wanted?: number): KnowledgeEntry | null {
    const version = wanted ?? this.currentVersion(kind, entity, sequence);
    if (version === null) return null;
    const row = this.statements.version(kind, entity, version, sequence).at(0);
    if (row) return this.fromRow(row);
    if (wanted === undefined) throw damaged(this.path, new Error('a decision about a version that is not there'));
    return null;
  }

  private currentVersion(kind: EntryKind, entity: number, sequence: number): number | null {
    const decision = this.statements.current(kind, entity, sequence).at(0);
    if (decision === undefined) return null;
    this.checkDecision(decision);
    return decision.version;
  }

  private *entriesAt(kind: EntryKind, sequence: number): Iterable<KnowledgeEntry> {
    // Paged by entity, so a reader holds no lock between pages and 10^5 entries are never all in memory at once.
    for (let after = -1; ; ) {
      const rows = this.statements.page(sequence, kind, after);
      for (const row of rows) {
        this.checkDecision({
          sequence: row.decided_sequence,
          kind: row.decided_kind,
          entity: row.decided_entity,
          version: row.decided_version,
          cause: row.decided_cause,
          reason: row.decided_reason,
          created_at_ms: row.decided_created_at_ms,
          digest: row.decided_digest,
        });
        yield this.fromRow(row);
      }
      const last = rows.at(-1)?.entity ?? after;
      if (last <= after) return;
      after = last;
    }
  }

  private checkDecision({ digest, ...row }: DecisionRow): void {
    const { sequence, kind, entity, version, cause, reason, created_at_ms } = row;
    const values = [sequence, kind, entity, version, cause, reason, created_at_ms];
    this.queries.requireDigest(digest, values, `decision ${sequence}`);
  }

  private fromRow(row: EntryRow): KnowledgeEntry {
    const { kind, entity, version, text, visual, cross_modal, created_at_ms } = row;
    if (kind === null) throw damaged(this.path, new Error('a decision about a version that is not there'));
    const values = [kind, entity, version, text, visual, cross_modal, row.provenance, created_at_ms];
    this.queries.requireDigest(row.digest, values, `version ${version} of ${kind} ${entity}`);
    const provenance = this.queries.json(row.provenance);
    if (!isProvenance(provenance) || (kind !== 'preference' && kind !== 'property')) {
      throw damaged(this.path, new Error(`version ${version} of ${kind} ${entity} without a readable source`));
    }
    const parts = { text: row.text, visual: row.visual, crossModal: row.cross_modal };
    return { kind, entity, version, parts, provenance, createdAtMs: row.created_at_ms };
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

function isDamage(cause: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test((cause as { code?: string })?.code ?? '');
}
