import type { Numbers, Tolerance } from './kernel.js';

/** A score as selections see it: NaN is minus infinity. */
function rankedScore(score: number): number {
  return Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
}

interface Selected {
  readonly indices: Int32Array;
  readonly scores: Numbers;
}

/**
 * Writes the k best of `candidates` ids by score(id) into row `row` of indices and scores [n, k]: best first, ties to the lower
 * id. Candidates must ascend. Where fewer than k exist the rest is id -1, score minus infinity.
 */
export function selectBest(
  { indices, scores }: Selected,
  { row, k }: { readonly row: number; readonly k: number },
  candidates: Iterable<number>,
  score: (id: number) => number,
): void {
  const best: { id: number; score: number }[] = [];
  for (const id of candidates) {
    const found = { id, score: rankedScore(score(id)) };
    if (best.length === k && found.score <= best[k - 1].score) continue;
    let place = best.length;
    while (place > 0 && best[place - 1].score < found.score) place--;
    best.splice(place, 0, found);
    best.length = Math.min(best.length, k);
  }
  for (let j = 0; j < k; j++) {
    indices[row * k + j] = best[j]?.id ?? -1;
    scores[row * k + j] = best[j]?.score ?? Number.NEGATIVE_INFINITY;
  }
}

/**
 * What is wrong with a selection, or undefined. With `exact` the ids must be the expected ones; otherwise near-ties may swap: a
 * score must be the expected one of its place and the true one of its id, both within the tolerance, and no id comes twice.
 * `trueScore` gives NaN for an id that was to be left out.
 */
export function compareSelections(
  actual: Selected,
  expected: Selected,
  { k, exact, tolerance }: { readonly k: number; readonly exact: boolean; readonly tolerance: Tolerance },
  trueScore: (row: number, id: number) => number,
): string | undefined {
  const close = (a: number, b: number) =>
    a === b || Math.abs(a - b) <= tolerance.absolute + tolerance.relative * Math.abs(b);
  for (let at = 0; at < expected.indices.length; at++) {
    const [row, id] = [Math.floor(at / k), actual.indices[at]];
    const place = `row ${row}, place ${at % k}`;
    const unequal = exact || expected.indices[at] === -1 || expected.scores[at] === Number.NEGATIVE_INFINITY;
    if (unequal && id !== expected.indices[at]) return `${place}: got id ${id}, expected ${expected.indices[at]}`;
    if (!close(actual.scores[at], expected.scores[at]))
      return `${place}: got score ${actual.scores[at]}, expected ${expected.scores[at]}`;
    if (id === -1) continue;
    if (actual.indices.subarray(row * k, at).includes(id)) return `${place}: id ${id} comes twice`;
    const score = trueScore(row, id);
    if (!unequal && !close(actual.scores[at], score))
      return `${place}: id ${id} has score ${score}, got ${actual.scores[at]}`;
  }
  return undefined;
}

/** Whether all values are whole numbers, so that their products and sums are exact in float32. */
export function areWhole(values: Numbers): boolean {
  return values.every((value) => Number.isInteger(value));
}
