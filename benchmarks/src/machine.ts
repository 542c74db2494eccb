import { cpus, totalmem } from 'node:os';
import type { Device } from '@agentmmrec/kernels';
import { streamSeconds } from './costModel.js';
import { inPieces, type Pieces, typicalSeconds } from './rates/probes.js';
import type { Rates } from './rates/rates.js';

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
  /** the microbenchmarks behind the cost model */
  readonly rates: Rates;
}

/** The machine from its measured rates. The arithmetic ceiling is the best of three products that stay in the second cache. @throws the signal's reason */
export async function measureMachine(device: Device, rates: Rates, signal?: AbortSignal): Promise<Machine> {
  const last = rates.streams[rates.streams.length - 1];
  const products: number[] = [];
  for (const n of [384, 576, 1152]) products.push(await inPieces(productRate(device, n), signal));
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    node: process.version,
    device: device.description,
    gigabytesPerSecond: streamConvention(last.seconds),
    cacheGigabytesPerSecond: streamConvention(streamSeconds(rates, rates.caches.last / 8)),
    gigaflopsPerSecond: Math.max(rates.product.flopsPerSecond, ...products) / 1e9,
    rates,
  };
}

/** Bytes read plus written per second, as STREAM counts; the bus also carries the fetch of each line written. */
function streamConvention(secondsPerBusByte: number): number {
  return 8 / 12 / secondsPerBusByte / 1e9;
}

function* productRate(device: Device, n: number): Pieces<number> {
  const [a, b, out] = [device.floats(n * n), device.floats(n * n), device.floats(n * n)];
  try {
    const seconds = yield* typicalSeconds(() => device.kernels.gemm({ out, a, b, m: n, n, k: n }), 0.1);
    return (2 * n ** 3) / seconds;
  } finally {
    for (const memory of [a, b, out]) device.release(memory);
  }
}
