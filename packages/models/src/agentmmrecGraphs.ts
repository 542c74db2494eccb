import type { NeighbourLists } from '@agentmmrec/core';
import { modalityWeights, neighbourGraph } from '@agentmmrec/graphs';
import type { AgentmmrecOptions } from './agentmmrecOptions.js';
import { type Convolution, convolution } from './convolution.js';
import type { BuildContext } from './model.js';

/** The homogeneous graphs of eq. 17 (users) and eq. 18 (items). */
export interface HomogeneousGraphs {
  readonly users: readonly Convolution[];
  readonly items: readonly Convolution[];
}

/**
 * The graphs of method.md section 3 that are there and switched on: bmu for users; bmi and rti for items. Without rti the raw
 * graphs of the features stand in, as a weighted sum of their convolutions. What is absent is said in `remarks`.
 */
export function agentmmrecGraphs(
  context: BuildContext,
  options: AgentmmrecOptions,
  remarks: string[],
): HomogeneousGraphs {
  const { device, data } = context;
  const { knowledge } = data;
  const users = { name: 'users', firstNode: 0, count: data.users };
  const items = { name: 'items', firstNode: data.users, count: data.items };
  const { orientation } = options;
  const use = (name: string, on: boolean, lists: NeighbourLists | null | undefined): NeighbourLists | null => {
    if (on && lists) return lists;
    remarks.push(on ? `no ${name} graph: there is no knowledge for it` : `no ${name} graph: switched off`);
    return null;
  };
  const bmu = use('bmu', options.useBmu, knowledge?.bmu);
  const bmi = use('bmi', options.useBmi, knowledge?.bmi);
  const rti = use('rti', options.useRti, knowledge?.rti);
  const itemGraphs: Convolution[] = [];
  if (bmi) itemGraphs.push(convolution(device, bmi, items, { orientation, weight: 1 }));
  if (rti) itemGraphs.push(convolution(device, rti, items, { orientation, weight: 1 }));
  else
    for (const { lists, weight } of rawGraphs(context, options, remarks)) {
      itemGraphs.push(convolution(device, lists, items, { orientation, weight }));
    }
  return { users: bmu ? [convolution(device, bmu, users, { orientation, weight: 1 })] : [], items: itemGraphs };
}

/** One graph a modality by cosine of its features; a weight of 0 leaves a graph out. */
function rawGraphs({ device, data }: BuildContext, options: AgentmmrecOptions, remarks: string[]) {
  const { features } = data;
  if (!options.useRaw || features.length === 0) {
    remarks.push(`no raw item graphs: ${options.useRaw ? 'there are no item features' : 'switched off'}`);
    return [];
  }
  const modalities = features.map(({ modality }) => modality);
  const weights = modalityWeights(modalities, options.rawGraphWeightVisual);
  remarks.push(`raw item graphs stand in for rti: ${modalities.map((name, m) => `${weights[m]} ${name}`).join(' + ')}`);
  return features.flatMap(({ modality, matrix }, m) => {
    if (weights[m] === 0) return [];
    const lists = neighbourGraph(device, matrix, options, `raw graph of ${modality} features`);
    return [{ lists, weight: weights[m] }];
  });
}
