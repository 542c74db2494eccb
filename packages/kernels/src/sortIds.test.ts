import { describe, expect, test } from '@jest/globals';
import { openDevice } from './open.js';

const device = openDevice('cpu', { threads: 1 });

describe('ids on the CPU', () => {
  test('sortIds joins the parts and finds the runs', () => {
    const users = Int32Array.of(2, 0, 2);
    const items = Int32Array.of(1, 1);
    const sorted = device.sortIds([{ ids: users }, { ids: items, add: 10 }]);
    expect(sorted).toEqual({
      ids: Int32Array.of(2, 0, 2, 11, 11),
      places: Int32Array.of(1, 0, 1, 2, 2),
      order: Int32Array.of(1, 0, 2, 3, 4),
      segmentOffsets: Int32Array.of(0, 1, 3, 5),
      segmentIds: Int32Array.of(0, 2, 11),
      segments: 3,
      distinct: null,
    });
  });

  test('with several ids a row, order names rows', () => {
    const { order, segmentIds } = device.sortIds([{ ids: Int32Array.of(5, 1, 1, 5) }], 2);
    expect(order).toEqual(Int32Array.of(0, 1, 0, 1));
    expect(segmentIds).toEqual(Int32Array.of(1, 5));
  });

  test('all five arrays are the caller’s: the inputs stay, the pool gets all of it back', () => {
    const ids = Int32Array.of(3, 1);
    const before = device.memory().usedBytes;
    const sorted = device.sortIds([{ ids }]);
    for (const memory of [sorted.ids, sorted.places, sorted.order, sorted.segmentOffsets, sorted.segmentIds])
      device.release(memory);
    expect(device.memory().usedBytes).toBe(before);
    expect(ids).toEqual(Int32Array.of(3, 1));
  });

  test('gatherIds takes whole rows of a table of ids', () => {
    const table = Int32Array.of(1, 2, 3, 4, 5, 6);
    expect(device.gatherIds(table, Int32Array.of(2, 0), 2)).toEqual(Int32Array.of(5, 6, 1, 2));
  });
});
