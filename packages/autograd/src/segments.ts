import { type Device, type Ints, sortSegments } from '@agentmmrec/kernels';
import type { Segments } from './primitive.js';

/**
 * The runs of equal ids of `ids` as `scatterRows` takes them, in memory of the device's pool; the caller releases the three
 * arrays. With `perRow` > 1 the ids are a [n, perRow] table and `order` names its rows: each row of a gradient then goes to
 * every id of its table row.
 */
export function uploadSegments(device: Device, ids: Int32Array, perRow = 1): Segments {
  const sorted = sortSegments(ids);
  const order = perRow === 1 ? sorted.order : sorted.order.map((position) => Math.floor(position / perRow));
  return {
    order: pooledInts(device, order),
    segmentOffsets: pooledInts(device, sorted.segmentOffsets),
    segmentIds: pooledInts(device, sorted.segmentIds),
  };
}

/** A pooled copy of host ids, to be released by the caller. */
export function pooledInts(device: Device, source: Int32Array): Ints {
  const memory = device.ints(source.length, 'any');
  device.write(memory, source);
  return memory;
}
