import { expect, test } from '@jest/globals';
import { regressions } from './compareReports.js';
import { renderMarkdown } from './markdown.js';
import type { Measurement } from './measure.js';
import type { BenchmarkReport } from './report.js';
import { testRates } from './testing/rates.js';

const seconds = Array.from({ length: 20 }, (_, i) => 0.01 * (1 + 0.001 * i));

function report(times: readonly number[], rate = 10): BenchmarkReport {
  const measurement: Measurement = {
    name: 'spmm',
    ours: { name: 'ours', seconds: times, median: times[10], interquartileRange: 0 },
    alone: { name: 'alone', seconds: times, median: times[10], interquartileRange: 0 },
    gigabytesPerSecond: 5,
    gigaflopsPerSecond: 1,
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
    gigabytesPerSecond: rate,
    cacheGigabytesPerSecond: 50,
    gigaflopsPerSecond: 100,
    rates: testRates,
  };
  return { version: 2, date: 'd', commit: 'c', machine, libraries: {}, sizes: [], measurements: [measurement] };
}

test('a slower median beyond the noise is a regression, noise and a slower machine are not', () => {
  const slower = seconds.map((t) => t * 1.3);
  expect(regressions(report(seconds), report(seconds))).toEqual([]);
  expect(regressions(report(seconds), report(slower))).toEqual([{ name: 'spmm', slowdown: expect.closeTo(1.3, 5) }]);
  expect(regressions(report(seconds, 13), report(slower, 10))).toEqual([]);
});

test('a missing peer is named in the report with its reason', () => {
  expect(renderMarkdown(report(seconds))).toContain('| faiss | missing | faiss is not installed in this Python |');
});
