import { addRepairs, type RepairCounts } from '@agentmmrec/agents';
import type { UserOutcome } from './feedbackUser.js';

/** Why a user was not reranked. */
export type SkipReason = 'truthNotListed' | 'truthFirst' | 'failed';

/** A sampled user of a round, with the list the recommender gave. */
export interface FeedbackTask {
  readonly user: number;
  /** the user's fold item */
  readonly truth: number;
  /** item ids, best first */
  readonly base: readonly number[];
  readonly skipped: SkipReason | null;
}

/** What came of it: an outcome, or why there is none. */
export interface UserResult {
  readonly user: number;
  readonly outcome: UserOutcome | null;
  readonly skipped: SkipReason | null;
  readonly reason?: string;
}

/**
 * A round in numbers. `useful` and the two NDCG are measured on this period's fold before any rewrite: the fold that a
 * rewrite has seen is never evidence for it, the next period's is.
 */
export interface FeedbackReport {
  readonly period: number;
  readonly reasoner: string;
  /** users of the budget; each is in exactly one of the counts below up to `judged` */
  readonly users: number;
  readonly truthNotListed: number;
  readonly truthFirst: number;
  readonly failed: number;
  readonly withoutPreference: number;
  readonly judged: number;
  /** of the judged: users whose reranked list is at least as good as the base list */
  readonly useful: number;
  /** means over the judged; null when there are none */
  readonly ndcgBase: number | null;
  readonly ndcgReranked: number | null;
  /** rewritten users whose best version beats what they began with, and those put back */
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
    failed: skipped('failed'),
    withoutPreference: count('withoutPreference'),
    judged: judged.length,
    useful: count('useful'),
    ndcgBase: mean(({ ndcgBase }) => ndcgBase),
    ndcgReranked: mean(({ ndcgReranked }) => ndcgReranked),
    improved: count('improved'),
    rolledBack: count('rolledBack'),
    rewrites: outcomes.reduce((sum, { attempts }) => sum + attempts, 0),
    repairs: outcomes.reduce((sum, { repairs }) => addRepairs(sum, repairs), {} as RepairCounts),
    failures: results
      .flatMap(({ reason, user }) => (reason ? [`user ${userIds[user]}: ${reason}`] : []))
      .slice(0, failuresShown),
  };
}
