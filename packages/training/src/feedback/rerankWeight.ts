import { RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { type Evaluation, type MetricName, metricsOf, type RankedLists } from '@agentmmrec/evaluation';
import type { RerankHook, RerankReport } from '../hooks.js';

/** What is tried for the weight of the Utilizer's order; 0 is the base order, 1 the paper's letter. */
const triedWeights = [0, 0.25, 0.5, 0.75, 1] as const;

/** Validation metrics by name. */
type Metrics = Readonly<Record<MetricName, number>>;

/** The weight of the Utilizer's order, and what it came to on validation; null where nothing was measured. */
export interface RerankChoice {
  readonly weight: number;
  readonly validation: { readonly before: Metrics; readonly after: Metrics } | null;
}

/**
 * The weight that validation asks for (docs/method.md#reranking): the best of five by NDCG@20. It is accepted on users whom it was not
 * fitted on: each half of them is ordered by the weight that is best for the other half. Where the gain of all of them over the base order is
 * less than its own standard error, or their Recall@20 falls, the base order stays.
 * @param lists as ranked, and as the Utilizer ordered them
 * @param truth validation interactions, of the users of the lists
 */
export function chooseRerankWeight(
  lists: RankedLists,
  reordered: RankedLists,
  truth: Interactions,
  train: Interactions,
): RerankChoice {
  const measured = triedWeights.map((weight) => ({
    weight,
    evaluation: metricsOf(blendLists(lists, reordered, weight), truth, train),
  }));
  const [base] = measured;
  const chosen = isSafe(measured) ? bestFor(measured, () => true) : base;
  return {
    weight: chosen.weight,
    validation: { before: base.evaluation.metrics, after: chosen.evaluation.metrics },
  };
}

/** The hook with its order weighed against the base order, and the report saying so. */
export function withWeight(hook: RerankHook, { weight, validation }: RerankChoice): RerankHook {
  return {
    rerankDepth: hook.rerankDepth,
    async rerank(lists) {
      const { lists: reordered, report } = await hook.rerank(lists);
      const weighed: RerankReport = { ...report, weight, validation };
      return { lists: blendLists(lists, reordered, weight), report: weighed };
    },
  };
}

/**
 * Each list ordered by `(1 - weight) log(p + 2) + weight log(q + 2)`, where an item stands in place p of the base order and q of the
 * other, ties by p. Weight 0 gives the one, 1 the other.
 * @returns lists of their own; scores go with their items
 */
export function blendLists(lists: RankedLists, reordered: RankedLists, weight: number): RankedLists {
  const { userIds, k } = lists;
  const items = lists.items.slice();
  const scores = lists.scores.slice();
  for (let start = 0; start < items.length; start += k) {
    const places = new Map<number, number>();
    for (let place = 0; place < k; place++) places.set(reordered.items[start + place], place);
    const cost = (place: number) =>
      (1 - weight) * Math.log(place + 2) + weight * Math.log((places.get(lists.items[start + place]) ?? place) + 2);
    const length = lists.items.subarray(start, start + k).findIndex((item) => item < 0);
    const order = Array.from({ length: length < 0 ? k : length }, (_, place) => ({ place, cost: cost(place) }));
    order.sort((a, b) => a.cost - b.cost || a.place - b.place);
    order.forEach(({ place }, at) => {
      items[start + at] = lists.items[start + place];
      scores[start + at] = lists.scores[start + place];
    });
  }
  return { userIds, k, items, scores };
}

interface Measured {
  readonly weight: number;
  readonly evaluation: Evaluation;
}

/** The best by NDCG@20 of those users, given by their places in the evaluation; the smaller weight of equals. */
function bestFor(measured: readonly Measured[], among: (user: number) => boolean): Measured {
  const sumOf = ({ evaluation }: Measured) =>
    evaluation.perUser['ndcg@20'].reduce((sum, value, user) => (among(user) ? sum + value : sum), 0);
  return measured.reduce((one, other) => (sumOf(other) > sumOf(one) ? other : one));
}

/** Whether the weight that half of the users ask for helps the other half, both ways together. */
function isSafe(measured: readonly Measured[]): boolean {
  const [base] = measured;
  const stream = new RandomStreams(1).stream('halves of the weight of reranking');
  const halfOf = Array.from(base.evaluation.perUser['ndcg@20'], () => stream.integer(2));
  const otherHalfs = [0, 1].map((half) => bestFor(measured, (user) => halfOf[user] !== half));
  const gainsIn = (metric: MetricName) =>
    Array.from(base.evaluation.perUser[metric], (value, user) => {
      return otherHalfs[halfOf[user]].evaluation.perUser[metric][user] - value;
    });
  const gains = gainsIn('ndcg@20');
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const squares = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0);
  const standardError = Math.sqrt(squares / Math.max(1, gains.length - 1) / gains.length);
  return mean > standardError && gainsIn('recall@20').reduce((sum, gain) => sum + gain, 0) >= 0;
}
