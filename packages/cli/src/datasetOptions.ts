import { choice, integer, type OptionValues, real, required, text } from '@agentmmrec/core';
import { type LoadOptions, splitNames } from '@agentmmrec/datasets';
import type { Session } from './session.js';

/** How a verb reads its data set. The split has a seed of its own, so that runs of several seeds share one split. */
export const datasetOptions = {
  data: required({ type: 'text', help: 'an existing path, else the name of a prepared data set' }),
  splitBy: choice('auto', ['auto', ...splitNames], 'auto: as the data says, else drawn as MMRec does'),
  splitSeed: integer(999, { min: 0, max: 2 ** 31 - 1, help: 'seed of a drawn split and of synthetic features' }),
  minRating: real(0, { min: 0, help: 'keep ratings of at least this; 0 = all' }),
  kCore: integer(-1, {
    min: -1,
    max: 1000,
    help: 'least interactions of a user and an item; -1 = 5 for data without a split',
  }),
  features: text(
    '',
    'synthetic[:384,4096] attaches seeded random features of these widths; results are stamped synthetic',
  ),
  encoded: text('', 'a folder that agentmmrec encode wrote for this data: its vectors become the features'),
} as const;

export function loadOptions(options: Omit<OptionValues<typeof datasetOptions>, 'data'>, session: Session): LoadOptions {
  return {
    workspace: session.workspace,
    seed: options.splitSeed,
    log: session.log,
    ...(options.splitBy === 'auto' ? {} : { split: options.splitBy }),
    ...(options.minRating === 0 ? {} : { minRating: options.minRating }),
    ...(options.kCore < 0 ? {} : { kCore: options.kCore }),
    ...(options.features === '' ? {} : { features: options.features }),
    ...(options.encoded === '' ? {} : { encoded: options.encoded }),
  };
}
