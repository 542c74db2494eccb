import type { Interactions } from '@agentmmrec/datasets';
import type { Device, Floats } from '@agentmmrec/kernels';
import { negatedInverse } from './symmetricInverse.js';

/**
 * Writes B [items, items] with a zero diagonal that minimises |X - X B|^2 + lambda |B|^2 over interactions X (Steck 2019, eq. 8), yielding the
 * share that is done. Dropped inputs (`dropout` = p) add p / (1 - p) diag(X'X) to lambda I (Steck 2020, eq. 5).
 * @throws AmrError internal when X'X with its ridge is not positive definite
 */
export function* writeItemWeights(
  device: Device,
  interactions: Interactions,
  options: { readonly regularisation: number; readonly dropout: number },
  weights: Floats,
): Generator<number, void> {
  const n = interactions.items;
  device.write(weights, gramOf(interactions, options));
  yield* negatedInverse(device, weights, n);
  device.reclaimOnFailure(() => divideByDiagonal(device, weights, n));
}

/** X'X + lambda I + p / (1 - p) diag(X'X), [items, items]. */
function gramOf(
  { users, items, offsets, itemIds }: Interactions,
  { regularisation, dropout }: { regularisation: number; dropout: number },
): Float32Array {
  const gram = new Float32Array(items * items);
  for (let user = 0; user < users; user++) {
    const own = itemIds.subarray(offsets[user], offsets[user + 1]);
    for (const i of own) for (const j of own) gram[i * items + j]++;
  }
  for (let i = 0; i < gram.length; i += items + 1) gram[i] += (dropout / (1 - dropout)) * gram[i] + regularisation;
  return gram;
}

/** From -P: B_ij = -P_ij / P_jj, and 0 on the diagonal. */
function divideByDiagonal(device: Device, weights: Floats, n: number): void {
  const diagonal = device.floats(n, 'any');
  const places = device.upload(Int32Array.from({ length: n }, (_, i) => i * (n + 1)));
  device.kernels.gatherRows({ out: diagonal, x: weights, ids: places, d: 1 });
  device.kernels.unary({ out: diagonal, x: diagonal, f: 'reciprocal' });
  device.kernels.axpby({ out: diagonal, x: diagonal, alpha: -1, beta: 0 });
  device.kernels.scaleColumns({ out: weights, x: weights, scale: diagonal, d: n });
  for (let i = 0; i < n; i++) device.write(weights.subarray(i * (n + 1), i * (n + 1) + 1), new Float32Array(1));
  for (const memory of [diagonal, places]) device.release(memory);
}
