/** The parts of an entry (method.md section 2). A part whose modality the data set lacks is null. */
export interface KnowledgeParts {
  readonly text: string | null;
  readonly visual: string | null;
  readonly crossModal: string | null;
}

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
  /** repairs and degradations applied to the answer, each one sentence */
  readonly repairs: readonly string[];
}

/** One version of one entry. Versions count from 1 and are never changed or removed. */
export interface KnowledgeEntry {
  readonly kind: EntryKind;
  /** user id for a preference, item id for a property (dense ids of the data set) */
  readonly entity: number;
  readonly version: number;
  readonly parts: KnowledgeParts;
  readonly provenance: Provenance;
  /** milliseconds since 1970 */
  readonly createdAtMs: number;
}

/**
 * The knowledge memory: one SQLite file, append-only versions per key (`pref|u`, `prop|i`), one writer and many readers.
 * `current` is the newest version unless a rollback, itself appended, points to an older one.
 */
export interface KnowledgeMemory {
  /** Appends a version and makes it current; commits before it returns. Returns the version number. */
  put(entry: Omit<KnowledgeEntry, 'version' | 'createdAtMs'>): number;
  /** Appends several in one transaction: all or none. */
  putAll(entries: readonly Omit<KnowledgeEntry, 'version' | 'createdAtMs'>[]): void;
  get(kind: EntryKind, entity: number, version?: number): KnowledgeEntry | null;
  has(kind: EntryKind, entity: number): boolean;
  /** Current entries of a kind in ascending entity order. */
  all(kind: EntryKind): Iterable<KnowledgeEntry>;
  history(kind: EntryKind, entity: number): KnowledgeEntry[];
  /** Makes an older version current, by appending the decision. */
  rollback(kind: EntryKind, entity: number, version: number): void;
  stats(): { preferences: number; properties: number; versions: number; inputTokens: number; outputTokens: number; reasoners: string[] };
  /** Fingerprint of the data set the memory was made for. */
  readonly fingerprint: string;
  readonly path: string;
  close(): void;
}
