import { type CudaDevice, type Floats, Unrecordable } from '@agentmmrec/kernels';
import { median } from '../statistics.js';

/** What the card itself can do, by its own clock: every percentage of the report refers to these. */
export interface CudaRates {
  /** y = 2 x over arrays far larger than the second cache: bytes read plus written */
  readonly gigabytesPerSecond: number;
  /** the same over arrays that stay in the second cache */
  readonly cacheGigabytesPerSecond: number;
  /** the faster of our own product and cuBLAS's, on large square matrices */
  readonly gigaflopsPerSecond: number;
}

/** Arrays of two copies' length that every card's second cache holds. */
const CACHED_BYTES = 2 ** 22;
const LONGEST_RECORDING = 200;

/**
 * Seconds of one call, `rounds` times. The calls take turns (the same work on other memory, so that the caches hold none of it) and are
 * launched together, some milliseconds of them, as one graph: small kernels are then not timed by how fast the host launches. What
 * cannot be recorded is launched call by call.
 */
export class TimedCalls {
  private readonly repeats: number;
  private readonly all: () => void;
  /** whether the calls run as one graph */
  readonly isRecorded: boolean;

  constructor(
    private readonly device: CudaDevice,
    calls: readonly (() => void)[],
    leastSeconds: number,
  ) {
    for (const call of calls) call(); // the first run also fills the memory pool
    const once = device.secondsOf(calls[0]);
    const wanted = Math.ceil(leastSeconds / Math.max(once, 1e-6));
    const turns = Math.ceil(Math.max(1, Math.min(LONGEST_RECORDING, wanted)) / calls.length);
    this.repeats = turns * calls.length;
    const launch = () => {
      for (let turn = 0; turn < turns; turn++) for (const call of calls) call();
    };
    const work = this.recorded(launch);
    this.isRecorded = work !== null;
    this.all = work ? () => work.run() : launch;
  }

  round(): number {
    return this.device.secondsOf(this.all) / this.repeats;
  }

  private recorded(launch: () => void) {
    try {
      return this.device.recorder?.record(launch) ?? null;
    } catch (error) {
      if (error instanceof Unrecordable) return null;
      throw error;
    }
  }
}

/** Keeps the card at work until its clocks have risen. */
export function warmUp(device: CudaDevice, seconds = 0.3): void {
  const memory = device.floats(2 ** 22);
  fillRandom(device, memory);
  for (let spent = 0; spent < seconds; ) {
    spent += device.secondsOf(() => {
      for (let n = 0; n < 50; n++) device.kernels.axpby({ out: memory, x: memory, alpha: 0.5, beta: 0.5 });
    });
  }
  device.release(memory);
}

/** @param largest bytes of the arrays that are copied; @param side of the square matrices */
export function measureCudaRates(devices: readonly CudaDevice[], largest: number, side: number): CudaRates {
  const [device] = devices;
  return {
    gigabytesPerSecond: copyRate(device, largest),
    cacheGigabytesPerSecond: copyRate(device, Math.min(largest, CACHED_BYTES)),
    gigaflopsPerSecond: Math.max(...devices.map((each) => productRate(each, side))) / 1e9,
  };
}

function copyRate(device: CudaDevice, bytes: number): number {
  const [out, x] = [device.floats(bytes / 4), device.floats(bytes / 4)];
  fillRandom(device, x);
  const copy = new TimedCalls(device, [() => device.kernels.axpby({ out, x, alpha: 2, beta: 0 })], 5e-3);
  const seconds = median(Array.from({ length: 5 }, () => copy.round()));
  for (const memory of [out, x]) device.release(memory);
  return (2 * bytes) / seconds / 1e9;
}

function productRate(device: CudaDevice, n: number): number {
  const [a, b, out] = [device.floats(n * n), device.floats(n * n), device.floats(n * n)];
  for (const memory of [a, b]) fillRandom(device, memory);
  const product = new TimedCalls(device, [() => device.kernels.gemm({ out, a, b, m: n, n, k: n })], 5e-3);
  const seconds = median(Array.from({ length: 5 }, () => product.round()));
  for (const memory of [a, b, out]) device.release(memory);
  return (2 * n ** 3) / seconds;
}

/** A card draws less power, and runs faster, on zeros. */
function fillRandom(device: CudaDevice, out: Floats): void {
  device.kernels.randomValues({ out, law: 'uniform', key0: 7, key1: 11 });
}
