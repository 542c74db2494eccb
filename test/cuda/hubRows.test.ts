import { type Device, type Floats, loadEmulatedAddon, openDevice, segmentsOf } from '@agentmmrec/kernels';
import { afterEach, describe, expect, test } from '@jest/globals';

// A row of 100,000 entries beside short, empty and middling ones. Values are whole numbers, so sums are equal, not close.

const HUB = 100_000;
const { setReverseOrder, counters } = loadEmulatedAddon();
afterEach(() => setReverseOrder(false));

/** Rows before and after the hub end inside its pieces of 128; two long rows meet in one. */
const lengths = [3, 0, 700, HUB, 1, 129, 128, 0, 40];
const hub = lengths.indexOf(HUB);
const offsets = Int32Array.from([0, ...lengths.map((_, row) => lengths.slice(0, row + 1).reduce((a, b) => a + b, 0))]);
const entries = offsets[lengths.length];
const COLS = 1009;
const indices = Int32Array.from({ length: entries }, (_, e) => (e * 7919) % COLS);
const values = Float32Array.from({ length: entries }, (_, e) => (e % 5) - 2);

const whole = (length: number) => Float32Array.from({ length }, (_, i) => (i % 7) - 3);

function expectedRow(row: number, x: Float32Array, d: number): number[] {
  const sum = new Array<number>(d).fill(0);
  for (let e = offsets[row]; e < offsets[row + 1]; e++) {
    for (let c = 0; c < d; c++) sum[c] += values[e] * x[indices[e] * d + c];
  }
  return sum;
}

/** What the kernel leaves with threads forwards and backwards, and its launches. */
function bothOrders(run: (device: Device) => Floats): { results: Float32Array[]; launches: number } {
  const device = openDevice('cuda-emulated');
  const before = counters().launches;
  const results = [false, true].map((reverse) => {
    setReverseOrder(reverse);
    return device.read(run(device));
  });
  return { results, launches: (counters().launches - before) / 2 };
}

describe.each([4, 3, 64])('%i columns', (d) => {
  const x = whole(COLS * d);
  const matrix = { rows: lengths.length, cols: COLS, offsets, indices, values };

  test('spmm', () => {
    const expected = Float32Array.from(lengths.flatMap((_, row) => expectedRow(row, x, d)));
    const { results } = bothOrders((device) => {
      const out = device.floats(lengths.length * d);
      device.kernels.spmm({ out, a: device.uploadCsr(matrix), x: device.upload(x), d });
      return out;
    });
    for (const result of results) expect(result).toEqual(expected);
  });

  test.each([
    ['the hub twice', [hub, 8, 0, hub, 2, 5]],
    ['no hub', [0, 6, 8]],
  ])('spmmRows with %s', (_, rowIds) => {
    const expected = Float32Array.from(rowIds.flatMap((row) => expectedRow(row, x, d)));
    const { results, launches } = bothOrders((device) => {
      const out = device.floats(rowIds.length * d);
      const ids = device.upload(Int32Array.from(rowIds));
      device.kernels.spmmRows({ out, a: device.uploadCsr(matrix), rowIds: ids, x: device.upload(x), d });
      return out;
    });
    for (const result of results) expect(result).toEqual(expected);
    expect(launches).toBe(3); // marks of the rows asked for, rows and pieces, long rows from their pieces
  });

  test('scatterRows of one id 100,000 times', () => {
    const ids = Int32Array.from({ length: HUB + 900 }, (_, i) => (i % 1009 === 1 ? 4 : 2));
    const rows = whole(ids.length * d);
    const start = whole(6 * d);
    const expected = start.slice();
    ids.forEach((id, i) => {
      for (let c = 0; c < d; c++) expected[id * d + c] += 2 * rows[i * d + c];
    });
    const { order, segmentOffsets, segmentIds } = segmentsOf(ids);
    const { results, launches } = bothOrders((device) => {
      const out = device.upload(start);
      const [orderHere, offsetsHere, idsHere] = [order, segmentOffsets, segmentIds].map((ints) => device.upload(ints));
      const segments = { order: orderHere, segmentOffsets: offsetsHere, segmentIds: idsHere };
      device.kernels.scatterRows({ out, rows: device.upload(rows), ...segments, d, alpha: 2 });
      return out;
    });
    for (const result of results) expect(result).toEqual(expected);
    expect(launches).toBe(1); // the last piece of a long row ends it
  });
});

test('products with a matrix without a long row are one launch each', () => {
  const device = openDevice('cuda-emulated');
  const offsets = Int32Array.of(0, 128, 131);
  const a = device.uploadCsr({ rows: 2, cols: 128, offsets, indices: ascending(131), values: null });
  const [out, x, rowIds] = [device.floats(8), device.upload(whole(128 * 4)), device.upload(Int32Array.of(1, 0))];
  const before = counters().launches;
  device.kernels.spmm({ out, a, x, d: 4 });
  device.kernels.spmmRows({ out, a, x, d: 4, rowIds });
  expect(counters().launches - before).toBe(2);
});

/** 0 to 127, then 0, 1, 2. */
function ascending(length: number): Int32Array {
  return Int32Array.from({ length }, (_, e) => e % 128);
}
