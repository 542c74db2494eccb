import type { KnowledgeParts } from '@agentmmrec/core';
import type { Drafts } from './drafts.js';
import type { Jobs } from './jobs.js';
import type { Journal } from './journal.js';

/** What an entry is about: a preference is of a user, a property of an item. */
export type EntryKind = 'preference' | 'property';

/** Where a version came from; enough to audit it and to make it again. */
export interface Provenance {
  readonly agent: 'integrator' | 'utilizer';
  /** the prompt tasks that wrote it */
  readonly tasks: readonly string[];
  /** `extractive` or the LLM's name */
  readonly reasoner: string;
  /** digest of the model weights, or of the reasoner's version */
  readonly modelDigest: string;
  /** id@version and digest of each template used */
  readonly templates: readonly { readonly id: string; readonly hash: string }[];
  /** every interaction the prompt was built from, [user, item] pairs; the audit fails on one that is not in training */
  readonly interactions: readonly (readonly [number, number])[];
  /** items shown besides (own content, co-purchased products) */
  readonly sampledItems: readonly number[];
  readonly split: 'train';
  readonly seed: number;
  readonly attempt: number;
  /** milliseconds and tokens; not part of what must be equal after a resume */
  readonly elapsedMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** share of the names and numbers in its texts that stand in what was shown, 0 to 1; absent where there are none, or nobody counted */
  readonly groundedShare?: number;
  /** repairs and degradations applied to the answer, each one sentence */
  readonly repairs: readonly string[];
}

/** What is handed in: the memory gives the version number and the time. */
export interface NewEntry {
  readonly kind: EntryKind;
  /** user id for a preference, item id for a property (dense ids of the data set) */
  readonly entity: number;
  readonly parts: KnowledgeParts;
  readonly provenance: Provenance;
}

/** One version of one entry. Versions count from 1 and are never changed or removed. */
export interface KnowledgeEntry extends NewEntry {
  readonly version: number;
  /** milliseconds since 1970 */
  readonly createdAtMs: number;
}

/** One appended decision about which version of a key is current. */
export interface Decision {
  readonly sequence: number;
  readonly cause: 'version' | 'rollback' | 'import';
  readonly version: number;
  /** why, in words; empty for a new version */
  readonly reason: string;
  readonly createdAtMs: number;
}

/** A decision with what its version cost: for the progress and the spend of a build. */
export interface WrittenVersion extends Decision {
  readonly kind: EntryKind;
  readonly entity: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** of the calls that wrote it */
  readonly elapsedMs: number;
}

/** What a memory holds, in numbers. */
export interface MemoryStats {
  readonly preferences: number;
  readonly properties: number;
  readonly versions: number;
  readonly rollbacks: number;
  /** journalled calls and feedback decisions */
  readonly journalRecords: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly reasoners: readonly string[];
  /** which weights wrote entries: a reasoner may have been replaced under the same name */
  readonly writers: readonly { readonly reasoner: string; readonly modelDigest: string }[];
}

/** What a reader may do: look at current entries, or at those of an earlier moment. */
export interface KnowledgeView {
  /** Fingerprint of the data set the memory was made for. */
  readonly fingerprint: string;
  /** true: what it answers never changes, so nobody has to copy it first */
  readonly isFrozen?: boolean;
  /** The current version, or the given one; null when there is none. */
  get(kind: EntryKind, entity: number, version?: number): KnowledgeEntry | null;
  /** Whether there is a current version. */
  has(kind: EntryKind, entity: number): boolean;
  /** Current entries of a kind in ascending entity order. */
  all(kind: EntryKind): Iterable<KnowledgeEntry>;
}

/**
 * The knowledge memory: one SQLite file, append-only versions per key (`pref|u`, `prop|i`), one writer and many readers.
 * `current` is the newest version unless a rollback, itself appended, points to an older one. Every method that writes has
 * committed when it returns, unless it runs inside `atomically` or `grouped`. Writing through a reader is an AmrError (input).
 */
export interface KnowledgeMemory extends KnowledgeView {
  readonly path: string;
  /** false: opened for reading */
  readonly writable: boolean;
  /** calls and decisions, paid once: in the same file, so in the same transactions */
  readonly journal: Journal;
  readonly drafts: Drafts;
  /** the lease table of long builds */
  readonly jobs: Jobs;
  /** Appends a version and makes it current. Returns the version number. */
  put(entry: NewEntry): number;
  /** Appends several in one transaction: all or none. */
  putAll(entries: readonly NewEntry[]): void;
  /**
   * Appends a version as another memory wrote it, its time included. It must be the key's next version.
   * @throws AmrError input when it is not
   */
  adopt(entry: KnowledgeEntry): void;
  /** Every version of a key, oldest first. */
  history(kind: EntryKind, entity: number): KnowledgeEntry[];
  /** Every decision about a key, oldest first. */
  decisions(kind: EntryKind, entity: number): Decision[];
  /** Decisions about any key after a moment, oldest first, at most so many: a reader follows a build by them. */
  decisionsAfter(sequence: number, limit: number): WrittenVersion[];
  /** Makes an older version current by appending the decision. @throws AmrError input when there is no such version */
  rollback(kind: EntryKind, entity: number, version: number, reason?: string): void;
  /** The number of decisions so far: a moment that `asOf` can return to. */
  sequence(): number;
  /** The entries as they were when `sequence()` had this value. */
  asOf(sequence: number): KnowledgeView;
  /** Runs `work` in one transaction: all of its writes are committed, or, when it throws, none. Nested calls join the outer one. */
  atomically<T>(work: () => T): T;
  /**
   * As `atomically`, together with whatever else is handed in during the same turn of the event loop; resolves when committed.
   * For many calls in flight: a commit waits for the disk.
   */
  grouped<T>(work: () => T): Promise<T>;
  /** Counts over the whole file. */
  stats(): MemoryStats;
  /** Releases the file and the writer's lock. Safe to call twice. */
  close(): void;
}
