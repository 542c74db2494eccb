import { type Csr, transpose } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { interactionMatrix } from './bipartite.js';
import { forCoOccurrences } from './forCoOccurrences.js';

/**
 * X'X of the interactions X [users, items], in parts: `shared` [items, items] has the users that two different items share, columns
 * ascending; `buyers` [items] its diagonal.
 */
export function coOccurrenceMatrix(interactions: Interactions): {
  readonly shared: Csr & { readonly values: Float32Array };
  readonly buyers: Float64Array;
} {
  const of = transpose(interactionMatrix(interactions)); // [items, users]
  const buyers = Float64Array.from({ length: of.rows }, (_, item) => of.offsets[item + 1] - of.offsets[item]);
  const offsets = new Int32Array(of.rows + 1);
  const rows: { indices: Int32Array; values: Float32Array }[] = [];
  forCoOccurrences(of, (item, others, counts) => {
    const indices = others.toSorted();
    rows.push({ indices, values: Float32Array.from(indices, (other) => counts[other]) });
    offsets[item + 1] = offsets[item] + indices.length;
  });
  const indices = new Int32Array(offsets[of.rows]);
  const values = new Float32Array(offsets[of.rows]);
  rows.forEach((row, item) => {
    indices.set(row.indices, offsets[item]);
    values.set(row.values, offsets[item]);
  });
  return { shared: { rows: of.rows, cols: of.rows, offsets, indices, values }, buyers };
}
