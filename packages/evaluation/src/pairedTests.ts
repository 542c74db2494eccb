import { AmrError } from '@agentmmrec/core';
import { normalTwoSided, studentTwoSided } from './specialFunctions.js';

/** Differences a - b of paired values, checked to be of equal length. */
export function pairedDifferences(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  if (a.length !== b.length) {
    throw new AmrError({
      what: 'paired comparison',
      got: `${a.length} and ${b.length} values`,
      expected: 'the same users on both sides',
      hint: 'compare runs on the same split of the same data set',
    });
  }
  return Float64Array.from(a, (value, at) => value - b[at]);
}

/**
 * Paired t-test, two-sided: the mean of the differences against 0.
 * @param differences at least 2
 * @returns p = 1 when all differences are 0; p = 0 when they are equal and not 0
 */
export function pairedTTest(differences: Float64Array): { t: number; degrees: number; p: number } {
  const n = atLeast(differences, 2, 'paired t-test').length;
  let mean = 0;
  for (const value of differences) mean += value / n;
  let squares = 0;
  for (const value of differences) squares += (value - mean) ** 2;
  const error = Math.sqrt(squares / (n - 1) / n);
  if (mean === 0) return { t: 0, degrees: n - 1, p: 1 };
  const t = mean / error;
  return { t, degrees: n - 1, p: studentTwoSided(t, n - 1) };
}

/**
 * Wilcoxon's signed-rank test, two-sided. Zero differences are dropped, equal sizes share their mean rank.
 * Exact for up to 50 differences without zeros and ties, else the normal approximation with correction for ties and without
 * correction for continuity. Source: Wilcoxon 1945; Pratt and Gibbons 1981.
 * @returns W, the smaller of the two rank sums, and p; p = 1 when all differences are 0
 */
export function wilcoxonSignedRank(differences: Float64Array): { w: number; p: number; exact: boolean } {
  const kept = atLeast(differences, 1, 'Wilcoxon test').filter((value) => value !== 0);
  if (kept.length === 0) return { w: 0, p: 1, exact: true };
  const { ranks, tieCorrection } = meanRanks(kept.map(Math.abs));
  let positive = 0;
  kept.forEach((value, at) => {
    if (value > 0) positive += ranks[at];
  });
  const n = kept.length;
  const total = (n * (n + 1)) / 2;
  const w = Math.min(positive, total - positive);
  if (n <= 50 && n === differences.length && tieCorrection === 0) return { w, p: exactP(w, n), exact: true };
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tieCorrection / 48;
  return { w, p: normalTwoSided((w - total / 2) / Math.sqrt(variance)), exact: false };
}

/** 2 P(W <= w) under no difference: subsets of 1..n counted by their sum. */
function exactP(w: number, n: number): number {
  const total = (n * (n + 1)) / 2;
  const probability = new Float64Array(total + 1);
  probability[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let sum = total; sum >= 0; sum--) {
      probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0)) / 2;
    }
  }
  let p = 0;
  for (let sum = 0; sum <= w; sum++) p += probability[sum];
  return Math.min(1, 2 * p);
}

/** Ranks from 1, ties at their mean; the correction is the sum of t^3 - t over groups of t equal values. */
function meanRanks(values: Float64Array): { ranks: Float64Array; tieCorrection: number } {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  let tieCorrection = 0;
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    const ties = end - start;
    tieCorrection += ties ** 3 - ties;
    for (let at = start; at < end; at++) ranks[order[at]] = (start + 1 + end) / 2;
    start = end;
  }
  return { ranks, tieCorrection };
}

/**
 * Holm's step-down correction of several p-values, in the given order: each keeps the family-wise error below the level it is
 * compared with. Source: Holm 1979.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, at) => at).sort((a, b) => pValues[a] - pValues[b]);
  const corrected = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((at, rank) => {
    largest = Math.max(largest, Math.min(1, pValues[at] * (pValues.length - rank)));
    corrected[at] = largest;
  });
  return corrected;
}

function atLeast(differences: Float64Array, least: number, what: string): Float64Array {
  if (differences.length >= least) return differences;
  throw new AmrError({
    what,
    got: `${differences.length} paired values`,
    expected: `at least ${least}`,
    hint: 'compare on more users or more seeds',
  });
}
