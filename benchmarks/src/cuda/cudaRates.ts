import type { CudaDevice } from '@agentmmrec/kernels';
import { median } from '../statistics.js';

/** What the card itself can do, by its own clock: every percentage of the report refers to these. */
export interface CudaRates {
  /** y = 2 x over arrays far larger than the second cache: bytes read plus written */
  readonly gigabytesPerSecond: number;
  /** the faster of our own product and cuBLAS's, on large square matrices */
  readonly gigaflopsPerSecond: number;
}

/** Seconds of one call: launches are timed together so that events are some milliseconds apart. */
export function secondsOfEach(device: CudaDevice, run: () => void, rounds: number, leastSeconds: number): number[] {
  run(); // the first run also fills the memory pool
  const once = device.secondsOf(run);
  const repeats = Math.max(1, Math.min(200, Math.ceil(leastSeconds / Math.max(once, 1e-6))));
  const all = () => {
    for (let n = 0; n < repeats; n++) run();
  };
  return Array.from({ length: rounds }, () => device.secondsOf(all) / repeats);
}

/** @param largest bytes of the arrays that are copied; @param side of the square matrices */
export function measureCudaRates(devices: readonly CudaDevice[], largest: number, side: number): CudaRates {
  const [device] = devices;
  const elements = largest / 4;
  const [out, x] = [device.floats(elements), device.floats(elements)];
  const copy = median(secondsOfEach(device, () => device.kernels.axpby({ out, x, alpha: 2, beta: 0 }), 5, 5e-3));
  for (const memory of [out, x]) device.release(memory);
  return {
    gigabytesPerSecond: (2 * largest) / copy / 1e9,
    gigaflopsPerSecond: Math.max(...devices.map((each) => productRate(each, side))) / 1e9,
  };
}

function productRate(device: CudaDevice, n: number): number {
  const [a, b, out] = [device.floats(n * n), device.floats(n * n), device.floats(n * n)];
  const seconds = median(secondsOfEach(device, () => device.kernels.gemm({ out, a, b, m: n, n, k: n }), 5, 5e-3));
  for (const memory of [a, b, out]) device.release(memory);
  return (2 * n ** 3) / seconds;
}
