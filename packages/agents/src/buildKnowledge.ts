import { AmrError, type Log, type Progress, silentLog } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import type { EntryKind, JobFailure, KnowledgeMemory } from '@agentmmrec/memory';
import { requireContent } from './content.js';
import { Integrator, type Written } from './integrator.js';
import { type Reasoner, type Spent, spentLine } from './reasoner.js';
import { addRepairs, type RepairCounts } from './repairs.js';

export interface BuildOptions {
  readonly training: TrainingData;
  readonly reasoner: Reasoner;
  /** opened for writing, for this data set */
  readonly memory: KnowledgeMemory;
  readonly seed: number;
  /** Y of the paper: how many neighbours a prompt may see; 5 */
  readonly neighbours?: number;
  readonly log?: Log;
  /** stops after the calls in flight are told to stop; the next build goes on from there */
  readonly signal?: AbortSignal;
  /** calls in flight; the reasoner's own limit when it is lower or none is given */
  readonly maxInFlight?: number;
  /** asks once more for entries that failed before; otherwise they stay failed */
  readonly retryFailed?: boolean;
}

/** One kind of entries after a build. Counts are of entries. */
export interface StageReport {
  readonly total: number;
  /** written by this run */
  readonly written: number;
  /** found finished */
  readonly reused: number;
  /** nothing to reason on: users without training items, items without content */
  readonly withoutEvidence: number;
  readonly failures: readonly JobFailure[];
}

export interface BuildReport {
  readonly reasoner: string;
  readonly preferences: StageReport;
  readonly properties: StageReport;
  readonly repairs: RepairCounts;
  /** of the entries written by this run */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** by every request of the reasoner so far, also those whose answer was of no use; null where nothing costs anything */
  readonly spent: Spent | null;
}

/** A lease outlives any call: the memory has one writer, so leases of others are those of the dead, and are released at the start. */
const leaseMs = 24 * 3600 * 1000;
/** Entries of a reasoner that costs nothing are committed together: a transaction per entry would be most of the time. */
function commitSize(reasoner: Reasoner): number {
  return reasoner.paid ? 1 : 128;
}

/**
 * Writes P_i of every item and P_u of every user that the memory lacks. Any number of calls may be in flight: an entry depends
 * on its entity and the seed alone, so the order in which calls end changes nothing. Killed at any moment, the next build
 * repeats at most the calls that were in flight. An entry that fails is listed and does not stop the rest.
 * @throws AmrError input: no content, or a memory that another reasoner or seed has written; interrupted: `signal`
 */
export async function buildKnowledge(options: BuildOptions): Promise<BuildReport> {
  const { training, reasoner, memory } = options;
  requireSameRecipe(options);
  await reasoner.prepare(requireContent(training), training.train);
  const integrator = new Integrator(options);
  const total = { repairs: {} as RepairCounts, inputTokens: 0, outputTokens: 0 };
  const onWritten = ({ entry, repairs }: Written): void => {
    total.repairs = addRepairs(total.repairs, repairs);
    total.inputTokens += entry.provenance.inputTokens;
    total.outputTokens += entry.provenance.outputTokens;
  };
  const keeper = reasoner.paid ? memory.drafts : undefined;
  const { signal } = options;
  const property = (item: number) => integrator.property(item, { signal, keeper });
  const preference = (user: number) => integrator.preference(user, { signal, keeper });
  const properties = await buildStage(options, 'property', training.items, property, onWritten);
  const preferences = await buildStage(options, 'preference', training.users, preference, onWritten);
  return { reasoner: reasoner.name, preferences, properties, ...total, spent: reasoner.spent?.() ?? null };
}

/** One memory holds one reasoner's knowledge from one seed: a mixture could be neither described nor made again. */
function requireSameRecipe({ memory, reasoner, seed, neighbours = 5 }: BuildOptions): void {
  const recipe = { reasoner: reasoner.name, digest: reasoner.digest, seed, neighbours };
  const record = { key: 'recipe', value: recipe, interactions: [], inputTokens: 0, outputTokens: 0 };
  const found = memory.journal.find('recipe')?.value as typeof recipe | undefined;
  const other = found === undefined ? importedRecipe(memory, recipe) : found;
  if (JSON.stringify(other) === JSON.stringify(recipe)) {
    memory.journal.append(record);
    return;
  }
  const words = (one: typeof recipe): string =>
    `reasoner ${one.reasoner} (${one.digest.slice(0, 12)}), seed ${one.seed}, ${one.neighbours} neighbours`;
  throw new AmrError({
    what: `knowledge memory ${memory.path}`,
    got: `knowledge made by ${words(other)}`,
    expected: words(recipe),
    hint: 'name another --memory file, or the reasoner and seed it was made with',
  });
}

