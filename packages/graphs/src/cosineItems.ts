import { type Csr, transpose } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { interactionMatrix } from './bipartite.js';
import { forCoOccurrences } from './forCoOccurrences.js';

/**
 * The k items nearest to each item by the users they share, as a matrix [items, items] with columns ascending: row i has at most k
 * entries (j, |U_i and U_j| / (sqrt(|U_i| |U_j|) + shrinkage)), ties to the lower id. Without shrinkage the cosine of the items'
 * columns of interactions (Sarwar et al. 2001, section 3.1.1).
 */
export function cosineItems(interactions: Interactions, options: { k: number; shrinkage: number }): Csr {
  const { k, shrinkage } = options;
  const buyers = transpose(interactionMatrix(interactions)); // [items, users]
  const lengths = Float64Array.from({ length: buyers.rows }, (_, i) =>
    Math.sqrt(buyers.offsets[i + 1] - buyers.offsets[i]),
  );
  const offsets = new Int32Array(buyers.rows + 1);
  const [indices, values]: [number[], number[]] = [[], []];
  forCoOccurrences(buyers, (item, others, counts) => {
    const score = (other: number) => counts[other] / (lengths[item] * lengths[other] + shrinkage);
    const nearest = Array.from(others, (other) => ({ other, cosine: score(other) }));
    nearest.sort((a, b) => b.cosine - a.cosine || a.other - b.other);
    for (const { other, cosine } of nearest.slice(0, k).sort((a, b) => a.other - b.other)) {
      indices.push(other);
      values.push(cosine);
    }
    offsets[item + 1] = indices.length;
  });
  const { rows } = buyers;
  return { rows, cols: rows, offsets, indices: Int32Array.from(indices), values: Float32Array.from(values) };
}
