import { type SparseMatrix, uploadSparse } from '@agentmmrec/autograd';
import { type AdjacencyNorm, bipartiteAdjacency, userItemAdjacency } from '@agentmmrec/graphs';
import type { ModelContext } from '../contract/model.js';
import type { Edges } from '../contract/trainingEdges.js';

/** The normalised user-item graph [users + items, users + items] over all training edges, or over those of training steps. */
export function propagationGraph(
  { device, edges }: Pick<ModelContext, 'device' | 'edges'>,
  norm: AdjacencyNorm,
): (edges: Edges) => SparseMatrix {
  return edges.derive((interactions) =>
    uploadSparse(device, bipartiteAdjacency(interactions, norm), { symmetric: true }),
  );
}

/** The users' rows of that graph over the items, [users, items]: a user as the normalised sum of the items (SMORE eq. 13). */
export function userItemGraph(
  { device, edges }: Pick<ModelContext, 'device' | 'edges'>,
  norm: AdjacencyNorm,
): (edges: Edges) => SparseMatrix {
  return edges.derive((interactions) => uploadSparse(device, userItemAdjacency(interactions, norm)));
}
