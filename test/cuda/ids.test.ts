import {
  type CudaDevice,
  type IdPart,
  type Ints,
  loadEmulatedAddon,
  openDevice,
  type SortedIds,
} from '@agentmmrec/kernels';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

const { setReverseOrder } = loadEmulatedAddon();
const device = openDevice('cuda-emulated') as CudaDevice;
const cpu = openDevice('cpu');
afterEach(() => setReverseOrder(false));

const parts = (on: typeof cpu, lists: readonly (readonly number[])[], adds: readonly number[]): IdPart[] =>
  lists.map((ids, i) => ({ ids: on.upload(Int32Array.from(ids)), add: adds[i] }));

function values(on: typeof cpu, sorted: SortedIds) {
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
function expectSameRuns(lists: readonly (readonly number[])[], adds: readonly number[], perRow: number): void {
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

describe('sortIds on a card', () => {
  test('equals the CPU’s for any parts', () => {
    const part = fc.tuple(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 }), fc.integer({ min: 0, max: 50 }));
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (all, perRow, back) => {
          setReverseOrder(back);
          const lists = all.map(([ids]) => ids);
          expectSameRuns(
            lists,
            all.map(([, add]) => add),
            perRow,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each([
    ['beyond a tile of the sort', 513, 100],
    ['beyond a warp of pieces', 9000, 700],
    ['all different', 1025, 2 ** 31 - 1],
    ['all the same', 1300, 1],
  ])('%s', (_, count, bound) => {
    for (const reverse of [false, true]) {
      setReverseOrder(reverse);
      expectSameRuns([Array.from({ length: count }, (_, i) => (i * 48271) % bound)], [0], 1);
    }
  });

  test('needs nothing of the host: no copy either way, also for what uses the runs', () => {
    const d = 8;
    const ids = device.upload(Int32Array.from({ length: 600 }, (_, i) => (i * 7) % 50));
    const rows = device.upload(Float32Array.from({ length: 600 * d }, (_, i) => i % 11));
    const out = device.floats(50 * d);
    const table = device.upload(Int32Array.from({ length: 100 }, (_, i) => 99 - i));
    const before = device.usage();
    const { order, segmentOffsets, segmentIds } = device.sortIds([{ ids: ids.subarray(0, 600) }]);
    device.kernels.scatterRows({ out, rows, order, segmentOffsets, segmentIds, d });
    device.gatherIds(table, segmentIds, 2);
    const after = device.usage();
    expect([after.copiesToDevice, after.copiesToHost]).toEqual([before.copiesToDevice, before.copiesToHost]);
    const expected = new Float32Array(50 * d);
    for (let i = 0; i < 600 * d; i++) expected[((Math.floor(i / d) * 7) % 50) * d + (i % d)] += i % 11;
    expect(device.read(out)).toEqual(expected);
  });

  test('runs written over are ids like any others again', () => {
    const { order, segmentOffsets, segmentIds } = device.sortIds([{ ids: device.upload(Int32Array.of(2, 0, 2)) }]);
    device.write(segmentIds, Int32Array.of(0, 2, 2));
    const call = { out: device.floats(3), rows: device.floats(3), order, segmentOffsets, segmentIds, d: 1 };
    expect(() => device.kernels.scatterRows(call)).toThrow('ids that do not ascend');
  });

  test('refuses ids below 0 and past int32', () => {
    const ids = device.upload(Int32Array.of(3, -1));
    expect(() => device.sortIds([{ ids }])).toThrow('sortIds: got ids from -1 to 3, expected ids from 0 to 2147483647');
    expect(() => device.sortIds([{ ids: device.upload(Int32Array.of(5)), add: 2147483645 }])).toThrow('to 2147483650');
  });
});

describe('gatherIds on a card', () => {
  test('equals the CPU’s, and its range is known', () => {
    const table = Int32Array.from({ length: 60 }, (_, i) => (i * 31) % 60);
    const ids = Int32Array.of(4, 0, 19, 4);
    const [here, there] = [device, cpu].map((on) => on.gatherIds(on.upload(table), on.upload(ids), 3));
    expect(device.read(here)).toEqual(cpu.read(there));
    const { copiesToHost } = device.usage();
    device.gatherIds(device.upload(new Int32Array(60)), here.subarray(0, 12), 1);
    expect(device.usage().copiesToHost).toBe(copiesToHost);
  });

  test('refuses rows the table lacks', () => {
    const table = device.upload(new Int32Array(6));
    const gather = (ids: Int32Array, width: number) => device.gatherIds(table, device.upload(ids), width);
    expect(() => gather(Int32Array.of(0, 3), 2)).toThrow(
      'gatherIds, ids: got ids from 0 to 3, expected ids from 0 to 2',
    );
    expect(() => gather(Int32Array.of(0), 4)).toThrow('got 6 elements, expected whole rows of 4');
    expect(gather(new Int32Array(0), 2).length).toBe(0);
  });
});
