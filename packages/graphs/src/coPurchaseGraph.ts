import type { Csr } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { coPurchases } from './coPurchases.js';

/**
 * For each item the mean over itself and the k items most often bought together with it, [items, items], by the cosine of their
 * buyers: |N(i) and N(j)| / sqrt(|N(i)| |N(j)|), ties to the lower id. (By positive pointwise mutual information rare
 * items come first; as a view on TikTok such lists did harm, docs/method.md#ablations.) An item that shares no buyer with another has itself alone.
 */
export function coPurchaseGraph(interactions: Interactions, k: number): Csr {
  const { items, itemIds } = interactions;
  const popularity = new Int32Array(items);
  for (const item of itemIds) popularity[item]++;
  const together = coPurchases(interactions);
  const offsets = new Int32Array(items + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let item = 0; item < items; item++) {
    const { itemIds: others, counts } = together(item);
    const cosine = (at: number) => counts[at] / Math.sqrt(popularity[others[at]]); // times a constant of this item
    const nearest = Array.from(others.keys())
      .sort((a, b) => cosine(b) - cosine(a) || a - b)
      .slice(0, k);
    const row = [item, ...nearest.map((at) => others[at])].sort((a, b) => a - b);
    for (const other of row) {
      indices.push(other);
      values.push(1 / row.length);
    }
    offsets[item + 1] = indices.length;
  }
  return { rows: items, cols: items, offsets, indices: Int32Array.from(indices), values: Float32Array.from(values) };
}
