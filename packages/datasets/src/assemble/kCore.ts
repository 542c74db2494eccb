import type { Pairs } from '../dataset/interactions.js';

/**
 * The k-core: drops users and items with fewer than k of the kept pairs until none is left that has. Changes `keep` in place.
 * @returns pairs dropped
 */
export function filterKCore(users: number, items: number, pairs: Pairs, k: number, keep: Uint8Array): number {
  let dropped = 0;
  for (;;) {
    const userDegrees = new Int32Array(users);
    const itemDegrees = new Int32Array(items);
    for (let n = 0; n < keep.length; n++) {
      if (!keep[n]) continue;
      userDegrees[pairs.userIds[n]]++;
      itemDegrees[pairs.itemIds[n]]++;
    }
    const before = dropped;
    for (let n = 0; n < keep.length; n++) {
      if (keep[n] && (userDegrees[pairs.userIds[n]] < k || itemDegrees[pairs.itemIds[n]] < k)) {
        keep[n] = 0;
        dropped++;
      }
    }
    if (dropped === before) return dropped;
  }
}
