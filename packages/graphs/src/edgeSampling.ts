import { AmrError, type RandomStream } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';

/**
 * `count` distinct positions of `weights` [n], ascending, drawn without replacement: one after another with probability proportional
 * to what is left of the weights. By one key an edge, log(u) / weight with u uniform in (0, 1), the largest keys win (Efraimidis and
 * Spirakis 2006, "Weighted random sampling with a reservoir"), so it costs O(n) and one draw of the stream for each position.
 * @throws AmrError internal when fewer than `count` weights are above 0, or one is negative or no number
 */
export function sampleEdges(weights: ArrayLike<number>, count: number, stream: RandomStream): Int32Array {
  const keys = new Float64Array(weights.length);
  let drawable = 0;
  for (let e = 0; e < keys.length; e++) {
    const weight = weights[e];
    if (!(weight >= 0)) throw samplingError(`weight ${weight} at position ${e}`, 'weights of 0 or more');
    const u = (stream.u32() + 0.5) / 2 ** 32;
    keys[e] = weight === 0 ? Number.NEGATIVE_INFINITY : Math.log(u) / weight;
    if (weight > 0) drawable++;
  }
  if (count > drawable) throw samplingError(`${drawable} weights above 0`, `at least ${count}, one for each to draw`);
  if (count === 0) return new Int32Array(0);
  const bound = Float64Array.from(keys).sort()[keys.length - count];
  const drawn = new Int32Array(count);
  let at = 0;
  // Keys are continuous, so equal ones are all but impossible; positions above the bound come first in any case.
  for (let e = 0; e < keys.length && at < count; e++) if (keys[e] >= bound) drawn[at++] = e;
  return drawn;
}

/** The interactions at the given positions of `itemIds`, ascending: the users stay, some with fewer items or none. */
export function interactionsAt(interactions: Interactions, positions: Int32Array): Interactions {
  const { users, items, offsets, itemIds } = interactions;
  const kept = new Int32Array(users + 1);
  let at = 0;
  for (let user = 0; user < users; user++) {
    while (at < positions.length && positions[at] < offsets[user + 1]) at++;
    kept[user + 1] = at;
  }
  return { users, items, offsets: kept, itemIds: positions.map((position) => itemIds[position]) };
}

function samplingError(got: string, expected: string): AmrError {
  return new AmrError({
    what: 'sampling of edges',
    got,
    expected,
    hint: 'weigh every edge, and keep fewer than there are',
    kind: 'internal',
  });
}
