import { AmrError } from '@agentmmrec/core';
import { GrowingArray } from '../files/growingArray.js';
import type { RawDataset } from './rawDataset.js';

/** Interactions as a reader meets them, row by row. A column that is given for one row is given for all. */
export class InteractionRows {
  private readonly userIds = new GrowingArray(Int32Array);
  private readonly itemIds = new GrowingArray(Int32Array);
  private readonly ratings = new GrowingArray(Float32Array);
  private readonly times = new GrowingArray(Float64Array);
  private readonly labels = new GrowingArray(Uint8Array);

  get length(): number {
    return this.userIds.length;
  }

  /** @param user number of the user; `item` of the item; `label` of the split: 0 train, 1 validation, 2 test */
  add(user: number, item: number, rating?: number, time?: number, label?: number): void {
    this.userIds.push(user);
    this.itemIds.push(item);
    if (rating !== undefined) this.ratings.push(rating);
    if (time !== undefined) this.times.push(time);
    if (label !== undefined) this.labels.push(label);
  }

  /** Hands the rows over as a raw data set has them; nothing is left here. @throws AmrError input: a column of some rows only */
  take(): Pick<RawDataset, 'pairs' | 'ratings' | 'timestamps' | 'labels'> {
    const [ratings, timestamps, labels] = [this.ratings, this.times, this.labels];
    requireAll('rating', ratings.length, this.length);
    requireAll('timestamp', timestamps.length, this.length);
    return {
      pairs: { userIds: this.userIds.take(), itemIds: this.itemIds.take() },
      ratings: ratings.length > 0 ? ratings.take() : null,
      timestamps: timestamps.length > 0 ? timestamps.take() : null,
      labels: labels.length > 0 ? labels.take() : null,
    };
  }
}

function requireAll(column: string, rows: number, all: number): void {
  if (rows === 0 || rows === all) return;
  throw new AmrError({
    what: `the column ${column} of the interactions`,
    got: `a value for ${rows} of ${all} rows`,
    expected: 'one for all of them or for none',
    hint: `complete the files, or leave it out: --columns ${column}=`,
  });
}
