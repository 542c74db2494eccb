import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import type { BenchmarkReport } from './report.js';
import { runBenchmark } from './runBenchmark.js';
import { testRates } from './testing/rates.js';

test('an interrupted benchmark ends after the case under way and keeps the finished ones', async () => {
  const workspace = mkdtempSync(join(tmpdir(), 'agentmmrec-bench-'));
  const interruption = new AbortController();
  const seen: BenchmarkReport[] = [];
  try {
    const report = await runBenchmark({
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
      effort: { rounds: 3, seconds: 0 },
      rates: testRates,
      commit: 'none',
      log: silentLog,
      signal: interruption.signal,
      onMeasurement: (measurement, finished) => {
        expect(finished.measurements.at(-1)).toBe(measurement);
        seen.push(finished);
        if (seen.length === 2) interruption.abort();
      },
    });
    expect(seen.map(({ measurements }) => measurements.length)).toEqual([1, 2]);
    expect(report).toEqual(seen[1]);
    expect(report.unfinished).toBe(true);
  } finally {
    rmSync(workspace, { recursive: true });
  }
}, 60_000);
