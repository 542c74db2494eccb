import type { Interactions } from '../contract.js';

/** Users whose number of training items lies in (low, high]. */
export interface SparsityGroup {
  /** `(5,10]` */
  readonly label: string;
  readonly low: number;
  /** Infinity for the last group */
  readonly high: number;
  /** ascending; users without training items are in no group */
  readonly userIds: Int32Array;
}

const bounds = [0, 5, 10, 20, Number.POSITIVE_INFINITY];

/** The users by number of training items, in the bounds of the field's sparsity studies: (0,5], (5,10], (10,20], (20,inf). */
export function sparsityGroups(train: Interactions): SparsityGroup[] {
  const userIds = Int32Array.from({ length: train.users }, (_, user) => user);
  return bounds.slice(1).map((high, n) => {
    const low = bounds[n];
    const inside = (user: number) => {
      const degree = train.offsets[user + 1] - train.offsets[user];
      return degree > low && degree <= high;
    };
    const label = Number.isFinite(high) ? `(${low},${high}]` : `(${low},inf)`;
    return { label, low, high, userIds: userIds.filter(inside) };
  });
}
