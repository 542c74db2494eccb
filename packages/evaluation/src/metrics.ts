import { AmrError } from '@agentmmrec/core';
import { type Interactions, itemsOf } from '@agentmmrec/datasets';
import type { Evaluation, MetricName, RankedLists } from './contract.js';
import { metricNames } from './contract.js';

/** The longest list a metric looks at: rank at least this many items to evaluate. */
export const evaluationDepth = 20;

/** DCG of hits at every one of the first n places: [0, 1, 1 + 1/log2(3), ...]; entry n is the ideal DCG of n truth items. */
const idealDcg = (() => {
  const sums = new Float64Array(evaluationDepth + 1);
  for (let n = 1; n <= evaluationDepth; n++) sums[n] = sums[n - 1] + 1 / Math.log2(n + 1);
  return sums;
})();

/**
 * Share of the truth found in the first n places of the list.
 * @param list item ids, best first; a place without an item is -1
 * @param truth item ids the user has in the split, ascending, at least one
 */
export function recallAt(list: ArrayLike<number>, truth: Int32Array, n: number): number {
  let hits = 0;
  for (let place = 0; place < Math.min(n, list.length); place++) if (contains(truth, list[place])) hits++;
  return hits / truth.length;
}

/**
 * Normalised discounted cumulative gain with binary relevance: a hit at place p (from 0) counts 1 / log2(p + 2), divided by
 * the same sum for min(truth.length, n) hits in the first places. Source: Järvelin and Kekäläinen 2002.
 * @param list item ids, best first; a place without an item is -1
 * @param truth item ids the user has in the split, ascending, at least one
 */
export function ndcgAt(list: ArrayLike<number>, truth: Int32Array, n: number): number {
  let gain = 0;
  for (let place = 0; place < Math.min(n, list.length); place++) {
    if (contains(truth, list[place])) gain += 1 / Math.log2(place + 2);
  }
  return gain / ideal(Math.min(truth.length, n));
}

/**
 * Recall and NDCG at 10 and 20 of ranked lists, averaged over the listed users who have at least one truth item.
 * @param lists users in ascending order, k at least 20 (or all items where there are fewer)
 * @param truth the interactions of the split that is measured
 * @param train training interactions; only counts the users who have none
 * @throws AmrError internal: lists that are shorter than the metrics look
 */
export function metricsOf(lists: RankedLists, truth: Interactions, train: Interactions): Evaluation {
  if (lists.k < Math.min(evaluationDepth, truth.items)) {
    throw new AmrError({
      what: 'metrics of ranked lists',
      got: `lists of ${lists.k} items`,
      expected: `at least ${Math.min(evaluationDepth, truth.items)}`,
      hint: 'rank with a larger k',
      kind: 'internal',
    });
  }
  const places: number[] = [];
  for (let row = 0; row < lists.userIds.length; row++) {
    if (itemsOf(truth, lists.userIds[row]).length > 0) places.push(row);
  }
  const userIds = Int32Array.from(places, (row) => lists.userIds[row]);
  const hits = Int32Array.from(places, (row) => {
    const list = lists.items.subarray(row * lists.k, (row + 1) * lists.k);
    return hitBits(list, itemsOf(truth, lists.userIds[row]));
  });
  return metricsOfHits(userIds, hits, truth, train);
}

/** Bit p is set where the item in place p of the first `evaluationDepth` is among the truth. */
export function hitBits(list: Int32Array, truth: Int32Array): number {
  let bits = 0;
  for (let place = 0; place < Math.min(evaluationDepth, list.length); place++) {
    if (contains(truth, list[place])) bits |= 1 << place;
  }
  return bits;
}

/**
 * The same from which of the first places are hits.
 * @param userIds ascending, each with at least one truth item
 * @param hits [users] bit p for place p of the user's list
 */
export function metricsOfHits(
  userIds: Int32Array,
  hits: Int32Array,
  truth: Interactions,
  train: Interactions,
): Evaluation {
  const perUser = byMetric(() => new Float64Array(userIds.length));
  userIds.forEach((user, at) => {
    if (hits[at] === 0) return;
    const wanted = itemsOf(truth, user).length;
    let [count, gain] = [0, 0];
    for (let place = 0; place < evaluationDepth; place++) {
      if ((hits[at] >> place) & 1) {
        count++;
        gain += 1 / Math.log2(place + 2);
      }
      if (place + 1 !== 10 && place + 1 !== 20) continue;
      const n = place === 9 ? 10 : 20;
      perUser[`recall@${n}`][at] = count / wanted;
      perUser[`ndcg@${n}`][at] = gain / ideal(Math.min(wanted, n));
    }
  });
  let coldUsers = 0;
  for (const user of userIds) if (itemsOf(train, user).length === 0) coldUsers++;
  return { userIds, metrics: byMetric((name) => mean(perUser[name])), perUser, coldUsers };
}

/** Mean in the order given; 0 of nothing, since a split may hold no user at all. */
function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

function ideal(hits: number): number {
  if (hits <= evaluationDepth) return idealDcg[hits];
  let sum = idealDcg[evaluationDepth];
  for (let n = evaluationDepth + 1; n <= hits; n++) sum += 1 / Math.log2(n + 1);
  return sum;
}

function byMetric<T>(value: (name: MetricName) => T): Record<MetricName, T> {
  return Object.fromEntries(metricNames.map((name) => [name, value(name)])) as Record<MetricName, T>;
}

/** Binary search in ascending ids. */
function contains(sorted: Int32Array, id: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < id) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low] === id;
}
