import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BenchmarkReport } from './report.js';
import { type BenchmarkRequest, runBenchmark } from './runBenchmark.js';
import { testRates } from './testing/rates.js';

let workspace: string;
beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), 'agentmmrec-bench-'));
});
afterAll(() => rmSync(workspace, { recursive: true }));

function request(more: Pick<BenchmarkRequest, 'signal' | 'effort'> & Partial<BenchmarkRequest>): BenchmarkRequest {
  return {
    device: openDevice('cpu', { threads: 1 }),
    threads: 1,
    openCpu: (threads) => openDevice('cpu', { threads }),
    suites: ['gemm'],
    sizes: ['tiny'],
    python: null,
    environment: {},
    dataRoot: workspace,
    workspace,
    command: [],
    rates: testRates,
    commit: 'none',
    log: silentLog,
    ...more,
  };
}

test('an interrupted benchmark keeps the finished cases', async () => {
  const interruption = new AbortController();
  const seen: BenchmarkReport[] = [];
  const report = await runBenchmark(
    request({
      effort: { rounds: 3, seconds: 0 },
      signal: interruption.signal,
      onMeasurement: (measurement, finished) => {
        expect(finished.measurements.at(-1)).toBe(measurement);
        seen.push(finished);
        if (seen.length === 2) interruption.abort();
      },
    }),
  );
  expect(seen.map(({ measurements }) => measurements.length)).toEqual([1, 2]);
  expect(report).toEqual(seen[1]);
  expect(report.unfinished).toBe(true);
}, 60_000);

test('it ends within a case, after the run under way', async () => {
  const interruption = new AbortController();
  const begun: string[] = [];
  const info = (text: string) => {
    begun.push(text);
    if (text.startsWith('gemm')) setTimeout(() => interruption.abort(), 1);
  };
  // at least a minute of runs
  const report = await runBenchmark(
    request({ effort: { rounds: 3, seconds: 60 }, signal: interruption.signal, log: { ...silentLog, info } }),
  );
  expect(begun).toHaveLength(2);
  expect(report).toMatchObject({ measurements: [], unfinished: true });
}, 60_000);
