import { AmrError, real } from '@agentmmrec/core';
import { interactionMatrix } from '@agentmmrec/graphs';
import { defineModel, presetOption } from '../contract/model.js';
import { writeItemWeights } from './itemWeights.js';

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
  build: ({ data, device, options }) => {
    const n = data.items;
    requireMemory(n, options.memory);
    const weights = device.floats(n * n); // B
    let solved = false;
    const rows = device.uploadCsr(interactionMatrix(data.train));
    const solve = function* (): Generator<number, null> {
      yield* writeItemWeights(device, data.train, options, weights);
      solved = true;
      return null;
    };
    return {
      parameters: {},
      sweeps: { count: 1, sweep: solve },
      restored: () => {
        if (!solved) for (const _ of solve());
      },
      scores: () => ({
        items: n,
        write: (userIds, out) =>
          device.reclaimOnFailure(() => {
            const ids = device.ints(userIds.length, 'any');
            device.write(ids, userIds);
            device.kernels.spmmRows({ out, a: rows, rowIds: ids, x: weights, d: n });
            device.release(ids);
          }),
      }),
    };
  },
});

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
