import { type SparseMatrix, uploadSparse } from '@agentmmrec/autograd';
import { type AdjacencyNorm, bipartiteAdjacency } from '@agentmmrec/graphs';
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
