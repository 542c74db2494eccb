import { describe, expect, test } from '@jest/globals';
import { predict, streamSeconds, together } from './costModel.js';
import { adamWork, gemmWork, propagationShares, spmmWork } from './kernelWork.js';
import { testRates as rates } from './testing/rates.js';

describe('predicted seconds', () => {
  test('of streams lie between the measured sizes on a logarithmic scale, and beyond them at the nearest', () => {
    expect(streamSeconds(rates, 2 ** 24)).toBeCloseTo(5.5e-10, 15);
    expect(streamSeconds(rates, 1)).toBe(1e-10);
    expect(streamSeconds(rates, 2 ** 40)).toBe(1e-9);
  });

  test('add up by cause; of packing and streaming the slower counts', () => {
    const work = {
      product: { flops: 1e9, outputs: 0, packed: 1e6 },
      streams: [{ busBytes: 1e3, arrayBytes: 1 }],
      calls: 2,
    };
    const { parts, seconds } = predict(rates, work);
    expect(parts.map(({ cause }) => cause)).toEqual(['arithmetic', 'packing', 'calls']);
    expect(seconds).toBeCloseTo(0.01 + 1e-4 + 2e-6, 12);
    const twice = predict(rates, { ...work, times: 2 });
    expect(twice.seconds).toBeCloseTo(2 * seconds, 12);
    expect(together([predict(rates, work), predict(rates, work)]).seconds).toBeCloseTo(twice.seconds, 12);
  });

  test('of random rows follow the level that serves them', () => {
    const rows = (shares: readonly [number, number, number]) =>
      predict(rates, { gathers: [{ count: 100, columns: 64, shares }] }).seconds;
    expect(rows([1, 0, 0])).toBeCloseTo(4e-7, 12);
    expect(rows([0, 0.5, 0])).toBeCloseTo(50 * 4e-8 + 50 * 4e-6, 10);
  });

  test('of rows copied by id follow the share in cache', () => {
    const copies = (cached: number) => predict(rates, { rowCopies: { gathered: 10, scattered: 100, cached } }).seconds;
    expect(copies(1)).toBeCloseTo(10e-9 + 200e-9, 12);
    expect(copies(0)).toBeCloseTo(100e-9 + 2000e-9, 12);
  });
});

describe('work of a kernel', () => {
  const ring = (rows: number) => ({
    rows,
    cols: rows,
    offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row),
    indices: Int32Array.from({ length: rows }, (_, row) => (row + 1) % rows),
    values: null,
  });

  test('of a propagation: entries and rows once per slice of 64 columns', () => {
    const work = spmmWork(rates, ring(100), 130);
    expect(work.gathers?.[0]).toMatchObject({ count: 300, columns: 64, strided: true });
    expect(work.outputs?.[0]).toMatchObject({ rows: 300 });
  });

  test('shares of a propagation add up to at most one, and are all cache for a small table passed again and again', () => {
    const shares = propagationShares(rates, ring(1000), { d: 64 });
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(propagationShares(rates, ring(1000), { d: 64, bytesBetween: 2 ** 30 })).toEqual([0, 0, 0]);
  });

  test('of products and Adam: operations and elements', () => {
    expect(gemmWork(10, 20, 30).product?.flops).toBe(2 * 10 * 20 * 30);
    expect(adamWork(7).adam).toEqual({ elements: 7, arrayBytes: 112 });
  });
});
