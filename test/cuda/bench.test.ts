import { silentLog } from '@agentmmrec/core';
import { type CudaDevice, openDevice, specs } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { type CudaMeasurement, renderCudaMarkdown, runCudaBenchmark } from '../../benchmarks/src/index.js';
import { checkerboard } from '../../packages/models/src/testing/checkerboard.js';
import { cublasStub } from './support/cublasStub.js';
import { specsOf } from './support/kernelCases.js';

const open = () => openDevice('cuda-emulated') as CudaDevice;
const widths = { d: 8, wide: 16, batch: 16, features: 20, hidden: 8 };

async function run(python: string | null, device = open(), epochs?: readonly ['lightgcn']) {
  const seen: CudaMeasurement[] = [];
  const report = await runCudaBenchmark({
    device,
    own: open(),
    sizes: [{ name: 'tiny', train: checkerboard(24), origin: 'a checkerboard' }],
    python,
    environment: {},
    rounds: 1,
    commit: 'abc1234',
    log: silentLog,
    onMeasurement: (measurement) => seen.push(measurement),
    widths,
    rateBytes: 2 ** 16,
    rateSide: 64,
    rotatedBytes: 2 ** 12,
    ...(epochs && { epochs }),
  });
  return { report, seen };
}

test('the card’s rates first, then every kernel that a card has, each with its part of the rate that bounds it', async () => {
  const { report, seen } = await run(null);
  expect(report.rates.gigabytesPerSecond).toBeGreaterThan(0);
  expect(report.rates.gigaflopsPerSecond).toBeGreaterThan(0);
  expect(new Set(report.measurements.map(({ kernel }) => kernel))).toEqual(
    new Set([...specsOf(open()).map(({ name }) => name), 'epoch of lightgcn', 'epoch of agentmmrec']),
  );
  expect(report.measurements.filter(({ isRecorded }) => !isRecorded)).toEqual([]);
  expect(report.measurements.some(({ copies }) => copies > 1)).toBe(true);
  expect(seen).toEqual(report.measurements);
  for (const { seconds, percentOfPeak, kernel, ratios } of report.measurements) {
    expect([kernel, seconds > 0, percentOfPeak > 0, ratios]).toEqual([kernel, true, true, []]);
  }
  const markdown = renderCudaMarkdown(report);
  expect(markdown).toContain('Beside: no Python given (--python).');
  expect(markdown.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(1 + report.measurements.length);
  expect(markdown).not.toMatch(/NaN|undefined|Infinity/);
});

test('where cuBLAS multiplies, our own tiles stand beside it', async () => {
  const { library, remove } = cublasStub('bench');
  try {
    const device = openDevice('cuda-emulated', { blasLibrary: library }) as CudaDevice;
    const { report } = await run(null, device, ['lightgcn']);
    const { measurements } = report;
    const own = measurements.filter(({ kernel }) => kernel === 'gemm, own tiles');
    expect(own).toHaveLength(measurements.filter(({ kernel }) => kernel === 'gemm').length);
    expect(own.map(({ ratios }) => ratios.map(({ name }) => name))).toEqual(own.map(() => ['cuBLAS']));
  } finally {
    remove();
  }
});

test('a Python that is not there is named, and the rest is measured', async () => {
  const { report } = await run('no-such-python', open(), ['lightgcn']);
  expect(report.peer).toContain('no-such-python');
  expect(report.measurements.length).toBeGreaterThan(specs.length);
});
