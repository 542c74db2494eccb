import { cpus, totalmem } from 'node:os';
import type { Device } from '@agentmmrec/kernels';
import { median } from './statistics.js';

/** What this machine can do at most, measured in the run: every percentage in a report refers to these. */
export interface Machine {
  readonly processor: string;
  readonly memoryBytes: number;
  readonly node: string;
  readonly device: string;
  /** STREAM-like scale (y = 2 x over arrays far larger than the caches), bytes read plus written */
  readonly gigabytesPerSecond: number;
  /** the same over arrays of 4 MiB, which stay in the last cache */
  readonly cacheGigabytesPerSecond: number;
  /** largest rate of our own matrix product on operands that stay in cache: the arithmetic ceiling a kernel can hope for */
  readonly gigaflopsPerSecond: number;
}

export function measureMachine(device: Device): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    node: process.version,
    device: device.description,
    gigabytesPerSecond: streamRate(device, 1 << 26, 7),
    cacheGigabytesPerSecond: streamRate(device, 1 << 19, 200),
    gigaflopsPerSecond: productRate(device),
  };
}

function streamRate(device: Device, elements: number, repeats: number): number {
  const x = device.floats(elements);
  const out = device.floats(elements);
  const run = () => device.kernels.axpby({ out, x, alpha: 2, beta: 0 });
  const seconds = best(run, repeats);
  device.release(x);
  device.release(out);
  return (8 * elements) / seconds / 1e9;
}

function productRate(device: Device): number {
  const n = 768;
  const [a, b, out] = [device.floats(n * n), device.floats(n * n), device.floats(n * n)];
  const seconds = best(() => device.kernels.gemm({ out, a, b, m: n, n, k: n }), 30);
  for (const memory of [a, b, out]) device.release(memory);
  return (2 * n ** 3) / seconds / 1e9;
}

/** Median of the faster half: the machine's ability, not its neighbours' noise. */
function best(run: () => void, repeats: number): number {
  run();
  const times = Array.from({ length: repeats }, () => {
    const start = performance.now();
    run();
    return (performance.now() - start) / 1000;
  }).sort((a, b) => a - b);
  return median(times.slice(0, Math.max(1, repeats >> 1)));
}
