import { AmrError, nearestName } from '@agentmmrec/core';

/** How the interactions are split: as the data says, drawn as the MMRec library does, by time, or by item. */
export const splitNames = [
  'given',
  'mmrec-random',
  'temporal-user',
  'temporal-global',
  'leave-one-out',
  'item-cold-start',
] as const;
/** The name of a split. */
export type SplitName = (typeof splitNames)[number];

/** What turns one reading of the files into different data. A prepared data set keeps them. */
export interface AssemblyChoices {
  /** draws the split and synthetic features */
  readonly splitSeed: number;
  /** default: `given` when the data comes with labels, else `mmrec-random` */
  readonly splitBy?: SplitName;
  /** keeps ratings of at least this value; default all */
  readonly minRating?: number;
  /** default: 5 for data without a split, none for data with one; 0 = none */
  readonly kCore?: number;
  /** at most this many training items of each user, drawn from `splitSeed`; default all */
  readonly trainingItems?: number;
  /** `synthetic[:384,4096]`: attaches seeded random features of these widths (text, image) */
  readonly features?: string;
}

/** Checks what a command line can get wrong. */
export function checkChoices({ splitBy, minRating, kCore, splitSeed, trainingItems }: AssemblyChoices): void {
  if (splitBy !== undefined && !splitNames.includes(splitBy)) {
    const near = nearestName(splitBy, splitNames);
    throw new AmrError({
      what: 'option splitBy',
      got: JSON.stringify(splitBy),
      expected: `one of ${splitNames.join(', ')}`,
      hint: near ? `did you mean "${near}"?` : 'leave it out to take the default',
    });
  }
  if (!Number.isSafeInteger(splitSeed)) throw notNumber('splitSeed', splitSeed, 'a whole number');
  if (minRating !== undefined && !Number.isFinite(minRating)) throw notNumber('minRating', minRating, 'a number');
  if (kCore !== undefined && !(Number.isInteger(kCore) && kCore >= 0)) {
    throw notNumber('kCore', kCore, 'a whole number from 0');
  }
  if (trainingItems !== undefined && !(Number.isInteger(trainingItems) && trainingItems >= 1)) {
    throw notNumber('trainingItems', trainingItems, 'a whole number from 1');
  }
}

function notNumber(name: string, got: number, expected: string): AmrError {
  return new AmrError({ what: `option ${name}`, got: String(got), expected, hint: 'see --help' });
}
