import type { RepairCounts } from '@agentmmrec/agents';
import type { Interactions } from '@agentmmrec/datasets';
import type { MetricName, RankedLists } from '@agentmmrec/evaluation';
import type { BuiltModel } from '@agentmmrec/models';

/** What a feedback round may use of the run it interrupts. */
export interface FeedbackContext {
  readonly model: Pick<BuiltModel, 'updateUserKnowledge'>;
  /** aborted by Ctrl-C; a round that stops for it throws, and the run goes on from here when resumed */
  readonly signal: AbortSignal | undefined;
  /** The k best items of each user, `masked` left out. Reads the model anew at each call, so it sees knowledge replaced since. */
  rank(userIds: Int32Array, masked: Interactions, k: number): RankedLists;
}

/**
 * Feedback rounds between epochs (docs/method.md#feedback). Epochs [p * feedbackEvery, (p + 1) * feedbackEvery) are period p. The hook
 * sees training interactions only: whoever makes it gives it nothing else.
 */
export interface FeedbackHook {
  /** epochs in a period, at least 1 */
  readonly feedbackEvery: number;
  /** periods that end in a round; default: every one */
  readonly feedbackPeriods?: number;
  /** What else decides the rounds (budget, attempts, reasoner), as plain JSON: a run is resumed only with the same. */
  readonly identity?: Readonly<Record<string, unknown>>;
  /**
   * The round after the last epoch of the period. May replace knowledge by `model.updateUserKnowledge`. The run is saved
   * before; after a kill inside, it is called again with the model as it was, and must come to the same end from its journal.
   * @returns a report as plain JSON, kept in the checkpoint: no times in it, so that equal runs stay equal
   */
  endPeriod(period: number, context: FeedbackContext): Promise<unknown>;
}

/** The period of an epoch, or null when no round ends it. */
export function periodOf(hook: FeedbackHook | undefined, epoch: number): number | null {
  if (!hook) return null;
  const period = Math.floor(epoch / hook.feedbackEvery);
  return period < (hook.feedbackPeriods ?? Number.POSITIVE_INFINITY) ? period : null;
}

/** True when `epoch` is the last of its period. */
export function endsPeriod(hook: FeedbackHook, epoch: number): boolean {
  return (epoch + 1) % hook.feedbackEvery === 0;
}

/** What reranking came to, besides the lists. */
export interface RerankReport {
  /** users whose list an agent ordered; those without preferences or with fewer than two items keep theirs */
  readonly users: number;
  /** users whose call failed for good: they keep their lists */
  readonly failed: number;
  /** the first failures, one sentence each */
  readonly failures: readonly string[];
  readonly repairs: RepairCounts;
  /** of the Utilizer's order beside the base order, 0 to 1; absent in files of earlier releases: 1 */
  readonly weight?: number;
  /** validation before reranking and with this weight; null or absent where it was not measured */
  readonly validation?: {
    readonly before: Readonly<Record<MetricName, number>>;
    readonly after: Readonly<Record<MetricName, number>>;
  } | null;
}

/** Lists in their new order, and how it came about. */
export interface RerankedLists {
  /** the same users and items, each list a permutation of what it was */
  readonly lists: RankedLists;
  readonly report: RerankReport;
}

/** Changes the order of ranked lists at the end (the Utilizer agent). It is given lists and never the truth. */
export interface RerankHook {
  /** length of the lists it wants */
  readonly rerankDepth: number;
  /** The same lists in another order; never other items. */
  rerank(lists: RankedLists): Promise<RerankedLists>;
}
