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
