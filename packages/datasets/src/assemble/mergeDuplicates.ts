import type { Pairs } from '../dataset/interactions.js';

/** What decides between equal pairs. */
export interface DuplicateFacts {
  /** [pairs] of the data's own split, or null */
  readonly labels: Uint8Array | null;
  /** [pairs], or null */
  readonly times: Float64Array | null;
}

/**
 * Of equal pairs keeps the one with the lowest label, so that what training knows is never a truth too; of those the earliest,
 * which is when the user met the item; of those the first of the file. Changes `keep` in place; pairs that are out already do
 * not count.
 * @returns pairs dropped, and pairs that stood in more than one split
 */
export function mergeDuplicates(
  users: number,
  pairs: Pairs,
  { labels, times }: DuplicateFacts,
  keep: Uint8Array,
): { merged: number; acrossSplits: number } {
  const first = new Map<number, number>();
  let merged = 0;
  let acrossSplits = 0;
  let user = -1;
  const label = (position: number) => labels?.[position] ?? 0;
  for (const position of orderByUser(users, pairs.userIds)) {
    if (!keep[position]) continue;
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
    const later = label(position) - label(kept);
    if (later !== 0) acrossSplits++;
    const better = later < 0 || (later === 0 && times !== null && times[position] < times[kept]);
    keep[better ? kept : position] = 0;
    if (better) first.set(item, position);
  }
  return { merged, acrossSplits };
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
