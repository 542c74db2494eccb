import type { Ints } from '@agentmmrec/kernels';
import type { Batch } from '../contract/data.js';
import type { StepMemory } from './stepMemory.js';

/** The rows a batch names in one table [users + items, d], and their runs of equal ones as `scatterRows` takes them. */
export interface BatchNodes {
  /** [3 batch] rows of the users, then of the positives, then of the negatives */
  readonly nodes: Ints;
  /** [3 batch] for each of them the place of its run */
  readonly places: Ints;
  readonly order: Ints;
  readonly segmentOffsets: Ints;
  /** the distinct rows, ascending */
  readonly segmentIds: Ints;
  /** how many they are; on a card 3 batch (see `SortedIds.segments`) */
  readonly distinct: number;
}

export function batchNodes(batch: Batch, users: number, memory: StepMemory): BatchNodes {
  const items = [batch.positives, batch.negatives].map((ids) => ({ ids, add: users }));
  const { ids, places, order, segmentOffsets, segmentIds, segments } = memory.sorted([{ ids: batch.users }, ...items]);
  return { nodes: ids, places, order, segmentOffsets, segmentIds, distinct: segments };
}