/** An imported memory has no recipe of its own: its entries say how they were made. */
function importedRecipe<T extends { reasoner: string; digest: string; seed: number }>(
  memory: KnowledgeMemory,
  recipe: T,
): T {
  for (const kind of ['preference', 'property'] as const) {
    for (const { provenance } of memory.all(kind)) {
      const { reasoner, modelDigest: digest, seed } = provenance;
      if (reasoner !== recipe.reasoner || digest !== recipe.digest || seed !== recipe.seed) {
        return { ...recipe, reasoner, digest, seed };
      }
    }
  }
  return recipe;
}

async function buildStage(
  options: BuildOptions,
  kind: EntryKind,
  total: number,
  write: (entity: number) => Promise<Written | null>,
  onWritten: (written: Written) => void,
): Promise<StageReport> {
  const { memory, reasoner, log = silentLog } = options;
  const { jobs } = memory;
  jobs.enqueue(
    kind,
    Array.from({ length: total }, (_, entity) => String(entity)),
  );
  jobs.releaseAll(kind);
  if (options.retryFailed) jobs.retryFailed(kind);
  const reused = countEntries(memory, kind);
  const before = jobs.counts(kind);
  const progress = log.progress(kind === 'preference' ? 'user preferences' : 'item properties', total);
  const commits = new Commits(memory, kind, reasoner, progress, before.done + before.failed, onWritten);
  const wanted = Math.max(1, Math.min(options.maxInFlight ?? reasoner.concurrency, reasoner.concurrency));
  let stopped: unknown;
  const worker = async (): Promise<void> => {
    for (;;) {
      if (stopped !== undefined || options.signal?.aborted) return;
      const claimed = jobs.claim(kind, commitSize(reasoner), reasoner.name, leaseMs);
      if (claimed.length === 0) return;
      // Lets signals and timers in between batches of a reasoner that never waits.
      await new Promise((resolve) => setImmediate(resolve));
      for (const key of claimed) {
        if (stopped !== undefined || options.signal?.aborted) return;
        try {
          commits.add(key, memory.has(kind, Number(key)) ? null : await write(Number(key)));
        } catch (cause) {
          if (options.signal?.aborted) return;
          if (cause instanceof AmrError && cause.kind !== 'failed') stopped = cause;
          else commits.fail(key, cause instanceof Error ? cause.message : String(cause));
        }
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: wanted }, worker));
  } finally {
    commits.flush();
    jobs.releaseAll(kind);
    progress.end();
  }
  if (stopped !== undefined) throw stopped;
  if (options.signal?.aborted) throw interrupted(jobs.counts(kind).done, total, kind);
  const withoutEvidence = jobs.counts(kind).done - countEntries(memory, kind);
  return { total, written: commits.written, reused, withoutEvidence, failures: jobs.failures(kind) };
}

/** Entries and the end of their jobs, committed together. */
class Commits {
  written = 0;
  private failed = 0;
  private waiting: { readonly key: string; readonly written: Written | null }[] = [];

  constructor(
    private readonly memory: KnowledgeMemory,
    private readonly kind: EntryKind,
    private readonly reasoner: Reasoner,
    private readonly progress: Progress,
    private finished: number,
    private readonly onWritten: (written: Written) => void,
  ) {}

  add(key: string, written: Written | null): void {
    this.waiting.push({ key, written });
    if (this.waiting.length >= commitSize(this.reasoner)) this.flush();
  }

  fail(key: string, reason: string): void {
    this.memory.jobs.failed(this.kind, key, reason);
    this.failed++;
    this.report(1);
  }

  flush(): void {
    const finished = this.waiting;
    this.waiting = [];
    this.memory.atomically(() => {
      for (const { key, written } of finished) {
        if (written) this.memory.put(written.entry);
        this.memory.drafts.clear(`${this.kind}|${key}|`);
        this.memory.jobs.done(this.kind, key);
      }
    });
    for (const { written } of finished) {
      if (!written) continue;
      this.written++;
      this.onWritten(written);
    }
    this.report(finished.length);
  }

  private report(more: number): void {
    this.finished += more;
    const spent = this.reasoner.spent?.();
    const remarks = [...(spent ? [spentLine(spent)] : []), ...(this.failed > 0 ? [`${this.failed} failed`] : [])];
    this.progress.update(this.finished, remarks.join(', '));
  }
}

function countEntries(memory: KnowledgeMemory, kind: EntryKind): number {
  const { preferences, properties } = memory.stats();
  return kind === 'preference' ? preferences : properties;
}

function interrupted(done: number, total: number, kind: EntryKind): AmrError {
  return new AmrError({
    what: 'knowledge build',
    got: `a stop after ${done} of ${total} ${kind === 'preference' ? 'user preferences' : 'item properties'}`,
    expected: 'to run to the end',
    hint: 'run the same command again: it goes on from here and repeats no finished call',
    kind: 'interrupted',
  });
}
