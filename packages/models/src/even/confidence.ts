import type { Csr } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { coPurchases, type NeighbourGraph } from '@agentmmrec/graphs';

/** How an item graph is evaluated by what people buy. */
export interface ConfidenceOptions {
  /** weight of common buyers beside similarity, 0 to 1 */
  readonly behaviour: number;
  /** part of the edges that is pruned */
  readonly pruned: number;
}

/**
 * The item graph of a modality [items, items] with confidences as weights, the least confident edges pruned (docs/reconstructions.md#even):
 * c_ij = (1 - b) s_ij + b |N(i) and N(j)| / sqrt(|N(i)| |N(j)|), s_ij the similarity, not below 0; c_ij = s_ij where either item has no
 * interactions, of which behaviour says nothing, and on the diagonal, which is never pruned. Then D^-1/2 C D^-1/2 by the sums of rows.
 * Columns ascend; of equal confidences the first edges stay.
 */
export function confidenceGraph(lists: NeighbourGraph, interactions: Interactions, options: ConfidenceOptions): Csr {
  const confidences = confidencesOf(lists, interactions, options.behaviour);
  const kept = mostConfident(lists, confidences, options.pruned);
  return normalised(lists, confidences, kept);
}

/** [rows * k], in the order of the lists. */
function confidencesOf(lists: NeighbourGraph, interactions: Interactions, behaviour: number): Float64Array {
  const { rows, k, indices, scores } = lists;
  const popularity = new Int32Array(rows);
  for (const item of interactions.itemIds) popularity[item]++;
  const together = coPurchases(interactions);
  const confidences = Float64Array.from(scores, (score) => Math.max(score, 0));
  for (let item = 0; item < rows; item++) {
    if (popularity[item] === 0) continue;
    const { itemIds, counts } = together(item);
    const common = new Map(Array.from(itemIds, (other, at) => [other, counts[at]]));
    for (let e = item * k; e < (item + 1) * k; e++) {
      const other = indices[e];
      if (other === item || popularity[other] === 0) continue;
      const cosine = (common.get(other) ?? 0) / Math.sqrt(popularity[item] * popularity[other]);
      confidences[e] = (1 - behaviour) * confidences[e] + behaviour * cosine;
    }
  }
  return confidences;
}

/** [rows * k] 1 for an edge that stays. */
function mostConfident({ k, indices }: NeighbourGraph, confidences: Float64Array, pruned: number): Uint8Array {
  const others = Array.from(indices.keys()).filter((e) => indices[e] !== Math.floor(e / k));
  others.sort((a, b) => confidences[b] - confidences[a] || a - b);
  const kept = new Uint8Array(indices.length).fill(1);
  for (const e of others.slice(others.length - Math.floor(others.length * pruned))) kept[e] = 0;
  return kept;
}

function normalised({ rows, k, indices }: NeighbourGraph, confidences: Float64Array, kept: Uint8Array): Csr {
  const sums = new Float64Array(rows);
  for (let e = 0; e < indices.length; e++) if (kept[e]) sums[Math.floor(e / k)] += confidences[e];
  const roots = sums.map((sum) => (sum > 0 ? 1 / Math.sqrt(sum) : 0));
  const offsets = new Int32Array(rows + 1);
  const order: number[] = [];
  for (let row = 0; row < rows; row++) {
    const edges = Array.from({ length: k }, (_, at) => row * k + at).filter((e) => kept[e]);
    order.push(...edges.sort((a, b) => indices[a] - indices[b]));
    offsets[row + 1] = order.length;
  }
  return {
    rows,
    cols: rows,
    offsets,
    indices: Int32Array.from(order, (e) => indices[e]),
    values: Float32Array.from(order, (e) => roots[Math.floor(e / k)] * confidences[e] * roots[indices[e]]),
  };
}
