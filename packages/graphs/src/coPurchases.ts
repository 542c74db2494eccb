import { transpose } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { interactionMatrix } from './bipartite.js';

/** Items bought together with one item: ids ascending, and how many of its buyers bought each. */
export interface CoPurchases {
  readonly itemIds: Int32Array;
  readonly counts: Int32Array;
}

/**
 * N2(i): the other items bought by the users of item i, from these interactions alone. The index is built once; each look-up
 * costs the interactions of the item's buyers.
 */
export function coPurchases(interactions: Interactions): (itemId: number) => CoPurchases {
  const { items, offsets, itemIds } = interactions;
  const buyers = transpose(interactionMatrix(interactions));
  const counts = new Int32Array(items);
  return (itemId) => {
    const touched: number[] = [];
    for (let b = buyers.offsets[itemId]; b < buyers.offsets[itemId + 1]; b++) {
      const user = buyers.indices[b];
      for (let e = offsets[user]; e < offsets[user + 1]; e++) {
        const other = itemIds[e];
        if (other === itemId) continue;
        if (counts[other]++ === 0) touched.push(other);
      }
    }
    const found = Int32Array.from(touched).sort();
    const foundCounts = found.map((other) => counts[other]);
    for (const other of touched) counts[other] = 0;
    return { itemIds: found, counts: foundCounts };
  };
}
