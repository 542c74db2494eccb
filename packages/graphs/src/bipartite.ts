import type { Csr } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';

/** Interactions as a sparse matrix of ones [users, items], sharing their arrays. */
export function interactionMatrix(interactions: Interactions): Csr {
  const { users, items, offsets, itemIds } = interactions;
  return { rows: users, cols: items, offsets, indices: itemIds, values: null };
}

/**
 * How an edge between user u and item i is weighted: `symmetric` 1 / sqrt(|N(u)| |N(i)|) (LightGCN eq. 3), `mean`
 * 1 / (|N(u)| |N(i)|), the letter of the AgentMMRec paper's eq. 15, `row` 1 / |N(row)|: every node takes the mean of its neighbours
 * (MMGCN).
 */
export type AdjacencyNorm = 'symmetric' | 'mean' | 'row';

/**
 * The normalised adjacency of the user-item graph [users + items, users + items]: node u for a user, users + i for an item.
 * Symmetric, hence its own transpose, under every norm but `row`. A node without interactions has an empty row.
 */
export function bipartiteAdjacency(interactions: Interactions, norm: AdjacencyNorm): Csr {
  const { users, items, offsets: userOffsets, itemIds } = interactions;
  const nodes = users + items;
  const count = itemIds.length;
  const offsets = new Int32Array(nodes + 1);
  for (let e = 0; e < count; e++) offsets[users + itemIds[e] + 1]++;
  for (let user = 0; user < users; user++) offsets[user + 1] = userOffsets[user + 1] - userOffsets[user];
  for (let node = 0; node < nodes; node++) offsets[node + 1] += offsets[node];

  const indices = new Int32Array(2 * count);
  const values = new Float32Array(2 * count);
  const weigh = weights[norm];
  const next = offsets.slice(users, nodes);
  for (let user = 0; user < users; user++) {
    const userDegree = userOffsets[user + 1] - userOffsets[user];
    for (let e = userOffsets[user]; e < userOffsets[user + 1]; e++) {
      const item = itemIds[e];
      const itemDegree = offsets[users + item + 1] - offsets[users + item];
      const back = next[item]++;
      indices[e] = users + item;
      values[e] = weigh(userDegree, itemDegree);
      indices[back] = user;
      values[back] = weigh(itemDegree, userDegree);
    }
  }
  return { rows: nodes, cols: nodes, offsets, indices, values };
}

/** The weight of an edge in the row of a node, by that node's degree and the other's. */
const weights: Readonly<Record<AdjacencyNorm, (row: number, column: number) => number>> = {
  symmetric: (row, column) => 1 / Math.sqrt(row * column),
  mean: (row, column) => 1 / (row * column),
  row: (row) => 1 / row,
};
