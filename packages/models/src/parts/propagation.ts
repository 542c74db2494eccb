import { type SparseMatrix, uploadSparse } from '@agentmmrec/autograd';
import { type AdjacencyNorm, bipartiteAdjacency, interactionMatrix } from '@agentmmrec/graphs';
import type { ModelContext } from '../contract/model.js';
import type { Edges } from '../contract/trainingEdges.js';

/** The normalised user-item graph [users + items, users + items] over all training edges, or over those of training steps. */
export function propagationGraph(
  { device, edges }: Pick<ModelContext, 'device' | 'edges'>,
  norm: AdjacencyNorm,
): (edges: Edges) => SparseMatrix {
  return edges.derive((interactions) =>
    uploadSparse(device, bipartiteAdjacency(interactions, norm), { symmetric: norm !== 'row' }),
  );
}

/** How an item weighs for a user who bought it: 1; `row` 1 / |N(u)|, the mean of the items; `symmetric` 1 / sqrt(|N(u)| |N(i)|). */
export type BoughtWeight = 'one' | 'row' | 'symmetric';

/** The items that each user bought, [users, items]. */
export function boughtItems(
  { device, edges }: Pick<ModelContext, 'device' | 'edges'>,
  weight: BoughtWeight,
): (edges: Edges) => SparseMatrix {
  return edges.derive((interactions) => {
    const bought = interactionMatrix(interactions);
    if (weight === 'one') return uploadSparse(device, bought);
    const { offsets, values } = bipartiteAdjacency(interactions, weight); // its first rows are the users'
    return uploadSparse(device, { ...bought, values: values?.subarray(0, offsets[bought.rows]) ?? null });
  });
}
