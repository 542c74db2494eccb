import { type SparseMatrix, uploadSparse } from '@agentmmrec/autograd';
import type { Csr, NeighbourLists } from '@agentmmrec/core';
import { modalityWeights, type NeighbourOptions, neighbourGraph } from '@agentmmrec/graphs';
import type { PartContext } from '../contract/model.js';

/** The neighbours of every item by one modality, and the weight of that graph among all. */
export interface FeatureGraph {
  readonly modality: string;
  readonly lists: NeighbourLists;
  readonly weight: number;
}

/**
 * One graph a modality by cosine of its features, with weights that sum to 1; a weight of 0 leaves a graph out.
 * @param options.weightVisual the weight of images among all modalities
 */
export function featureGraphs(
  { device, data }: Pick<PartContext, 'device' | 'data'>,
  options: NeighbourOptions & { readonly weightVisual: number },
): FeatureGraph[] {
  const { features } = data;
  const weights = modalityWeights(
    features.map(({ modality }) => modality),
    options.weightVisual,
  );
  return features.flatMap(({ modality, matrix }, m) => {
    if (weights[m] === 0) return [];
    const lists = neighbourGraph(device, matrix, options, `graph of ${modality} features`);
    return [{ modality, lists, weight: weights[m] }];
  });
}

/** The graphs of the modalities as one matrix [items, items]: the weighted sum of the means over each item's neighbours (FREEDOM eq. 2, 3). */
export function frozenItemGraph(
  context: Pick<PartContext, 'device' | 'data'>,
  options: NeighbourOptions & { readonly weightVisual: number },
): SparseMatrix {
  return uploadSparse(context.device, weightedSum(featureGraphs(context, options)));
}

/** Entry (i, j): the sum of weight / k over the graphs in which j is a neighbour of i; columns ascend. */
export function weightedSum(graphs: readonly FeatureGraph[]): Csr {
  const { rows } = graphs[0].lists;
  const offsets = new Int32Array(rows + 1);
  const [indices, values]: [number[], number[]] = [[], []];
  for (let row = 0; row < rows; row++) {
    const sums = new Map<number, number>();
    for (const { lists, weight } of graphs) {
      for (const item of lists.indices.subarray(row * lists.k, (row + 1) * lists.k)) {
        sums.set(item, (sums.get(item) ?? 0) + weight / lists.k);
      }
    }
    for (const item of [...sums.keys()].sort((a, b) => a - b)) {
      indices.push(item);
      values.push(sums.get(item) ?? 0);
    }
    offsets[row + 1] = indices.length;
  }
  return { rows, cols: rows, offsets, indices: Int32Array.from(indices), values: Float32Array.from(values) };
}
