import { AmrError, RandomStreams } from '@agentmmrec/core';
import type { Pairs } from '../dataset/interactions.js';
import type { RawDataset } from '../formats/rawDataset.js';
import type { SplitName } from './choices.js';
import { splitItemColdStart } from './coldItemSplit.js';
import { splitMmrecRandom } from './split.js';
import { splitLeaveOneOut, splitTemporalByUser, splitTemporalGlobal } from './timeSplits.js';

/** The split to use: the one asked for, else the data's own, else the field's. @throws AmrError input: the data lacks what it needs */
export function chooseSplit(raw: RawDataset, wanted: SplitName | undefined): SplitName {
  const refuse = (expected: string, hint: string) => {
    throw new AmrError({ what: `data set ${raw.name}, split`, got: JSON.stringify(wanted), expected, hint });
  };
  if (wanted === 'given' && raw.labels === null) {
    refuse('a column x_label in the data', 'the data comes without a split; use mmrec-random');
  }
  if ((wanted === 'temporal-user' || wanted === 'temporal-global') && raw.timestamps === null) {
    refuse('a time for every interaction', 'the data comes without times; use mmrec-random or leave-one-out');
  }
  return wanted ?? (raw.labels ? 'given' : 'mmrec-random');
}

/** What is left of the raw data after the filters, under new ids. */
export interface FilteredPairs {
  readonly users: number;
  readonly items: number;
  readonly pairs: Pairs;
  /** [pairs] of the data's own split */
  readonly labels: Uint8Array | null;
  /** [pairs] */
  readonly times: Float64Array | null;
}

/** Draws the labels of a split and says in a remark how. */
export function drawSplit(split: SplitName, kept: FilteredPairs, seed: number, remarks: string[]): Uint8Array {
  const { users, items, pairs, times } = kept;
  const random = new RandomStreams(seed);
  switch (split) {
    case 'given':
      return present(kept.labels, 'labels');
    case 'mmrec-random':
      remarks.push(`split mmrec-random, drawn from seed ${seed}`);
      return splitMmrecRandom(users, pairs, random);
    case 'temporal-user':
      remarks.push("split temporal-user: each user's latest interactions are held out");
      return splitTemporalByUser(users, pairs, present(times, 'times'));
    case 'temporal-global':
      remarks.push('split temporal-global: two moments part training, validation and test');
      return splitTemporalGlobal(pairs, present(times, 'times'));
    case 'leave-one-out':
      remarks.push(
        times
          ? 'split leave-one-out, the latest held out'
          : `split leave-one-out without times, drawn from seed ${seed}`,
      );
      return splitLeaveOneOut(users, pairs, times, random);
    case 'item-cold-start':
      remarks.push(`split item-cold-start, drawn from seed ${seed}: a fifth of the items has no training interactions`);
      return splitItemColdStart(items, pairs, random);
  }
}

function present<T>(value: T | null, name: string): T {
  if (value !== null) return value;
  throw new AmrError({
    what: 'drawSplit',
    got: `no ${name}`,
    expected: `${name} for this split`,
    hint: 'chooseSplit checks this first',
    kind: 'internal',
  });
}
