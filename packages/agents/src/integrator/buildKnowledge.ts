import type { Log } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import type { EntryKind, JobFailure, KnowledgeMemory } from '@agentmmrec/memory';
import { runCalls } from '../calls/runCalls.js';
import type { PromptSampling } from '../knowledgeOptions.js';
import { requireContent } from '../reasoning/content.js';
import { type CallSpending, neighboursShown, type Reasoner } from '../reasoning/reasoner.js';
import { addRepairs, type RepairCounts } from '../reasoning/repairs.js';
import { requireSameRecipe } from '../remembered/recipe.js';
import { type AnswerKeeper, Integrator, type WrittenEntry } from './integrator.js';
import { Commits, LeasedJobs } from './stageWork.js';

/** What a build of knowledge needs. */
export interface BuildOptions extends PromptSampling {
  readonly training: TrainingData;
  readonly reasoner: Reasoner;
  /** opened for writing, for this data set */
  readonly memory: KnowledgeMemory;
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

/** What a build did. */
export interface BuildReport {
  readonly reasoner: string;
  readonly preferences: StageReport;
  readonly properties: StageReport;
  readonly repairs: RepairCounts;
  /** of the entries written by this run */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** by every request of the reasoner so far, also those whose answer was of no use; null where nothing costs anything */
  readonly spent: CallSpending | null;
}

/**
 * Writes P_i of every item and P_u of every user that the memory lacks. Any number of calls may be in flight: an entry depends
 * on its entity and the seed alone, so the order in which calls end changes nothing. Killed at any moment, the next build
 * repeats at most the calls that were in flight. An entry that fails is listed and does not stop the rest.
 * @throws AmrError input: no content, or a memory that another reasoner or seed has written; interrupted: `signal`
 */
export async function buildKnowledge(options: BuildOptions): Promise<BuildReport> {
  const { training, reasoner, memory } = options;
  requireSameRecipe({
    memory,
    reasoner,
    seed: options.knowledgeSeed,
    neighbours: neighboursShown(reasoner, options.promptNeighbours),
  });
  await reasoner.prepare(requireContent(training), training.train);
  const integrator = new Integrator(options);
  const total = { repairs: {} as RepairCounts, inputTokens: 0, outputTokens: 0 };
  const onWritten = ({ entry, repairs }: WrittenEntry): void => {
    total.repairs = addRepairs(total.repairs, repairs);
    total.inputTokens += entry.provenance.inputTokens;
    total.outputTokens += entry.provenance.outputTokens;
  };
  const keeper = reasoner.paid ? draftsOf(memory) : undefined;
  const { signal } = options;
  const property = (item: number) => integrator.property(item, { signal, keeper });
  const preference = (user: number) => integrator.preference(user, { signal, keeper });
  const properties = await buildStage(options, 'property', training.items, property, onWritten);
  const preferences = await buildStage(options, 'preference', training.users, preference, onWritten);
  return { reasoner: reasoner.name, preferences, properties, ...total, spent: reasoner.spent?.() ?? null };
}

const stageNames: Readonly<Record<EntryKind, string>> = {
  preference: 'user preferences',
  property: 'item properties',
};

/** Answers of unfinished entries, each durable before the next question of its entry is asked. */
function draftsOf(memory: KnowledgeMemory): AnswerKeeper {
  return {
    find: (key) => memory.drafts.find(key),
    save: (key, value) => memory.grouped(() => memory.drafts.save(key, value)),
  };
}

async function buildStage(
  options: BuildOptions,
  kind: EntryKind,
  total: number,
  write: (entity: number) => Promise<WrittenEntry | null>,
  onWritten: (written: WrittenEntry) => void,
): Promise<StageReport> {
  const { memory, reasoner, log } = options;
  const { jobs } = memory;
  jobs.enqueue(
    kind,
    Array.from({ length: total }, (_, entity) => String(entity)),
  );
  jobs.releaseAll(kind);
  if (options.retryFailed) jobs.retryFailed(kind);
  const reused = countEntries(memory, kind);
  const before = jobs.counts(kind);
  const commits = new Commits(memory, kind, reasoner, onWritten);
  const leased = new LeasedJobs(memory, kind, reasoner, options.maxInFlight ?? reasoner.concurrency);
  try {
    await runCalls<string>({
      label: stageNames[kind],
      activity: 'knowledge build',
      counted: stageNames[kind],
      total,
      finished: before.done + before.failed,
      hint: 'run the same command again: it goes on from here and repeats no finished call',
      reasoner,
      maxInFlight: options.maxInFlight,
      log,
      signal: options.signal,
      next: () => leased.next(),
      work: async (key) => commits.add(key, memory.has(kind, Number(key)) ? null : await write(Number(key))),
      failed: (key, reason) => commits.fail(key, reason),
    });
  } finally {
    commits.flush();
    jobs.releaseAll(kind);
  }
  const withoutEvidence = jobs.counts(kind).done - countEntries(memory, kind);
  return { total, written: commits.written, reused, withoutEvidence, failures: jobs.failures(kind) };
}

function countEntries(memory: KnowledgeMemory, kind: EntryKind): number {
  const { preferences, properties } = memory.stats();
  return kind === 'preference' ? preferences : properties;
}
