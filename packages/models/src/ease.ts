import { AmrError, real } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { interactionMatrix } from '@agentmmrec/graphs';
import type { Device, Floats } from '@agentmmrec/kernels';
import { defineModel, presetOption } from './contract/model.js';
import { negatedInverse } from './parts/symmetricInverse.js';

/**
 * The linear autoencoder without hidden layer: scores X B, where B [items, items] with a zero diagonal minimises
 * |X - X B|^2 + lambda |B|^2. With P = (X'X + lambda I)^-1: B_ij = -P_ij / P_jj off the diagonal. Dropped inputs (`dropout` = p) add
 * p / (1 - p) diag(X'X) to lambda I.
 *
 * Source: Steck 2019, "Embarrassingly shallow autoencoders for sparse data", eq. 8; dropout: Steck 2020, "Autoencoders that don't
 * overfit towards the identity", eq. 5.
 *
 * B follows from the interactions alone, so a checkpoint does not hold it. Defaults: docs/measurements.md#the-simple-rows.
 */
export const ease = defineModel({
  name: 'ease',
  source: 'Steck 2019, WWW, eq. 8; Steck 2020, NeurIPS, eq. 5',
  needs: [],
  options: {
    preset: presetOption(['tuned'], 'tuned = what validation chose on TikTok'),
    regularisation: real(500, { min: 1e-6, help: 'lambda: weight of the squared norm of B' }),
    dropout: real(0, { min: 0, max: 0.99, help: 'part of the inputs that count as dropped' }),
    memory: real(8, { min: 0.001, help: 'the most GiB that B may take; larger catalogs are refused' }),
  },
  presets: { tuned: { regularisation: 30 } },
  tuning: { regularisation: [10, 30, 100, 500] },
  build: ({ data, device, edges, options }) => {
    const n = data.items;
    requireMemory(n, options.memory);
    const weights = device.floats(n * n); // B
    let solved = false;
    const rows = edges.derive((interactions) => device.uploadCsr(interactionMatrix(interactions)));
    const solve = function* (): Generator<number, null> {
      device.write(weights, gramOf(edges.of('training'), options));
      yield* negatedInverse(device, weights, n);
      device.reclaimOnFailure(() => divideByDiagonal(device, weights, n));
      solved = true;
      return null;
    };
    return {
      parameters: {},
      sweeps: { count: 1, sweep: solve },
      restored: () => {
        if (!solved) for (const _ of solve());
      },
      scores: (which) => ({
        items: n,
        write: (userIds, out) =>
          device.reclaimOnFailure(() => {
            const ids = device.ints(userIds.length, 'any');
            device.write(ids, userIds);
            device.kernels.spmmRows({ out, a: rows(which), rowIds: ids, x: weights, d: n });
            device.release(ids);
          }),
      }),
    };
  },
});

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

function requireMemory(items: number, most: number): void {
  const needed = (items * items * 4) / 2 ** 30;
  if (needed <= most && items <= 46_340) return;
  throw new AmrError({
    what: 'model ease',
    got: `${items} items, whose weights take ${needed.toFixed(1)} GiB`,
    expected: `at most ${most} GiB and 46340 items`,
    hint: 'raise the option memory where the machine has it, or choose ials or itemknn for this catalog',
  });
}
