import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openDevice } from './open.js';
import { segmentsOf } from './sortSegments.js';

const device = openDevice('cpu', { threads: 1 });

test('runs of equal ids in sorted order, first come first', () => {
  expect(segmentsOf(Int32Array.of(3, 1, 3, 0))).toEqual({
    order: Int32Array.of(3, 1, 0, 2),
    segmentOffsets: Int32Array.of(0, 1, 2, 4),
    segmentIds: Int32Array.of(0, 1, 3),
  });
});

test('no ids give no segments', () => {
  const none = { order: new Int32Array(0), segmentOffsets: Int32Array.of(0), segmentIds: new Int32Array(0) };
  expect(segmentsOf(new Int32Array(0))).toEqual(none);
  expect(device.sortIds([{ ids: new Int32Array(0) }])).toMatchObject({ ...none, segments: 0 });
});

test('a negative id is refused', () => {
  expect(() => device.sortIds([{ ids: Int32Array.of(1, -1) }])).toThrow('sortSegments, argument ids: got index -1');
});

test('the plain version and the device’s equal a stable sort, for dense and for far-apart ids', () => {
  const ids = fc.oneof(
    fc.array(fc.nat({ max: 20 }), { maxLength: 200 }),
    fc.array(fc.nat({ max: 2 ** 31 - 2 }), { maxLength: 50 }),
  );
  fc.assert(
    fc.property(ids, (list) => {
      const { order, segmentOffsets, segmentIds } = segmentsOf(Int32Array.from(list));
      const expected = list.map((_, i) => i).sort((a, b) => list[a] - list[b] || a - b);
      expect([...order]).toEqual(expected);
      const spread = [...segmentIds].flatMap((id, s) => new Array(segmentOffsets[s + 1] - segmentOffsets[s]).fill(id));
      expect(spread).toEqual(expected.map((i) => list[i]));
      expect(new Set(segmentIds).size).toBe(segmentIds.length);
      expect(device.sortIds([{ ids: Int32Array.from(list) }])).toMatchObject({ order, segmentOffsets, segmentIds });
    }),
  );
});
