import { describe, expect, test } from '@jest/globals';
import { instructionSets, openDevice } from './open.js';

/** One row that names the one row of x `entries` times. */
function repeated(entries: number) {
  return {
    rows: 1,
    cols: 1,
    offsets: Int32Array.of(0, entries),
    indices: new Int32Array(entries),
    values: null,
  };
}

describe.each(instructionSets())('bf16 on %s', (isa) => {
  const device = openDevice('cpu', { isa, threads: 1 });
  const kernels = device.kernelsIn('bf16');

  // 64 columns lie two in a word, 3 one in a word; half of a step goes to the even side, not a number stays one
  test.each([64, 16, 3])('rounds to nearest, ties to even, over %i columns', (d) => {
    const pattern: [value: number, rounded: number][] = [
      [1 + 2 ** -8, 1],
      [1 + 3 * 2 ** -8, 1 + 2 ** -6],
      [1 + 2 ** -8 + 2 ** -20, 1 + 2 ** -7],
      [-1 - 2 ** -9, -1],
      [Number.NaN, Number.NaN],
      [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      [3.4e38, Number.POSITIVE_INFINITY],
    ];
    const at = (column: number) => pattern[column % pattern.length];
    const x = Float32Array.from({ length: d }, (_, column) => at(column)[0]);
    const out = device.floats(d);
    kernels.spmm({ out, a: device.uploadCsr(repeated(16)), x: device.upload(x), d });
    expect([...device.read(out)]).toEqual(Array.from({ length: d }, (_, column) => 16 * at(column)[1]));
  });

  test('rounds where a graph has sixteen entries a row, not below', () => {
    const x = device.upload(Float32Array.of(1 + 2 ** -9));
    const [product, readout] = [device.floats(1), device.floats(1)];
    const both = (entries: number) => {
      const a = device.uploadCsr(repeated(entries));
      kernels.spmm({ out: product, a, x, d: 1, alpha: 1 / entries });
      kernels.lightgcnReadout({ out: readout, scratch: device.floats(2), a, e0: x, d: 1, layers: 1, weight: 1 });
      return [device.read(product)[0], device.read(readout)[0]];
    };
    expect(both(16)).toEqual([1, 1 + 2 ** -9 + 16]);
    expect(both(15)).toEqual([Math.fround(Math.fround(1 / 15) * 15 * (1 + 2 ** -9)), 16 * (1 + 2 ** -9)]);
  });
});
