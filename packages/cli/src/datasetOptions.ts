import { choice, integer, type OptionValues, optional, required } from '@agentmmrec/core';
import { type LoadOptions, splitNames } from '@agentmmrec/datasets';
import type { Session } from './session.js';

/** How a verb reads its data set. The split has a seed of its own, so that runs of several seeds share one split. */
export const datasetOptions = {
  data: required({ type: 'text', help: 'an existing path, else the name of a prepared data set' }),
  splitBy: choice('auto', ['auto', ...splitNames], 'auto: as the data says, else drawn as MMRec does'),
  splitSeed: integer(999, { min: 0, max: 2 ** 31 - 1, help: 'seed of a drawn split and of synthetic features' }),
  minRating: optional({ type: 'real', help: 'keep ratings of at least this; default: all' }),
  kCore: optional({
    type: 'integer',
    min: 0,
    max: 1000,
    help: 'least interactions of a user and an item; default: 5 for data without a split',
  }),
  features: optional({
    type: 'text',
    help: 'synthetic[:384,4096] attaches seeded random features of these widths; results are stamped synthetic',
  }),
  encoded: optional({
    type: 'text',
    help: 'a folder that agentmmrec encode wrote for this data: its vectors become the features',
  }),
} as const;

export function loadOptions(options: Omit<OptionValues<typeof datasetOptions>, 'data'>, session: Session): LoadOptions {
  return {
    workspace: session.workspace,
    seed: options.splitSeed,
    log: session.log,
    ...(options.splitBy === 'auto' ? {} : { split: options.splitBy }),
    ...(options.minRating === null ? {} : { minRating: options.minRating }),
    ...(options.kCore === null ? {} : { kCore: options.kCore }),
    ...(options.features === null ? {} : { features: options.features }),
    ...(options.encoded === null ? {} : { encoded: options.encoded }),
  };
}
