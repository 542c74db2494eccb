import type { RandomStreams } from '@agentmmrec/core';
import type { Pairs } from '../dataset/interactions.js';
import { orderByUser } from './mergeDuplicates.js';

/** Split labels, as the `.inter` format writes them. */
export const splitLabel = { train: 0, validation: 1, test: 2 } as const;

/**
 * The split of the MMRec library: per user a seeded shuffle; users with fewer than 10 items give exactly one validation and one
 * test item, the others int(0.2 n), validation the smaller half. A user with one or two items gives nothing: all stay in
 * training (a 5-core has no such user).
 * @returns label of each pair
 */
export function splitMmrecRandom(users: number, pairs: Pairs, random: RandomStreams): Uint8Array {
  const labels = new Uint8Array(pairs.userIds.length);
  const order = orderByUser(users, pairs.userIds);
  for (let start = 0; start < order.length; ) {
    const user = pairs.userIds[order[start]];
    let end = start;
    while (end < order.length && pairs.userIds[order[end]] === user) end++;
    const { validation, test } = heldOutCounts(end - start);
    // One stream a user: the draw of a user does not depend on who else is in the data.
    const shuffled = random.stream('split', user).shuffle(order.slice(start, end));
    for (let n = 0; n < validation + test; n++) {
      labels[shuffled[n]] = n < validation ? splitLabel.validation : splitLabel.test;
    }
    start = end;
  }
  return labels;
}

/** How many of a user's n items are held out. */
export function heldOutCounts(n: number): { validation: number; test: number } {
  if (n < 3) return { validation: 0, test: 0 };
  if (n < 10) return { validation: 1, test: 1 };
  // int(0.2 n), in integers: 0.2 n itself falls below whole numbers for some n in floating point.
  const heldOut = Math.floor(n / 5);
  const validation = Math.floor(heldOut / 2);
  return { validation, test: heldOut - validation };
}
