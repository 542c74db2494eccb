import type { NeighbourLists } from '@agentmmrec/core';
import type { PartContext } from '../contract/model.js';
import { type Convolution, convolution } from '../parts/convolution.js';
import { type FeatureGraph, featureGraphs } from '../parts/itemGraphs.js';
import type { AgentmmrecOptions } from './options.js';

/** The homogeneous graphs of eq. 17 (users) and eq. 18 (items). */
export interface HomogeneousGraphs {
  readonly users: readonly Convolution[];
  readonly items: readonly Convolution[];
  /** names of the items' graphs, in their order */
  readonly itemNames: readonly string[];
}

/**
 * The graphs of docs/method.md#graphs that are there and switched on: bmu for users; bmi and rti for items. Without rti the raw
 * graphs of the features stand in, as a weighted sum of their convolutions. What is absent is remarked.
 */
export function homogeneousGraphs(context: PartContext, options: AgentmmrecOptions): HomogeneousGraphs {
  const { device, data, remark } = context;
  const { knowledge } = data;
  const users = { name: 'users', count: data.users };
  const items = { name: 'items', count: data.items };
  const { orientation, weightBmu, weightBmi, weightRti } = options;
  const use = (name: string, on: boolean, lists: NeighbourLists | null | undefined): NeighbourLists | null => {
    if (on && lists) return lists;
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
  return {
    users: bmu ? [convolution(device, bmu, users, { orientation, weight: weightBmu })] : [],
    items: itemGraphs,
    itemNames,
  };
}

function rawGraphs(context: PartContext, options: AgentmmrecOptions): FeatureGraph[] {
  const { data, remark } = context;
  if (options.modalities === 'views') return []; // each is a view already
  if (!options.useRaw || data.features.length === 0) {
    remark(`no raw item graphs: ${options.useRaw ? 'there are no item features' : 'switched off'}`);
    return [];
  }
  const graphs = featureGraphs(context, { ...options, imageWeight: options.rawGraphWeightVisual });
  remark(
    `raw item graphs stand in for rti: ${graphs.map(({ modality, weight }) => `${weight} ${modality}`).join(' + ')}`,
  );
  return graphs;
}
