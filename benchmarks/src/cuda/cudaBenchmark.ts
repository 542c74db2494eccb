import type { Log } from '@agentmmrec/core';
import type { CudaDevice } from '@agentmmrec/kernels';
import type { Size } from '../sizes.js';
import { median, quantile } from '../statistics.js';
import { type CudaCase, cudaCases, modelWidths, type StepWidths } from './cudaCases.js';
import { cudaPeerTimes } from './cudaPeer.js';
import { type CudaRates, measureCudaRates, secondsOfEach } from './cudaRates.js';

export interface CudaBenchmarkRequest {
  /** the card as it is used; products by cuBLAS where there is one */
  readonly device: CudaDevice;
  /** the same card with products by our own kernel alone, to be set beside cuBLAS */
  readonly own: CudaDevice;
  readonly sizes: readonly Size[];
  readonly python: string | null;
  readonly environment: NodeJS.ProcessEnv;
  readonly rounds: number;
  readonly commit: string;
  readonly log: Log;
  readonly onMeasurement?: (measurement: CudaMeasurement) => void;
  /** smaller ones for tests; default: those of the models, and arrays of 256 MiB and 4,096 x 4,096 for the rates */
  readonly widths?: StepWidths;
  readonly rateBytes?: number;
  readonly rateSide?: number;
}

/** One kernel at one shape, by the card's own clock. */
export interface CudaMeasurement {
  readonly kernel: string;
  readonly size: string;
  readonly shape: string;
  readonly seconds: number;
  readonly interquartileRange: number;
  readonly gigabytesPerSecond: number;
  readonly gigaflopsPerSecond: number;
  /** of the rate that bounds it: bytes at the copy rate or operations at the matrix rate, whichever takes longer */
  readonly percentOfPeak: number;
  readonly boundBy: 'memory' | 'arithmetic';
  /** others' time over ours: above 1 we are faster */
  readonly ratios: readonly { readonly name: string; readonly ratio: number }[];
}

export interface CudaReport {
  readonly date: string;
  readonly commit: string;
  readonly device: string;
  readonly rates: CudaRates;
  readonly sizes: readonly { readonly name: string; readonly origin: string }[];
  readonly measurements: readonly CudaMeasurement[];
  /** torch and what is behind it, or why it is missing */
  readonly peer: string;
}

const LEAST_SECONDS = 2e-3;

/** Measures what the card can do, then every kernel at every size, then torch on the same card where it is there. */
export function runCudaBenchmark(request: CudaBenchmarkRequest): CudaReport {
  const { device, own, sizes, log, commit, rateBytes = 2 ** 28, rateSide = 4096 } = request;
  log.info('measuring the card: copies, products');
  const rates = measureCudaRates([device, own], rateBytes, rateSide);
  const measurements: CudaMeasurement[] = [];
  let peer = '';
  for (const size of sizes) {
    const cases = cudaCases(device, size, request.widths ?? modelWidths).filter(({ kernel }) =>
      device.hasKernel(kernel),
    );
    const peers = cudaPeerTimes(request.python, cases, request.environment);
    peer = peers.versions || peers.missing;
    for (const one of cases) {
      log.info(`${one.kernel}, ${one.shape}`);
      const seconds = secondsOfEach(device, one.run, request.rounds, LEAST_SECONDS);
      const theirs = peers.seconds.get(one);
      const ratios = theirs === undefined ? [] : [{ name: peerName(one), ratio: theirs / median(seconds) }];
      const measurement = summary(one, size.name, seconds, rates, ratios);
      measurements.push(measurement);
      request.onMeasurement?.(measurement);
    }
    measurements.push(...ownProducts(request, size, rates, measurements));
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    commit,
    device: device.description,
    rates,
    sizes: sizes.map(({ name, origin }) => ({ name, origin })),
    measurements,
    peer,
  };
}

/** Where cuBLAS multiplies: the same products by our own kernel, with cuBLAS as their peer. */
function ownProducts(
  { device, own, rounds, widths = modelWidths, onMeasurement }: CudaBenchmarkRequest,
  size: Size,
  rates: CudaRates,
  before: readonly CudaMeasurement[],
): CudaMeasurement[] {
  if (!device.description.includes('products by cuBLAS')) return [];
  const products = cudaCases(own, size, widths).filter(({ kernel }) => kernel === 'gemm');
  return products.map((one) => {
    const theirs = before.find(
      ({ kernel, shape, size: at }) => kernel === 'gemm' && shape === one.shape && at === size.name,
    );
    const seconds = secondsOfEach(own, one.run, rounds, LEAST_SECONDS);
    const ratios = theirs ? [{ name: 'cuBLAS', ratio: theirs.seconds / median(seconds) }] : [];
    const measurement = { ...summary(one, size.name, seconds, rates, ratios), kernel: 'gemm, own tiles' };
    onMeasurement?.(measurement);
    return measurement;
  });
}

function peerName({ kernel }: CudaCase): string {
  if (kernel === 'spmm') return 'torch (cuSPARSE)';
  return kernel === 'gemm' ? 'torch (cuBLAS)' : 'torch';
}

function summary(
  { kernel, shape, bytes, flops }: CudaCase,
  size: string,
  seconds: readonly number[],
  rates: CudaRates,
  ratios: CudaMeasurement['ratios'],
): CudaMeasurement {
  const time = median(seconds);
  const [memory, arithmetic] = [bytes / rates.gigabytesPerSecond / 1e9, flops / rates.gigaflopsPerSecond / 1e9];
  return {
    kernel,
    size,
    shape,
    seconds: time,
    interquartileRange: quantile(seconds, 0.75) - quantile(seconds, 0.25),
    gigabytesPerSecond: bytes / time / 1e9,
    gigaflopsPerSecond: flops / time / 1e9,
    percentOfPeak: (100 * Math.max(memory, arithmetic)) / time,
    boundBy: arithmetic > memory ? 'arithmetic' : 'memory',
    ratios,
  };
}
