import type { Csr } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { coOccurrenceMatrix } from '@agentmmrec/graphs';

/** A column ends when no weight moved further than this in a round. */
const TOLERANCE = 1e-5;

/**
 * SLIM's columns (Ning and Karypis 2011, eq. 3) as rows: row j of [items, items] holds w_ij by item i. Yields the share of columns that are
 * done.
 */
export function* columnsOf(interactions: Interactions, options: Weights): Generator<number, Csr> {
  const { items } = interactions;
  const descent = new Descent(interactions, options);
  const { column, shared } = descent;
  const offsets = new Int32Array(items + 1);
  const [indices, values]: [number[], number[]] = [[], []];
  for (let j = 0; j < items; j++) {
    descent.solve(j);
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

/** Of half the squared norm and of the sum of a column, and the most rounds it takes. */
export interface Weights {
  readonly regularisation: number;
  readonly sparsity: number;
  readonly rounds: number;
}

/** Solves one column after the other: a round over all items that share a user with j, then rounds over those whose weight is not 0. */
class Descent {
  /** X'X without its diagonal, which is `buyers` [items] */
  readonly shared: Csr & { readonly values: Float32Array };
  /** [items]: w of the item last solved; whoever reads it sets it back to 0 */
  readonly column: Float64Array;
  private readonly buyers: Float64Array;
  /** [items]: x_i'(x_j - X w) of the items i that share a user with j; others hold what is never read */
  private readonly slopes: Float64Array;
  /** [items]: place in the active set, or -1 */
  private readonly place: Int32Array;

  constructor(
    interactions: Interactions,
    private readonly options: Weights,
  ) {
    const { shared, buyers } = coOccurrenceMatrix(interactions);
    [this.shared, this.buyers] = [shared, buyers];
    this.column = new Float64Array(shared.rows);
    this.slopes = new Float64Array(shared.rows);
    this.place = new Int32Array(shared.rows).fill(-1);
  }

  /** Fills `column`. */
  solve(j: number): void {
    const { shared, slopes, options } = this;
    const near = shared.indices.subarray(shared.offsets[j], shared.offsets[j + 1]);
    near.forEach((i, at) => {
      slopes[i] = shared.values[shared.offsets[j] + at];
    });
    for (let round = 1; this.round(near) > TOLERANCE && round < options.rounds; round++) this.settle(near);
  }

  /** One step of each weight; returns how far the farthest moved. */
  private round(near: Int32Array): number {
    let moved = 0;
    for (const i of near) {
      const step = this.stepOf(this.column[i], this.slopes[i], this.buyers[i]);
      if (step === 0) continue;
      this.column[i] += step;
      this.lower(i, step);
      moved = Math.max(moved, Math.abs(step));
    }
    return moved;
  }

  /** Rounds over the weights that are not 0, on their own part of X'X. */
  private settle(near: Int32Array): void {
    const { shared, column, slopes, buyers, place } = this;
    const active = near.filter((i) => column[i] > 0);
    const n = active.length;
    const gram = new Float64Array(n * n);
    active.forEach((i, at) => {
      place[i] = at;
    });
    active.forEach((i, at) => {
      gram[at * n + at] = buyers[i];
      for (let e = shared.offsets[i]; e < shared.offsets[i + 1]; e++) {
        const other = place[shared.indices[e]];
        if (other >= 0) gram[at * n + other] = shared.values[e];
      }
    });
    const weights = Float64Array.from(active, (i) => column[i]);
    const slope = Float64Array.from(active, (i) => slopes[i]);
    for (let round = 0, moved = 1; round < this.options.rounds && moved > TOLERANCE; round++) {
      moved = 0;
      for (let at = 0; at < n; at++) {
        const step = this.stepOf(weights[at], slope[at], gram[at * n + at]);
        if (step === 0) continue;
        weights[at] += step;
        for (let other = 0; other < n; other++) slope[other] -= gram[at * n + other] * step;
        moved = Math.max(moved, Math.abs(step));
      }
    }
    active.forEach((i, at) => {
      place[i] = -1;
      this.lower(i, weights[at] - column[i]);
      column[i] = weights[at];
    });
  }

  /** From a weight to its best value while the others stand still. */
  private stepOf(weight: number, slope: number, buyers: number): number {
    const { regularisation, sparsity } = this.options;
    return Math.max(0, (slope + buyers * weight - sparsity) / (buyers + regularisation)) - weight;
  }

  /** Lowers all slopes for a step of weight i. */
  private lower(i: number, step: number): void {
    const { shared, slopes } = this;
    slopes[i] -= this.buyers[i] * step;
    for (let e = shared.offsets[i]; e < shared.offsets[i + 1]; e++)
      slopes[shared.indices[e]] -= shared.values[e] * step;
  }
}
