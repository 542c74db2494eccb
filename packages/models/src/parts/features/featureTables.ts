import { constant, parameter, type Tensor } from '@agentmmrec/autograd';
import { flag } from '@agentmmrec/core';
import type { Features } from '@agentmmrec/datasets';
import type { PartContext } from '../../contract/model.js';

/** The option of the models whose code begins with the features and trains them along. */
export const trainFeaturesOption = flag(
  true,
  'features are trained along, as in the source; off: they stay as they came',
);

/** The items' features of one modality [items, width]. */
export interface FeatureTable {
  readonly modality: string;
  readonly values: Tensor;
}

/** The features of all modalities as tensors, trained or constant, and those that are parameters (`features.<modality>`). */
export function featureTables(
  { device, data }: Pick<PartContext, 'device' | 'data'>,
  trained: boolean,
): { readonly tables: readonly FeatureTable[]; readonly parameters: Readonly<Record<string, Tensor>> } {
  const tables = data.features.map(({ modality, matrix }) => {
    const name = `features.${modality}`;
    if (!trained) return { modality, values: constant(device, matrix, name) };
    const memory = device.table(matrix.rows, matrix.cols, 'any'); // a copy: the data set's own stay as they are
    device.write(memory, matrix.data);
    return { modality, values: parameter(device, [matrix.rows, matrix.cols], memory, name) };
  });
  const parameters = trained ? Object.fromEntries(tables.map(({ values }) => [values.name, values])) : {};
  return { tables, parameters };
}

/** The features of a modality as a tensor that is not trained: [items, width]. */
export function constantFeatures({ device }: Pick<PartContext, 'device'>, { modality, matrix }: Features): Tensor {
  return constant(device, matrix, `${modality} features`);
}
