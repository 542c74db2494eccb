import type { RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '../contract.js';

/**
 * At most `most` interactions of each user, drawn without replacement from a stream of the user's own, so that another number of users
 * changes nothing. What is left out stands in no split.
 */
export function thinTraining(train: Interactions, most: number, random: RandomStreams): Interactions {
  const offsets = new Int32Array(train.users + 1);
  const itemIds: number[] = [];
  for (let user = 0; user < train.users; user++) {
    const own = train.itemIds.subarray(train.offsets[user], train.offsets[user + 1]);
    const kept =
      own.length > most
        ? random
            .stream('thinned', user)
            .sample(own, most)
            .sort((a, b) => a - b)
        : own;
    for (const item of kept) itemIds.push(item);
    offsets[user + 1] = itemIds.length;
  }
  return { ...train, offsets, itemIds: Int32Array.from(itemIds) };
}
