import { AmrError } from '@agentmmrec/core';
import type { Interactions } from '../contract.js';

/** Pairs (userIds[n], itemIds[n]) of dense ids. */
export interface Pairs {
  /** [n] int32 */
  readonly userIds: Int32Array;
  /** [n] int32 */
  readonly itemIds: Int32Array;
}

/**
 * The pairs grouped by user, items ascending. Pairs must be distinct and in range.
 * @throws AmrError internal: an id out of range or a pair given twice
 */
export function buildInteractions(users: number, items: number, pairs: Pairs): Interactions {
  const offsets = new Int32Array(users + 1);
  for (let n = 0; n < pairs.userIds.length; n++) {
    const user = pairs.userIds[n];
    const item = pairs.itemIds[n];
    if (user < 0 || user >= users || item < 0 || item >= items) {
      throw invariant(`pair (${user}, ${item})`, `ids below ${users} and ${items}`);
    }
    offsets[user + 1]++;
  }
  for (let user = 0; user < users; user++) offsets[user + 1] += offsets[user];
  const next = offsets.slice(0, users);
  const itemIds = new Int32Array(pairs.userIds.length);
  for (let n = 0; n < pairs.userIds.length; n++) itemIds[next[pairs.userIds[n]]++] = pairs.itemIds[n];
  for (let user = 0; user < users; user++) {
    const row = itemIds.subarray(offsets[user], offsets[user + 1]).sort();
    for (let n = 1; n < row.length; n++) {
      if (row[n] === row[n - 1]) throw invariant(`pair (${user}, ${row[n]}) twice`, 'distinct pairs');
    }
  }
  return { users, items, offsets, itemIds };
}

function invariant(got: string, expected: string): AmrError {
  return new AmrError({
    what: 'buildInteractions',
    got,
    expected,
    hint: 'merge duplicates and map ids first',
    kind: 'internal',
  });
}

/** The items of a user, ascending: a view. */
export function itemsOf(interactions: Interactions, user: number): Int32Array {
  return interactions.itemIds.subarray(interactions.offsets[user], interactions.offsets[user + 1]);
}

/** Whether the user has the item, by binary search. */
export function hasInteraction(interactions: Interactions, user: number, item: number): boolean {
  let low = interactions.offsets[user];
  let high = interactions.offsets[user + 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (interactions.itemIds[middle] < item) low = middle + 1;
    else high = middle;
  }
  return low < interactions.offsets[user + 1] && interactions.itemIds[low] === item;
}

/** All pairs in ascending order of user and item. */
export function pairsOf(interactions: Interactions): Pairs {
  const userIds = new Int32Array(interactions.itemIds.length);
  for (let user = 0; user < interactions.users; user++) {
    userIds.fill(user, interactions.offsets[user], interactions.offsets[user + 1]);
  }
  return { userIds, itemIds: interactions.itemIds };
}

/** How many interactions each item has, [items]. */
export function itemDegrees(interactions: Interactions): Int32Array {
  const degrees = new Int32Array(interactions.items);
  for (const item of interactions.itemIds) degrees[item]++;
  return degrees;
}
