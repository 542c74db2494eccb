import { choice, integer, type OptionValues, optional } from '@agentmmrec/core';
import { type AssemblyChoices, splitNames } from './assemble/choices.js';
import type { SourceOptions } from './dataSource.js';
import { readColumnChoice } from './files/columns.js';
import { usualKCore } from './formats/rawDataset.js';

/** How a data set is read. The split has a seed of its own, so that runs of several seeds share one split. */
export const loadingOptions = {
  splitBy: choice('auto', ['auto', ...splitNames], 'auto: as the data says, else drawn as MMRec does'),
  splitSeed: integer(999, { min: 0, max: 2 ** 31 - 1, help: 'seed of a drawn split and of synthetic features' }),
  minRating: optional({ type: 'real', help: 'keep ratings of at least this; default: all' }),
  kCore: optional({
    type: 'integer',
    min: 0,
    max: 1000,
    help: `least interactions of a user and an item; default: ${usualKCore} for data without a split`,
  }),
  trainingItems: optional({
    type: 'integer',
    min: 1,
    max: 1_000_000,
    help: 'at most this many training items of each user, drawn from the split seed; default: all',
  }),
  features: optional({
    type: 'text',
    help: 'synthetic[:384,4096] attaches seeded random features of these widths; results are stamped synthetic',
  }),
  columns: optional({
    type: 'text',
    help: 'which columns of tables are meant: user=NAME,item=NAME,title=NAME,...; a number is a place where there is no header, timestamp= leaves times out',
  }),
  encoded: optional({
    type: 'text',
    help: 'a folder that agentmmrec encode wrote for this data: its vectors become the features',
  }),
} as const;

/** The values of `loadingOptions`. */
export type LoadingValues = OptionValues<typeof loadingOptions>;

/** The values as `loadDataset` takes them. */
export function loadingChoices(values: LoadingValues): AssemblyChoices & Pick<SourceOptions, 'columns' | 'encoded'> {
  const { splitBy, splitSeed, minRating, kCore, trainingItems, features, columns, encoded } = values;
  return {
    splitSeed,
    ...(splitBy !== 'auto' && { splitBy }),
    ...(minRating !== null && { minRating }),
    ...(kCore !== null && { kCore }),
    ...(trainingItems !== null && { trainingItems }),
    ...(features !== null && { features }),
    ...(columns !== null && { columns: readColumnChoice(columns) }),
    ...(encoded !== null && { encoded }),
  };
}
