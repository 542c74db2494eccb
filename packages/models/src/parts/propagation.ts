import { type SparseMatrix, uploadSparse } from '@agentmmrec/autograd';
import { type AdjacencyNorm, bipartiteAdjacency } from '@agentmmrec/graphs';
import type { ModelContext } from '../contract/model.js';
import type { Edges } from '../contract/trainingEdges.js';

/** The users' rows of the normalised user-item graph, over items alone: [users, items]. */
export function userItemGraph(
  { device, edges }: Pick<ModelContext, 'device' | 'edges'>,
  norm: AdjacencyNorm,
): (edges: Edges) => SparseMatrix {
  return edges.derive((interactions) => {
    const { users, items } = interactions;
    const { offsets, indices, values } = bipartiteAdjacency(interactions, norm);
    const count = offsets[users];
    return uploadSparse(device, {
      rows: users,
      cols: items,
      offsets: offsets.slice(0, users + 1),
      indices: indices.slice(0, count).map((node) => node - users),
      values: values?.slice(0, count) ?? null,
    });
  });
}

/** The normalised user-item graph [users + items, users + items] over all training edges, or over those of training steps. */
export function propagationGraph(
  { device, edges }: Pick<ModelContext, 'device' | 'edges'>,
  norm: AdjacencyNorm,
): (edges: Edges) => SparseMatrix {
  return edges.derive((interactions) =>
    uploadSparse(device, bipartiteAdjacency(interactions, norm), { symmetric: true }),
  );
}
