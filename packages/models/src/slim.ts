import { type Csr, integer, real, transpose } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { coOccurrenceMatrix } from '@agentmmrec/graphs';
import { defineModel } from './contract/model.js';
import { addOfItems, hostScores } from './parts/hostScores.js';

/** A column ends when no weight moved further than this in a round. */
const TOLERANCE = 1e-5;

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
  build: ({ data, device, edges, options }) => {
    let weights: Csr | null = null; // row i: w_ij by item j
    const solve = function* (): Generator<number, null> {
      weights = transpose(yield* columnsOf(edges.of('training'), options));
      return null;
    };
    return {
      parameters: {},
      sweeps: { count: 1, sweep: solve },
      restored: () => {
        if (weights === null) for (const _ of solve());
      },
      scores: (which) => {
        const interactions = edges.of(which);
        return hostScores(device, data.items, (user, row) => {
          if (weights) addOfItems(row, interactions, user, weights);
        });
      },
    };
  },
});

/** The columns of W as rows: row j holds w_ij by item i. Yields the share of columns that are done. */
function* columnsOf(
  interactions: Interactions,
  options: { regularisation: number; sparsity: number; rounds: number },
): Generator<number, Csr> {
  const { items } = interactions;
  const { shared, buyers } = coOccurrenceMatrix(interactions);
  const column = new Float64Array(items);
  const slopes = new Float64Array(items);
  const offsets = new Int32Array(items + 1);
  const [indices, values]: [number[], number[]] = [[], []];
  for (let j = 0; j < items; j++) {
    descend(j, { shared, buyers, column, slopes, ...options });
    for (let e = shared.offsets[j]; e < shared.offsets[j + 1]; e++) {
      const i = shared.indices[e];
      if (column[i] > 0) {
        indices.push(i);
        values.push(column[i]);
        column[i] = 0;
      }
    }
    offsets[j + 1] = indices.length;
    if (j % 64 === 63) yield (j + 1) / items;
  }
  return { rows: items, cols: items, offsets, indices: Int32Array.from(indices), values: Float32Array.from(values) };
}

/**
 * Fills `column` with w of item j. `slopes` [items] ends as scratch: x_i'(x_j - X w) where it is read, for i that share a user with j.
 * @param of.shared X'X without its diagonal, which is `of.buyers`
 */
function descend(
  j: number,
  of: {
    shared: Csr & { values: Float32Array };
    buyers: Float64Array;
    column: Float64Array;
    slopes: Float64Array;
    regularisation: number;
    sparsity: number;
    rounds: number;
  },
): void {
  const { shared, buyers, column, slopes, regularisation, sparsity } = of;
  const [begin, end] = [shared.offsets[j], shared.offsets[j + 1]];
  for (let e = begin; e < end; e++) slopes[shared.indices[e]] = shared.values[e];
  for (let round = 0; round < of.rounds; round++) {
    let moved = 0;
    for (let e = begin; e < end; e++) {
      const i = shared.indices[e];
      const before = column[i];
      const after = Math.max(0, (slopes[i] + buyers[i] * before - sparsity) / (buyers[i] + regularisation));
      const step = after - before;
      if (step === 0) continue;
      column[i] = after;
      slopes[i] -= buyers[i] * step;
      for (let n = shared.offsets[i]; n < shared.offsets[i + 1]; n++)
        slopes[shared.indices[n]] -= shared.values[n] * step;
      moved = Math.max(moved, Math.abs(step));
    }
    if (moved <= TOLERANCE) return;
  }
}
