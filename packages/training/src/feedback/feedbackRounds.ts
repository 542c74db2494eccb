import {
  type AgentOptions,
  assemblyOptions,
  counting,
  embedEntries,
  Integrator,
  type KnowledgeValues,
  knowledgeSnapshot,
  Neighbourhood,
  type PromptSampling,
  type Reasoner,
  requireContent,
  runCalls,
  Utilizer,
} from '@agentmmrec/agents';
import { type Log, type NeighbourLists, withDefaults } from '@agentmmrec/core';
import { itemsOf, type TrainingData } from '@agentmmrec/datasets';
import type { TextEncoder } from '@agentmmrec/encoders';
import type { RankedLists } from '@agentmmrec/evaluation';
import type { KnowledgeMemory } from '@agentmmrec/memory';
import type { FeedbackContext, FeedbackHook } from '../hooks.js';
import { acceptedRewrites, roundKeyOf } from './acceptedRewrites.js';
import type { FeedbackFolds } from './feedbackFold.js';
import { type FeedbackValues, feedbackOptions, type RerankValues, rerankOptions } from './feedbackOptions.js';
import {
  type FeedbackReport,
  type FeedbackTask,
  reportOf,
  type SkipReason,
  type UserResult,
} from './feedbackReport.js';
import type { FeedbackRun } from './feedbackRun.js';
import { feedbackUser, type UserFeedback } from './feedbackUser.js';

/** What feedback rounds need. */
export interface FeedbackOptions
  extends PromptSampling,
    Partial<FeedbackValues & RerankValues & Pick<KnowledgeValues, 'knowledgeEncoding'>> {
  /** without the folds */
  readonly training: TrainingData;
  readonly folds: FeedbackFolds;
  /** who is like whom, of knowledge without the folds; null where nothing is known of users */
  readonly likeMinded: NeighbourLists | null;
  readonly reasoner: Reasoner;
  /** of entries made without the folds; opened for writing */
  readonly memory: KnowledgeMemory;
  /** from `beginFeedbackRun` */
  readonly run: Pick<FeedbackRun, 'id'>;
  /** the encoder that the model's knowledge was assembled with; so must be `knowledgeEncoding` */
  readonly encoder: TextEncoder;
  /** candidates of one rerank call, as the Utilizer takes them */
  readonly window?: number;
  readonly maxInFlight?: number;
  readonly log?: Log;
}

/**
 * Feedback rounds (docs/method.md#feedback) as a hook of a training that goes without the folds: at the end of each period the users of the
 * folds are ranked, reranked and, where knowledge did harm on fold A, rewritten; fold B decides whether a rewrite stays. Everything
 * is a function of training interactions, seed and memory; validation and test cannot be reached from here.
 */
export function feedbackRounds(options: FeedbackOptions): FeedbackHook {
  const values = withDefaults({ ...feedbackOptions, ...rerankOptions, ...assemblyOptions }, options);
  const rounds = new FeedbackRounds(options, values);
  return {
    feedbackEvery: values.feedbackEvery,
    feedbackPeriods: values.feedbackPeriods,
    endPeriod: (period, context) => rounds.round(period, context),
  };
}

class FeedbackRounds {
  private readonly integrator: Integrator;
  private readonly utilizer: Utilizer;
  private prepared: Promise<void> | null = null;

  constructor(
    private readonly options: FeedbackOptions,
    private readonly values: FeedbackValues & RerankValues & Pick<KnowledgeValues, 'knowledgeEncoding'>,
  ) {
    const agents: AgentOptions & { window?: number } = options;
    const neighbourhood = new Neighbourhood(options.training.train);
    this.integrator = new Integrator(agents, neighbourhood);
    this.utilizer = new Utilizer(agents, neighbourhood);
  }

