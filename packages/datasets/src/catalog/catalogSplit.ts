import type { RandomStreams } from '@agentmmrec/core';
import { splitLabel, splitMmrecRandom } from '../assemble/split.js';

/** Labels of a catalog whose newest items nobody could train on. */
export interface CatalogSplit {
  /** [users][interactions of the user], as `splitLabel` has them */
  readonly labels: readonly Uint8Array[];
  /** [items] 1 for a new item */
  readonly cold: Uint8Array;
}

/**
 * Draws the new items of a catalog: half of them are met in validation only, half in test only. All other interactions are split
 * as MMRec does, so that both splits ask for old and new items.
 * @param share of the items that are new
 */
export function drawCatalogSplit(
  choices: readonly Int32Array[],
  items: number,
  share: number,
  random: RandomStreams,
): CatalogSplit {
  const drawn = random.stream('new items').shuffle(Int32Array.from({ length: items }, (_, item) => item));
  const count = Math.round(share * items);
  const cold = new Uint8Array(items);
  const labelOf = new Uint8Array(items);
  drawn.subarray(0, count).forEach((item, n) => {
    cold[item] = 1;
    labelOf[item] = n < count / 2 ? splitLabel.validation : splitLabel.test;
  });
  const warm = choices.map((chosen) => chosen.filter((item) => !cold[item]));
  const pairs = {
    userIds: Int32Array.from(warm.flatMap((chosen, user) => Array.from(chosen, () => user))),
    itemIds: Int32Array.from(warm.flatMap((chosen) => Array.from(chosen))),
  };
  const warmLabels = splitMmrecRandom(choices.length, pairs, random);
  let next = 0;
  const labels = choices.map((chosen) =>
    Uint8Array.from(chosen, (item) => (cold[item] ? labelOf[item] : warmLabels[next++])),
  );
  return { labels, cold };
}
