import { AmrError, Breather } from '@agentmmrec/core';
import { DropCounter, type DroppedRows } from '../formats/droppedRows.js';
import type { RawDataset } from '../formats/rawDataset.js';
import type { AssemblyChoices } from './choices.js';
import { filterKCore } from './kCore.js';
import { mergeDuplicates } from './mergeDuplicates.js';

/** Which of a data set's pairs stay. */
export interface KeptPairs {
  /** [pairs] 0 or 1 */
  readonly keep: Uint8Array;
  /** duplicates among those left out */
  readonly merged: number;
  /** a rating filter or a k-core was asked for */
  readonly filtered: boolean;
  readonly dropped: readonly DroppedRows[];
}

type Choices = Pick<AssemblyChoices, 'splitBy' | 'minRating' | 'kCore'>;

/**
 * Rating filter, then duplicates, then k-core: a pair that was rated twice stays when either rating passes.
 * @param remarks gets a sentence for each filter that left something out
 * @throws AmrError input: a rating filter for data without ratings
 */
export async function filterPairs(raw: RawDataset, choices: Choices, remarks: string[]): Promise<KeptPairs> {
  const breather = new Breather();
  const { pairs } = raw;
  const { minRating } = choices;
  const keep = new Uint8Array(pairs.userIds.length).fill(1);
  const drops = new DropCounter();
  if (minRating !== undefined) filterRatings(raw, minRating, keep, drops, remarks);
  const labels = choices.splitBy === undefined || choices.splitBy === 'given' ? raw.labels : null;
  const facts = { labels, times: raw.timestamps };
  const { merged, acrossSplits } = mergeDuplicates(raw.userIds.length, pairs, facts, keep);
  await breather.breathe();
  drops.add('duplicate interactions, merged', merged);
  if (merged > 0) remarks.push(`${merged} duplicate interactions are merged`);
  if (acrossSplits > 0) {
    remarks.push(`${acrossSplits} of them stood in two splits and count for the earlier one (train, validation, test)`);
  }
  const k = choices.kCore ?? raw.defaultKCore;
  if (k > 0) {
    const dropped = filterKCore(raw.userIds.length, raw.itemIds.length, pairs, k, keep);
    drops.add(`outside the ${k}-core`, dropped);
    remarks.push(
      dropped === 0
        ? `${k}-core: every user and item has ${k} interactions or more`
        : `${k}-core: ${dropped} interactions of users or items with fewer than ${k} are left out`,
    );
  }
  return { keep, merged, filtered: k > 0 || minRating !== undefined, dropped: drops.list() };
}

function filterRatings(
  { name, ratings }: RawDataset,
  least: number,
  keep: Uint8Array,
  drops: DropCounter,
  remarks: string[],
): void {
  if (ratings === null) {
    throw new AmrError({
      what: `data set ${name}, minRating`,
      got: String(least),
      expected: 'a column of ratings in the data',
      hint: 'leave the rating filter out',
    });
  }
  let low = 0;
  for (let n = 0; n < keep.length; n++) {
    if (ratings[n] >= least) continue;
    keep[n] = 0;
    low++;
  }
  drops.add(`rated below ${least}`, low);
  remarks.push(`${low} interactions rated below ${least} are left out`);
}
