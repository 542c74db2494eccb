import { type SparseMatrix, type Tape, type Tensor, uploadSparse } from '@agentmmrec/autograd';
import type { Csr } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { type AdjacencyNorm, bipartiteAdjacency, interactionMatrix } from '@agentmmrec/graphs';
import type { ModelContext } from '../../contract/model.js';

type GraphContext = Pick<ModelContext, 'device' | 'data'>;

/** The users' rows of the normalised user-item graph, over items alone, or `one` for every item bought: [users, items]. */
export function userItemGraph(
  { device, data: { users, items, train } }: GraphContext,
  norm: AdjacencyNorm | 'one',
): SparseMatrix {
  if (norm === 'one') return uploadSparse(device, interactionMatrix(train));
  const { offsets, indices, values } = bipartiteAdjacency(train, norm);
  const count = offsets[users];
  return uploadSparse(device, {
    rows: users,
    cols: items,
    offsets: offsets.slice(0, users + 1),
    indices: indices.slice(0, count).map((node) => node - users),
    values: values?.slice(0, count) ?? null,
  });
}

/** The normalised user-item graph [users + items, users + items] of the training interactions. */
export function propagationGraph({ device, data }: GraphContext, norm: AdjacencyNorm): SparseMatrix {
  return uploadSparse(device, bipartiteAdjacency(data.train, norm), { symmetric: norm !== 'row' });
}

/** D^-1 (A + I) over users and items: each node takes the mean of itself and its neighbours [users + items, users + items]. */
export function meanWithSelfGraph({ device, data }: GraphContext): SparseMatrix {
  return uploadSparse(
    device,
    withSelf(data.train, (row) => 1 / row),
  );
}

/** D^-1/2 (A + I) D^-1/2 over users and items [users + items, users + items]. */
export function symmetricWithSelfGraph({ device, data }: GraphContext): SparseMatrix {
  return uploadSparse(device, symmetricWithSelf(data.train), { symmetric: true });
}

/** That matrix on the host; columns ascend. */
export function symmetricWithSelf(interactions: Interactions): Csr & { readonly values: Float32Array } {
  return withSelf(interactions, (row, column) => 1 / Math.sqrt(row * column));
}

/** Entries of A + I, weighed by the counts of their row and their column. */
function withSelf(
  interactions: Interactions,
  weigh: (row: number, column: number) => number,
): Csr & { readonly values: Float32Array } {
  const { rows, offsets, indices } = bipartiteAdjacency(interactions, 'symmetric');
  const made = {
    offsets: offsets.map((offset, row) => offset + row),
    indices: new Int32Array(indices.length + rows),
    values: new Float32Array(indices.length + rows),
  };
  const countOf = (node: number) => offsets[node + 1] - offsets[node] + 1;
  for (let row = 0; row < rows; row++) {
    const neighbours = [...indices.subarray(offsets[row], offsets[row + 1]), row].sort((a, b) => a - b);
    neighbours.forEach((neighbour, n) => {
      made.indices[made.offsets[row] + n] = neighbour;
      made.values[made.offsets[row] + n] = weigh(countOf(row), countOf(neighbour));
    });
  }
  return { rows, cols: rows, ...made };
}

/** Rows [n, d] taken over a graph [n, n] as often as there are layers: graph^layers rows. */
export function carried(tape: Tape, graph: SparseMatrix, rows: Tensor, layers: number): Tensor {
  let carriedRows = rows;
  for (let layer = 0; layer < layers; layer++) carriedRows = tape.spmm(graph, carriedRows);
  return carriedRows;
}
