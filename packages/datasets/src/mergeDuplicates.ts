import type { Pairs } from './interactions.js';

/**
 * Marks the pairs to keep: of equal pairs the first with the lowest label, so that what training knows is never a truth too.
 * @returns keep [pairs] 0 or 1, pairs dropped, and pairs that stood in more than one split
 */
export function mergeDuplicates(
  users: number,
  pairs: Pairs,
  labels: Uint8Array | null,
): { keep: Uint8Array; merged: number; acrossSplits: number } {
  const order = orderByUser(users, pairs.userIds);
  const keep = new Uint8Array(pairs.userIds.length).fill(1);
  const first = new Map<number, number>();
  let merged = 0;
  let acrossSplits = 0;
  let user = -1;
  for (const position of order) {
    if (pairs.userIds[position] !== user) {
      user = pairs.userIds[position];
      first.clear();
    }
    const item = pairs.itemIds[position];
    const kept = first.get(item);
    if (kept === undefined) {
      first.set(item, position);
      continue;
    }
    merged++;
    const differs = labels !== null && labels[kept] !== labels[position];
    if (differs) acrossSplits++;
    const better = differs && labels !== null && labels[position] < labels[kept];
    keep[better ? kept : position] = 0;
    if (better) first.set(item, position);
  }
  return { keep, merged, acrossSplits };
}

/** Positions sorted by user, in file order within a user. Counting sort: linear in pairs and users. */
export function orderByUser(users: number, userIds: Int32Array): Int32Array {
  const next = new Int32Array(users + 1);
  for (const user of userIds) next[user + 1]++;
  for (let user = 0; user < users; user++) next[user + 1] += next[user];
  const order = new Int32Array(userIds.length);
  for (let n = 0; n < userIds.length; n++) order[next[userIds[n]]++] = n;
  return order;
}