  async round(period: number, context: FeedbackContext): Promise<FeedbackReport> {
    const { training, folds, likeMinded, reasoner, memory, run } = this.options;
    this.prepared ??= reasoner.prepare(requireContent(training), training.train);
    await this.prepared;
    const lists = context.rank(folds.users, training.train, this.values.rerankDepth);
    const rewritten = new Set(acceptedRewrites(memory, run.id, period).map(({ user }) => user));
    const tasks = feedbackTasks(folds, lists, likeMinded, rewritten);
    const roundKey = roundKeyOf(run.id, period);
    const feedback: UserFeedback = {
      memory,
      knowledge: knowledgeSnapshot(memory.asOf(roundStart(memory, roundKey))),
      integrator: this.integrator,
      utilizer: this.utilizer,
      roundKey,
      paid: reasoner.paid,
      feedbackAttempts: this.values.feedbackAttempts,
      signal: context.signal,
    };
    const results = await this.inParallel(tasks, feedback, period);
    await this.replaceKnowledge(results, context);
    return reportOf(period, reasoner.name, results, training.userIds);
  }

  /** Users in any order: each touches its own entry and sees the memory as the round began. */
  private async inParallel(
    tasks: readonly FeedbackTask[],
    feedback: UserFeedback,
    period: number,
  ): Promise<UserResult[]> {
    const { reasoner, log, maxInFlight } = this.options;
    const results: UserResult[] = new Array(tasks.length);
    await runCalls<number>({
      label: `feedback round ${period + 1}`,
      activity: 'feedback round',
      counted: 'users',
      total: tasks.length,
      hint: 'resume the training: the round goes on from the last finished call',
      reasoner,
      maxInFlight,
      log,
      signal: feedback.signal,
      next: counting(tasks.length),
      async work(at) {
        const { user, skipped } = tasks[at];
        const outcome = skipped === null ? await feedbackUser(feedback, tasks[at]) : null;
        results[at] = { user, outcome, skipped };
      },
      // A call that failed for good costs this user's feedback, not the round.
      failed(at, reason) {
        results[at] = { user: tasks[at].user, outcome: null, skipped: 'failed', reason };
      },
    });
    return results;
  }

  /** New embeddings of the users whose entry changed; graphs stay. */
  private async replaceKnowledge(results: readonly UserResult[], { model }: FeedbackContext): Promise<void> {
    const { memory, encoder } = this.options;
    if (!model.updateUserKnowledge) return;
    const changed = results.flatMap(({ user, outcome }) => {
      const version = outcome?.keptVersion ?? null;
      const entry = version === null ? null : memory.get('preference', user, version);
      return entry ? [entry] : [];
    });
    if (changed.length === 0) return;
    const rows = await embedEntries(
      changed.map(({ parts }) => parts),
      encoder,
      this.values.knowledgeEncoding,
    );
    model.updateUserKnowledge(
      Int32Array.from(changed, ({ entity }) => entity),
      rows,
    );
  }
}

/** The moment the round began, journalled at its first call: a resumed round sees the same knowledge. */
function roundStart(memory: KnowledgeMemory, roundKey: string): number {
  const key = `${roundKey}|start`;
  const value = { sequence: memory.sequence() };
  memory.journal.append({ key, value, interactions: [], inputTokens: 0, outputTokens: 0 });
  const first = memory.journal.find(key)?.value as typeof value | undefined;
  return (first ?? value).sequence;
}

function feedbackTasks(
  { rewriting, deciding }: FeedbackFolds,
  lists: RankedLists,
  likeMinded: NeighbourLists | null,
  rewritten: ReadonlySet<number>,
): FeedbackTask[] {
  return Array.from(lists.userIds, (user, row) => {
    const truth = itemsOf(rewriting, user)[0];
    const base = [...lists.items.subarray(row * lists.k, (row + 1) * lists.k)].filter((item) => item >= 0);
    const others = new Set(base);
    others.delete(truth);
    const listed = (of: number): number[] => [...itemsOf(deciding, of)].filter((item) => others.has(item));
    const alike = likeMinded?.indices.subarray(user * likeMinded.k, (user + 1) * likeMinded.k) ?? [];
    const own = listed(user);
    const decides = own.length > 0 ? own : [...new Set([...alike].flatMap(listed))];
    const skipped = rewritten.has(user) ? 'rewritten' : skipReason(base.indexOf(truth), decides);
    return { user, truth, deciding: decides, base, skipped };
  });
}

function skipReason(place: number, deciding: readonly number[]): SkipReason | null {
  if (place < 0) return 'truthNotListed';
  if (place === 0) return 'truthFirst';
  return deciding.length === 0 ? 'undecidable' : null;
}
