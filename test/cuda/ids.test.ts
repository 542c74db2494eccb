import { type CudaDevice, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expectSameRuns, largeIds } from './support/sortedIds.js';

const { setReverseOrder } = loadEmulatedAddon();
const device = openDevice('cuda-emulated') as CudaDevice;
const cpu = openDevice('cpu');
afterEach(() => setReverseOrder(false));

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
            device,
            lists,
            all.map(([, add]) => add),
            perRow,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each(largeIds)('%s', (_, count, bound) => {
    for (const reverse of [false, true]) {
      setReverseOrder(reverse);
      expectSameRuns(device, [Array.from({ length: count }, (_, i) => (i * 48271) % bound)], [0], 1);
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
