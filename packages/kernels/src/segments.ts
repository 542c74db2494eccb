import { AmrError } from '@agentmmrec/core';

/** Runs of equal ids in sorted order: what `scatterRows` needs to add rows without two threads meeting in one target. */
export interface Segments {
  /** [n] positions in `ids`, ids ascending, equal ids in their original order */
  readonly order: Int32Array;
  /** [segments + 1] where each run starts in `order` */
  readonly segmentOffsets: Int32Array;
  /** [segments] the id of each run, ascending */
  readonly segmentIds: Int32Array;
}

/** Sorts ids (not negative) into segments. O(n log n), or O(n) when the ids are dense. */
export function sortSegments(ids: Int32Array): Segments {
  let largest = -1;
  for (const id of ids) {
    if (id < 0) {
      throw new AmrError({
        what: 'sortSegments',
        got: `id ${id}`,
        expected: 'ids of at least 0',
        hint: 'pass row numbers',
        kind: 'internal',
      });
    }
    if (id > largest) largest = id;
  }
  const dense = largest < 32 * ids.length || (largest + 1) * ids.length > Number.MAX_SAFE_INTEGER;
  const order = dense ? orderByCounting(ids, largest) : orderByKeys(ids);
  return { order, ...runs(ids, order) };
}

function orderByCounting(ids: Int32Array, largest: number): Int32Array {
  const next = new Int32Array(largest + 2);
  for (const id of ids) next[id + 1]++;
  for (let id = 0; id <= largest; id++) next[id + 1] += next[id];
  const order = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i++) order[next[ids[i]]++] = i;
  return order;
}

/** Sorts numbers that hold id and position at once, which the engine does without calling back. */
function orderByKeys(ids: Int32Array): Int32Array {
  const n = ids.length;
  const keys = Float64Array.from(ids, (id, i) => id * n + i).sort();
  return Int32Array.from(keys, (key) => key % n);
}

function runs(ids: Int32Array, order: Int32Array): Omit<Segments, 'order'> {
  const starts = new Int32Array(order.length + 1);
  const segmentIds = new Int32Array(order.length);
  let segments = 0;
  for (let i = 0; i < order.length; i++) {
    const id = ids[order[i]];
    if (segments > 0 && segmentIds[segments - 1] === id) continue;
    starts[segments] = i;
    segmentIds[segments++] = id;
  }
  starts[segments] = order.length;
  return { segmentOffsets: starts.slice(0, segments + 1), segmentIds: segmentIds.slice(0, segments) };
}
