import type { RandomStream } from '@agentmmrec/core';

/**
 * `count` of the edges, drawn without replacement with probabilities proportional to their weights, ascending: each edge draws
 * -log(u) / weight and the smallest are taken (Efraimidis and Spirakis 2006, "Weighted random sampling with a reservoir"). A function
 * of weights and stream alone; an edge of weight 0 is taken only where no other is left.
 */
export function sampleEdges(weights: ArrayLike<number>, count: number, stream: RandomStream): Int32Array {
  const draws = Float64Array.from({ length: weights.length }, (_, e) => -Math.log(1 - stream.uniform()) / weights[e]);
  const taken = new Int32Array(Math.min(count, weights.length));
  if (taken.length === 0) return taken;
  const limit = draws.slice().sort()[taken.length - 1];
  const equalToLimit = taken.length - draws.reduce((below, draw) => below + (draw < limit ? 1 : 0), 0);
  let [length, equal] = [0, 0];
  for (let e = 0; e < draws.length; e++) {
    if (draws[e] < limit || (draws[e] === limit && equal++ < equalToLimit)) taken[length++] = e;
  }
  return taken;
}
