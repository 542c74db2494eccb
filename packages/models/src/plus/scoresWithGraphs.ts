import type { NeighbourLists } from '@agentmmrec/core';
import type { BlockScores } from '@agentmmrec/evaluation';
import type { Device, Floats } from '@agentmmrec/kernels';
import type { Represented } from '../contract/data.js';

/** Users whose own scores and those of their neighbours are held at once. */
const blockUsers = 32;

/**
 * The graphs on top of a model that gives scores S [users, items] and no representations: (I + bmu) S (I + bmi)^T, which is what
 * representations with graphs on top have for inner products.
 */
export function scoresWithGraphs(
  device: Device,
  plain: BlockScores,
  graphs: Represented<NeighbourLists | null>,
): BlockScores {
  const { items } = plain;
  const block = (userIds: Int32Array, out: Floats): void => {
    plain.write(userIds, out);
    if (graphs.users) addNeighbours(device, plain, graphs.users, userIds, out);
    if (graphs.items) device.write(out, withItemNeighbours(device.read(out), graphs.items));
  };
  return {
    items,
    write: (userIds, out) => {
      for (let start = 0; start < userIds.length; start += blockUsers) {
        const ids = userIds.subarray(start, start + blockUsers);
        block(ids, out.subarray(start * items, (start + ids.length) * items));
      }
    },
  };
}

/** out[b, items] += the mean of the scores of each user's neighbours. */
function addNeighbours(
  device: Device,
  { items, write }: BlockScores,
  { k, indices }: NeighbourLists,
  userIds: Int32Array,
  out: Floats,
): void {
  const ids = Int32Array.from(
    { length: userIds.length * k },
    (_, at) => indices[userIds[Math.floor(at / k)] * k + (at % k)],
  );
  device.reclaimOnFailure(() => {
    const scores = device.floats(ids.length * items, 'any');
    const neighbours = device.ints(ids.length, 'any');
    device.write(
      neighbours,
      ids.map((_, at) => at),
    );
    write(ids, scores);
    device.kernels.neighbourMean({ out, neighbours, x: scores, k, d: items, alpha: 1, beta: 1 });
    for (const memory of [scores, neighbours]) device.release(memory);
  });
}

/** scores[b, items] with each item's neighbours' mean added. */
function withItemNeighbours(scores: Float32Array, { rows: items, k, indices }: NeighbourLists): Float32Array {
  const out = scores.slice();
  for (let start = 0; start < scores.length; start += items) {
    for (let item = 0; item < items; item++) {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += scores[start + indices[item * k + j]];
      out[start + item] += sum / k;
    }
  }
  return out;
}
