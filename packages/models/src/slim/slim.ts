import { type Csr, integer, real, transpose } from '@agentmmrec/core';
import { defineModel } from '../contract/model.js';
import { addOfItems, hostScores } from '../parts/hostScores.js';
import { columnsOf } from './coordinateDescent.js';

/**
 * Sparse linear methods: scores X W, where column j of W [items, items] minimises
 * |x_j - X w|^2 / 2 + regularisation |w|^2 / 2 + sparsity |w|_1 over w >= 0 with w_j = 0. By coordinate descent on X'X, in which a column meets
 * only the items that share a user with j: no other weight can leave 0.
 *
 * Source: Ning and Karypis 2011, "SLIM: Sparse linear methods for top-n recommender systems", eq. 3; both weights 1 by default, as in its library.
 *
 * W follows from the interactions alone, so a checkpoint does not hold it: a model that is read again solves again.
 */
export const slim = defineModel({
  name: 'slim',
  source: 'Ning and Karypis 2011, ICDM, eq. 3',
  needs: [],
  options: {
    regularisation: real(1, { min: 1e-6, help: 'weight of half the squared norm of W' }),
    sparsity: real(1, { min: 0, help: 'weight of the sum of W, which keeps most weights at 0' }),
    rounds: integer(100, { min: 1, help: 'most rounds of coordinate descent a column' }),
  },
  tuning: { regularisation: [1, 30], sparsity: [0.1, 1] },
  build: ({ data, device, options }) => {
    let weights: Csr | null = null; // row i: w_ij by item j
    const solve = function* (): Generator<number, null> {
      weights = transpose(yield* columnsOf(data.train, options));
      return null;
    };
    return {
      parameters: {},
      sweeps: { count: 1, sweep: solve },
      restored: () => {
        if (weights === null) for (const _ of solve());
      },
      scores: () =>
        hostScores(device, data.items, (user, row) => {
          if (weights) addOfItems(row, data.train, user, weights);
        }),
    };
  },
});
