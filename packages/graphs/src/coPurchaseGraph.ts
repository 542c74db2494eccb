import type { Csr } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { coPurchases } from './coPurchases.js';
import type { SelfRule } from './selfRule.js';

/**
 * The k items most often bought together with an item by the cosine of their buyers, |N(i) and N(j)| / sqrt(|N(i)| |N(j)|), best first,
 * ties to the lower id; fewer where fewer share a buyer with it. The index is built once.
 */
export function nearestCoPurchases(interactions: Interactions, k: number): (item: number) => number[] {
  if (k === 0) return () => [];
  const popularity = new Int32Array(interactions.items);
  for (const item of interactions.itemIds) popularity[item]++;
  const together = coPurchases(interactions);
  return (item) => {
    const { itemIds: others, counts } = together(item);
    const cosine = (at: number) => counts[at] / Math.sqrt(popularity[others[at]]); // times a constant of this item
    return Array.from(others.keys())
      .sort((a, b) => cosine(b) - cosine(a) || a - b)
      .slice(0, k)
      .map((at) => others[at]);
  };
}

/**
 * For each item the mean over its `nearestCoPurchases` and, unless excluded, itself, [items, items]. (By positive pointwise mutual information rare
 * items come first; as a view on TikTok such lists did harm, docs/method.md#ablations.) An item that shares no buyer with another has itself alone.
 */
export function coPurchaseGraph(interactions: Interactions, k: number, self: SelfRule = 'include'): Csr {
  const { items } = interactions;
  const nearest = nearestCoPurchases(interactions, k);
  const offsets = new Int32Array(items + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let item = 0; item < items; item++) {
    const others = nearest(item);
    const row = (self !== 'exclude' || others.length === 0 ? [item, ...others] : others).sort((a, b) => a - b);
    for (const other of row) {
      indices.push(other);
      values.push(1 / row.length);
    }
    offsets[item + 1] = indices.length;
  }
  return { rows: items, cols: items, offsets, indices: Int32Array.from(indices), values: Float32Array.from(values) };
}
