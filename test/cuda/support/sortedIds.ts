import { type Device, type IdPart, type Ints, openDevice, type SortedIds } from '@agentmmrec/kernels';
import { expect } from '@jest/globals';

const cpu = openDevice('cpu');

/** Ids that go beyond a tile of the sort, and beyond a warp of pieces. */
export const largeIds: readonly (readonly [name: string, count: number, bound: number])[] = [
  ['beyond a tile of the sort', 513, 100],
  ['beyond a warp of pieces', 9000, 700],
  ['all different', 1025, 2 ** 31 - 1],
  ['all the same', 1300, 1],
  ['as many as one block sorts', 8192, 2 ** 19],
  ['one more than one block sorts', 8193, 2 ** 19],
  ['an id too large for one block', 3000, 2 ** 19 + 1],
];

const parts = (on: Device, lists: readonly (readonly number[])[], adds: readonly number[]): IdPart[] =>
  lists.map((ids, i) => ({ ids: on.upload(Int32Array.from(ids)), add: adds[i] }));

function values(on: Device, sorted: SortedIds) {
  const read = (memory: Ints) => [...on.read(memory)];
  const { ids, places, order, segmentOffsets, segmentIds } = sorted;
  return {
    ids: read(ids),
    places: read(places),
    order: read(order),
    offsets: read(segmentOffsets),
    segmentIds: read(segmentIds),
  };
}

/** Compares the card's runs with the CPU's; the card's surplus segments are empty and repeat the last id. */
export function expectSameRuns(
  device: Device,
  lists: readonly (readonly number[])[],
  adds: readonly number[],
  perRow: number,
): void {
  const here = values(device, device.sortIds(parts(device, lists, adds), perRow));
  const sorted = cpu.sortIds(parts(cpu, lists, adds), perRow);
  const there = values(cpu, sorted);
  const [runs, n] = [sorted.segments, there.ids.length];
  expect(here.ids).toEqual(there.ids);
  expect(here.places).toEqual(there.places);
  expect(here.order).toEqual(there.order);
  expect(here.offsets.slice(0, runs + 1)).toEqual(there.offsets);
  expect(here.segmentIds.slice(0, runs)).toEqual(there.segmentIds);
  expect(here.offsets.slice(runs)).toEqual(new Array(n - runs + 1).fill(n));
  expect(here.segmentIds.slice(runs)).toEqual(new Array(n - runs).fill(there.segmentIds.at(-1)));
}
