import type { NeighbourLists } from '@agentmmrec/core';
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
