import { addRepairs, type RepairCounts } from '@agentmmrec/agents';
import type { DecidableTask, UserOutcome } from './feedbackUser.js';

/** Why a user was not reranked. */
export type SkipReason = 'truthNotListed' | 'truthFirst' | 'undecidable' | 'rewritten' | 'failed';

/** A user of a round, with the list the recommender gave. */
export interface FeedbackTask extends DecidableTask {
  readonly skipped: SkipReason | null;
}

/** What came of it: an outcome, or why there is none. */
export interface UserResult {
  readonly user: number;
  readonly outcome: UserOutcome | null;
  readonly skipped: SkipReason | null;
  readonly reason?: string;
}

/** A round in numbers. `useful` and the two NDCG are measured on fold A before any rewrite; `decision` on fold B, which no rewrite has seen. */
export interface FeedbackReport {
  readonly period: number;
  readonly reasoner: string;
  /** users of the budget; each is in exactly one of the counts below up to `judged` */
  readonly users: number;
  readonly truthNotListed: number;
  readonly truthFirst: number;
  /** neither the user's other item nor one of a user like them is in the list */
  readonly undecidable: number;
  /** an earlier round has rewritten their preference from fold A, which can say nothing about them any more */
  readonly rewritten: number;
  readonly failed: number;
  readonly withoutPreference: number;
  readonly judged: number;
  /** of the judged: users whose reranked list is at least as good as the base list */
  readonly useful: number;
  /** means over the judged; null when there are none */
  readonly ndcgBase: number | null;
  readonly ndcgReranked: number | null;
  /**
   * Of all rewritten users, whatever was decided: mean change of NDCG on fold B by the rewrite, with its 95 % interval (null for a single
   * one). What rewriting is worth before the good ones are picked.
   */
  readonly decision: {
    readonly users: number;
    readonly change: number;
    readonly interval: readonly [low: number, high: number] | null;
  } | null;
  /** rewritten users whose other items rank better by it, and those put back */
  readonly improved: number;
  readonly rolledBack: number;
  readonly rewrites: number;
  readonly repairs: RepairCounts;
  /** the first failures, one sentence each */
  readonly failures: readonly string[];
}

const failuresShown = 10;

/** @param userIds the data set's own ids, for the sentences about failures */
export function reportOf(
  period: number,
  reasoner: string,
  results: readonly UserResult[],
  userIds: readonly string[],
): FeedbackReport {
  const outcomes = results.flatMap(({ outcome }) => (outcome ? [outcome] : []));
  const judged = outcomes.filter(({ status }) => status !== 'withoutPreference');
  const skipped = (reason: SkipReason) => results.filter((result) => result.skipped === reason).length;
  const count = (status: UserOutcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  const mean = (value: (outcome: UserOutcome) => number) =>
    judged.length === 0 ? null : judged.reduce((sum, outcome) => sum + value(outcome), 0) / judged.length;
  return {
    period,
    reasoner,
    users: results.length,
    truthNotListed: skipped('truthNotListed'),
    truthFirst: skipped('truthFirst'),
    undecidable: skipped('undecidable'),
    rewritten: skipped('rewritten'),
    failed: skipped('failed'),
    withoutPreference: count('withoutPreference'),
    judged: judged.length,
    useful: count('useful'),
    ndcgBase: mean(({ ndcgBase }) => ndcgBase),
    ndcgReranked: mean(({ ndcgReranked }) => ndcgReranked),
    decision: decisionOf(outcomes),
    improved: count('improved'),
    rolledBack: count('rolledBack'),
    rewrites: outcomes.reduce((sum, { attempts }) => sum + attempts, 0),
    repairs: outcomes.reduce((sum, { repairs }) => addRepairs(sum, repairs), {} as RepairCounts),
    failures: results
      .flatMap(({ reason, user }) => (reason ? [`user ${userIds[user]}: ${reason}`] : []))
      .slice(0, failuresShown),
  };
}

function decisionOf(outcomes: readonly UserOutcome[]): FeedbackReport['decision'] {
  const changes = outcomes.flatMap(({ decision }) => (decision === null ? [] : [decision.after - decision.before]));
  const users = changes.length;
  if (users === 0) return null;
  const change = changes.reduce((sum, one) => sum + one, 0) / users;
  if (users === 1) return { users, change, interval: null };
  const squares = changes.reduce((sum, one) => sum + (one - change) ** 2, 0);
  const half = 1.96 * Math.sqrt(squares / (users - 1) / users);
  return { users, change, interval: [change - half, change + half] };
}
