import { expect, test } from '@jest/globals';
import { regressions } from './compareReports.js';
import { renderMarkdown } from './markdown.js';
import type { Measurement } from './measure.js';
import type { BenchmarkReport } from './report.js';
import { testRates } from './testing/rates.js';

const seconds = Array.from({ length: 20 }, (_, i) => 0.01 * (1 + 0.001 * i));

interface Change {
  readonly memory?: number;
  readonly product?: number;
  /** GB/s and GFLOP/s the case reaches */
  readonly reaches?: readonly [number, number];
}

function report(
  times: readonly number[],
  { memory = 10, product = 100, reaches = [5, 1] }: Change = {},
): BenchmarkReport {
  const measurement: Measurement = {
    name: 'spmm',
    ours: { name: 'ours', seconds: times, median: times[10], interquartileRange: 0 },
    alone: { name: 'alone', seconds: times, median: times[10], interquartileRange: 0 },
    gigabytesPerSecond: reaches[0],
    gigaflopsPerSecond: reaches[1],
    others: [],
    missing: [{ name: 'faiss', why: 'faiss is not installed in this Python' }],
    noisy: false,
    facts: [],
  };
  const machine = {
    processor: 'p',
    memoryBytes: 2 ** 30,
    node: 'v20',
    device: 'cpu',
    gigabytesPerSecond: memory,
    cacheGigabytesPerSecond: 50,
    gigaflopsPerSecond: product,
    rates: testRates,
  };
  return { version: 2, date: 'd', commit: 'c', machine, libraries: {}, sizes: [], measurements: [measurement] };
}

test('a slower median beyond the noise is a regression, noise and a slower machine are not', () => {
  const slower = seconds.map((t) => t * 1.3);
  expect(regressions(report(seconds), report(seconds))).toEqual([]);
  expect(regressions(report(seconds), report(slower))).toEqual([{ name: 'spmm', slowdown: expect.closeTo(1.3, 5) }]);
  expect(regressions(report(seconds, { memory: 13 }), report(slower, { memory: 10 }))).toEqual([]);
});

test('a case is scaled by the ceiling it came near, and by none where it came near none', () => {
  const slower = seconds.map((t) => t * 1.3);
  // near memory: a machine whose products alone became faster or slower explains nothing
  expect(regressions(report(seconds, { product: 130 }), report(slower, { product: 100 }))).toHaveLength(1);
  expect(regressions(report(seconds), report(seconds, { product: 200 }))).toEqual([]);
  // at a fifth of every ceiling: a faster product is no debt, and the time itself still tells
  const idle = { reaches: [2, 20] } as const;
  expect(regressions(report(seconds, idle), report(seconds, { ...idle, product: 200 }))).toEqual([]);
  expect(regressions(report(seconds, idle), report(slower, idle))).toEqual([
    { name: 'spmm', slowdown: expect.closeTo(1.3, 5) },
  ]);
});

test('a missing peer is named in the report with its reason', () => {
  expect(renderMarkdown(report(seconds))).toContain('| faiss | missing | faiss is not installed in this Python |');
});

test('a missed target says at what share of the ceiling it would be held', () => {
  const [measurement] = report(seconds).measurements;
  const slow = { name: 'torch', seconds, median: 0.011, interquartileRange: 0 };
  const other = { ...slow, ratio: { value: 1.1, low: 1, high: 1.2 }, target: 1.65 };
  const missed = { ...report(seconds), measurements: [{ ...measurement, bound: 'Memory.', others: [other] }] };
  // 5 of 10 GB/s now, half as much again for 1.65 in place of 1.1
  expect(renderMarkdown(missed as BenchmarkReport)).toContain(
    '- spmm: Memory. Held, it would run at 75 % of the measured memory, 50 % now.',
  );
});
