import { type SparseMatrix, uploadSparse } from '@agentmmrec/autograd';
import { type Csr, unionOf } from '@agentmmrec/core';
import {
  modalityWeights,
  type NeighbourGraph,
  type NeighbourOptions,
  neighbourGraph,
  orientNeighbours,
} from '@agentmmrec/graphs';
import type { PartContext } from '../../contract/model.js';

/** The neighbours of every item by cosine of one modality's features. */
export interface ModalityGraph {
  readonly modality: string;
  readonly lists: NeighbourGraph;
}

/** A graph and its weight among all. */
export interface FeatureGraph extends ModalityGraph {
  readonly weight: number;
}

/** One graph a modality. */
export function modalityGraphs(
  { device, data }: Pick<PartContext, 'device' | 'data'>,
  options: NeighbourOptions,
): ModalityGraph[] {
  return data.features.map(({ modality, matrix }) => ({
    modality,
    lists: neighbourGraph(device, matrix, options, `graph of ${modality} features`),
  }));
}

/**
 * One graph a modality with weights that sum to 1; a weight of 0 leaves a graph out.
 * @param options.imageWeight the weight of images among all modalities
 */
export function featureGraphs(
  { device, data }: Pick<PartContext, 'device' | 'data'>,
  options: NeighbourOptions & { readonly imageWeight: number },
): FeatureGraph[] {
  const all = data.features.map(({ modality }) => modality);
  const weights = new Map(modalityWeights(all, options.imageWeight).map((weight, m) => [all[m], weight]));
  const features = data.features.filter(({ modality }) => weights.get(modality) !== 0);
  const graphs = modalityGraphs({ device, data: { ...data, features } }, options);
  return graphs.map((graph) => ({ ...graph, weight: weights.get(graph.modality) ?? 0 }));
}

/** The graphs of the modalities as one matrix [items, items]: the weighted sum of the means over each item's neighbours (FREEDOM eq. 2, 3). */
export function frozenItemGraph(
  context: Pick<PartContext, 'device' | 'data'>,
  options: NeighbourOptions & { readonly imageWeight: number },
): SparseMatrix {
  return uploadSparse(context.device, weightedSum(featureGraphs(context, options)));
}

/** Entry (i, j): the sum of weight / k over the graphs in which j is a neighbour of i. */
export function weightedSum(graphs: readonly FeatureGraph[]): Csr {
  const [first, ...others] = graphs.map(({ lists, weight }): Csr => {
    const a = orientNeighbours(lists, 'own');
    return { ...a, values: a.values?.map((value) => value * weight) ?? null };
  });
  return others.reduce((sum, a) => unionOf(sum, a, (x, y) => x + y), first);
}

/**
 * The cosines of neighbours as weights, D^-1/2 W D^-1/2 with the sums of W's rows on both sides; rows whose sum is not positive have
 * no weights. Columns ascend.
 */
export function cosineGraph({ rows, k, indices, scores }: NeighbourGraph): Csr {
  const roots = Float64Array.from({ length: rows }, (_, row) => {
    const sum = scores.subarray(row * k, (row + 1) * k).reduce((total, cosine) => total + cosine, 0);
    return sum > 0 ? 1 / Math.sqrt(sum) : 0;
  });
  const order = Int32Array.from(indices.keys()).sort(
    (a, b) => Math.floor(a / k) - Math.floor(b / k) || indices[a] - indices[b],
  );
  return {
    rows,
    cols: rows,
    offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row * k),
    indices: order.map((e) => indices[e]),
    values: Float32Array.from(order, (e) => roots[Math.floor(e / k)] * scores[e] * roots[indices[e]]),
  };
}

/** Every edge of either graph with the larger of its weights. */
export function largerWeights(a: Csr, b: Csr): Csr {
  return unionOf(a, b, (x, y) => (x === 0 ? y : y === 0 ? x : Math.max(x, y)));
}
