import type { Pairs } from '../dataset/interactions.js';
import type { RawDataset } from '../formats/rawDataset.js';

/** Which users and items are left, in their new order. */
export interface Numbering {
  /** old number of each new user and item */
  readonly oldUsers: Int32Array;
  readonly oldItems: Int32Array;
}

/**
 * Filters leave holes, so what passes them is numbered anew by first appearance. Without filters the reader's numbering stays,
 * users and items without interactions included.
 */
export function numberIds(raw: RawDataset, keep: Uint8Array, filtered: boolean): Numbering {
  if (raw.keepsAllIds && !filtered) return { oldUsers: range(raw.userIds.length), oldItems: range(raw.itemIds.length) };
  return {
    oldUsers: byFirstAppearance(raw.userIds.length, raw.pairs.userIds, keep),
    oldItems: byFirstAppearance(raw.itemIds.length, raw.pairs.itemIds, keep),
  };
}

function range(length: number): Int32Array {
  return Int32Array.from({ length }, (_, n) => n);
}

function byFirstAppearance(count: number, ids: Int32Array, keep: Uint8Array): Int32Array {
  const seen = new Uint8Array(count);
  const order = new Int32Array(count);
  let found = 0;
  for (let n = 0; n < ids.length; n++) {
    if (!keep[n] || seen[ids[n]]) continue;
    seen[ids[n]] = 1;
    order[found++] = ids[n];
  }
  return order.slice(0, found);
}

/** The values whose mark is `mark`. `filter` would gather millions of them as objects first. */
export function marked<T extends Uint8Array | Int32Array | Float64Array>(
  values: T,
  marks: Uint8Array,
  mark: number,
): T {
  const count = marks.reduce((sum, own) => sum + (own === mark ? 1 : 0), 0);
  const found = new (values.constructor as new (length: number) => T)(count);
  for (let n = 0, at = 0; n < marks.length; n++) if (marks[n] === mark) found[at++] = values[n];
  return found;
}

/** The kept pairs under their new numbers. */
export function renumber(pairs: Pairs, keep: Uint8Array, numbering: Numbering): Pairs {
  const renumbered = (ids: Int32Array, old: Int32Array) => {
    const numbers = inverse(old);
    return marked(ids, keep, 1).map((id) => numbers[id]);
  };
  return {
    userIds: renumbered(pairs.userIds, numbering.oldUsers),
    itemIds: renumbered(pairs.itemIds, numbering.oldItems),
  };
}

/** The new number at the place of each old one that is left. */
function inverse(old: Int32Array): Int32Array {
  const numbers = new Int32Array(old.reduce((most, id) => Math.max(most, id + 1), 0));
  old.forEach((id, number) => {
    numbers[id] = number;
  });
  return numbers;
}
