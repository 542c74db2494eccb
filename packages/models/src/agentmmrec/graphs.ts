import type { Tensor } from '@agentmmrec/autograd';
import { matrix, type NeighbourLists } from '@agentmmrec/core';
import { neighbourGraph, ruleOnSelf, selfAsBuilt } from '@agentmmrec/graphs';
import type { PartContext } from '../contract/model.js';
import { type Convolution, convolution, sparseConvolution } from '../parts/graphs/convolution.js';
import { type FeatureGraph, featureGraphs } from '../parts/graphs/itemGraphs.js';
import { propagationGraph } from '../parts/graphs/propagation.js';
import { type SampledGraph, sampledGraph } from '../parts/graphs/sampledGraph.js';
import { coPurchaserGraph } from '../parts/graphs/userGraph.js';
import { graphWeights, weighedGraphs } from './graphWeights.js';
import type { AgentmmrecOptions } from './options.js';

/** The homogeneous graphs of eq. 17 (users) and eq. 18 (items). */
export interface HomogeneousGraphs {
  /** bmu and the graph of common items */
  readonly users: readonly Convolution[];
  readonly items: readonly Convolution[];
  /** names of the graphs, in their order */
  readonly userNames: readonly string[];
  readonly itemNames: readonly string[];
  /** bmu alone; null where there is none */
  readonly bmu: Convolution | null;
  /** learned weights; none where they are fixed */
  readonly parameters: Readonly<Record<string, Tensor>>;
}

/**
 * The graphs of docs/method.md#graphs that are there and switched on: bmu and that of common items for users; bmi and rti for items. Without rti the raw
 * graphs of the features stand in, as a weighted sum of their convolutions. What is absent is remarked.
 */
export function homogeneousGraphs(context: PartContext, options: AgentmmrecOptions): HomogeneousGraphs {
  const { device, data, remark } = context;
  const { knowledge } = data;
  const users = { name: 'users', count: data.users };
  const items = { name: 'items', count: data.items };
  const { orientation, weightBmu, weightBmi, weightRti } = options;
  const use = (name: string, on: boolean, lists: NeighbourLists | null | undefined): NeighbourLists | null => {
    if (on && lists) return ruleOnSelf(lists, options.self);
    remark(on ? `no ${name} graph: there is no knowledge for it` : `no ${name} graph: switched off`);
    return null;
  };
  const bmu = use('bmu', options.useBmu, knowledge?.bmu);
  const bmi = use('bmi', options.useBmi, knowledge?.bmi);
  const rti = use('rti', options.useRti, knowledge?.rti);
  const itemGraphs: Convolution[] = [];
  const itemNames: string[] = [];
  const add = (name: string, lists: NeighbourLists, weight: number) => {
    itemGraphs.push(convolution(device, lists, items, { orientation, weight }));
    itemNames.push(name);
  };
  if (bmi) add('bmi', bmi, weightBmi);
  if (rti) add('rti', rti, weightRti);
  else
    for (const { modality, lists, weight } of rawGraphs(context, options)) {
      add(`raw ${modality}`, lists, weight * weightRti);
    }
  const bmuGraph = bmu && convolution(device, bmu, users, { orientation, weight: weightBmu });
  const together = options.coPurchasers > 0 ? coPurchaserGraph(context, options.coPurchasers) : null;
  const ofUsers: Convolution[] = [
    ...(bmuGraph ? [bmuGraph] : []),
    ...(together ? [sparseConvolution(together, options.weightCoPurchasers)] : []),
  ];
  const userNames = [...(bmuGraph ? ['bmu'] : []), ...(together ? ['common items'] : [])];
  const names = { userNames, itemNames, bmu: bmuGraph };
  if (options.graphWeights === 'fixed') return { ...names, users: ofUsers, items: itemGraphs, parameters: {} };
  const userWeights = graphWeights(context, 'users', userNames.length);
  const itemWeights = graphWeights(context, 'items', itemGraphs.length);
  return {
    ...names,
    users: weighedGraphs(userWeights, ofUsers),
    items: weighedGraphs(itemWeights, itemGraphs),
    parameters: { ...userWeights.parameters, ...itemWeights.parameters },
  };
}

function rawGraphs(context: PartContext, options: AgentmmrecOptions): FeatureGraph[] {
  const { data, remark } = context;
  if (options.modalities === 'views') return []; // each is a view already
  if (!options.useRaw || data.features.length === 0) {
    remark(`no raw item graphs: ${options.useRaw ? 'there are no item features' : 'switched off'}`);
    return [];
  }
  const graphs = featureGraphs(context, {
    k: options.k,
    self: selfAsBuilt(options.self),
    imageWeight: options.rawGraphWeightVisual,
  });
  remark(
    `raw item graphs stand in for rti: ${graphs.map(({ modality, weight }) => `${weight} ${modality}`).join(' + ')}`,
  );
  return graphs;
}

/** The user-item graph: all edges, or in training an epoch's sample of them. */
export function userItemGraphs(context: PartContext, { edgeDropout, norm }: AgentmmrecOptions): SampledGraph {
  if (edgeDropout > 0) return sampledGraph(context, edgeDropout);
  const graph = propagationGraph(context, norm);
  return { over: () => graph, inTraining: () => graph, whole: graph, beforeEpoch: () => {} };
}

/** Puts the graph bmu of the preferences as they are now in the place of what was there (option `rebuildGraphs`). */
export function rebuildBmu(
  { device, data }: PartContext,
  { bmu }: HomogeneousGraphs,
  preferences: Tensor | null,
  options: AgentmmrecOptions,
): void {
  const k = data.knowledge?.bmu?.k;
  if (!options.rebuildGraphs || !preferences || !bmu || k === undefined) return;
  const embeddings = matrix(data.users, preferences.cols, preferences.read().slice());
  bmu.replace(ruleOnSelf(neighbourGraph(device, embeddings, { k, self: 'include' }, 'user graph bmu'), options.self));
}
