import type { EntryKind, KnowledgeMemory } from '@agentmmrec/memory';
import type { Reasoner } from '../reasoning/reasoner.js';
import type { WrittenEntry } from './integrator.js';

/** A lease outlives any call: the memory has one writer, so leases of others are those of the dead, and are released at the start. */
const leaseMs = 24 * 3600 * 1000;
/** Entries of a reasoner that costs nothing are leased and committed by so many: a transaction per entry would be most of the time. */
export const batchSize = 128;

/** Leases jobs many at a time and hands them out one by one. */
export class LeasedJobs {
  private claimed: string[] = [];

  constructor(
    private readonly memory: KnowledgeMemory,
    private readonly kind: EntryKind,
    private readonly reasoner: Reasoner,
    private readonly inFlight: number,
  ) {}

  next(): string | undefined {
    const { memory, kind, reasoner, inFlight } = this;
    if (this.claimed.length === 0) {
      const count = reasoner.paid ? inFlight : batchSize;
      this.claimed = memory.jobs.claim(kind, count, reasoner.name, leaseMs).reverse();
    }
    return this.claimed.pop();
  }
}

/** Entries and the end of their jobs, committed together. */
export class Commits {
  written = 0;
  private waiting: { readonly key: string; readonly written: WrittenEntry | null }[] = [];

  constructor(
    private readonly memory: KnowledgeMemory,
    private readonly kind: EntryKind,
    private readonly reasoner: Reasoner,
    private readonly onWritten: (written: WrittenEntry) => void,
  ) {}

  /** An entry that cost something is committed when this resolves, so that a kill costs no more than what is in flight. */
  async add(key: string, written: WrittenEntry | null): Promise<void> {
    if (!this.reasoner.paid) {
      this.waiting.push({ key, written });
      if (this.waiting.length >= batchSize) this.flush();
      return;
    }
    await this.memory.grouped(() => this.commit(key, written));
    this.count([written]);
  }

  async fail(key: string, reason: string): Promise<void> {
    await this.memory.grouped(() => this.memory.jobs.failed(this.kind, key, reason));
  }

  flush(): void {
    const finished = this.waiting;
    this.waiting = [];
    if (finished.length === 0) return;
    this.memory.atomically(() => {
      for (const { key, written } of finished) this.commit(key, written);
    });
    this.count(finished.map(({ written }) => written));
  }

  private commit(key: string, written: WrittenEntry | null): void {
    if (written) this.memory.put(written.entry);
    this.memory.drafts.clear(`${this.kind}|${key}|`);
    this.memory.jobs.done(this.kind, key);
  }

  private count(finished: readonly (WrittenEntry | null)[]): void {
    for (const written of finished) {
      if (!written) continue;
      this.written++;
      this.onWritten(written);
    }
  }
}
