import type { Csr } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import type { BlockScores } from '@agentmmrec/evaluation';
import type { Device } from '@agentmmrec/kernels';

/** Scores that are written on the host: `writeRow` fills the zeros of one user's row [items]. */
export function hostScores(
  device: Device,
  items: number,
  writeRow: (user: number, row: Float32Array) => void,
): BlockScores {
  return {
    items,
    write: (userIds, out) => {
      const scores = new Float32Array(userIds.length * items);
      userIds.forEach((user, at) => {
        writeRow(user, scores.subarray(at * items, (at + 1) * items));
      });
      device.write(out, scores);
    },
  };
}

/** row[j] += w_ij for each of the user's items i; row i of `weights` holds w_ij by j. */
export function addOfItems(row: Float32Array, { offsets, itemIds }: Interactions, user: number, weights: Csr): void {
  const { values } = weights;
  if (!values) return;
  for (let at = offsets[user]; at < offsets[user + 1]; at++) {
    const item = itemIds[at];
    for (let e = weights.offsets[item]; e < weights.offsets[item + 1]; e++) row[weights.indices[e]] += values[e];
  }
}
