import type { Log } from '@agentmmrec/core';
import { bipartiteAdjacency } from '@agentmmrec/graphs';
import type { CudaDevice } from '@agentmmrec/kernels';
import type { Size } from '../sizes.js';
import { median, quantile } from '../statistics.js';
import { type CudaCase, cudaCases, modelWidths, type StepWidths } from './cudaCases.js';
import { measureEpoch } from './cudaEpoch.js';
import { CudaPeer, type PeerOperation } from './cudaPeer.js';
import { type CudaRates, measureCudaRates, TimedCalls, warmUp } from './cudaRates.js';
import { EPOCH_MODELS, type EpochModel } from './epochModels.js';

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
  /** the models whose epochs are measured; default: all that are predicted */
  readonly epochs?: readonly EpochModel[];
  /** memory that calls of a kernel take turns on, so that no cache holds it; default 256 MiB, more than any card's second cache */
  readonly rotatedBytes?: number;
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
  /** at least: every array once through the card's memory, and every visit through its second cache, at the rates measured */
  readonly memorySeconds: number;
  readonly cacheSeconds: number;
  /** the largest floor over the time, in percent */
  readonly percentOfPeak: number;
  readonly boundBy: 'memory' | 'cache' | 'arithmetic';
  /** how many copies of the arrays took turns, and whether the launches ran as a graph */
  readonly copies: number;
  readonly isRecorded: boolean;
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
const MOST_COPIES = 16;

/** Something to measure: ours on the card, and others beside it. */
interface Task {
  readonly kernel: string;
  readonly size: string;
  readonly shape: string;
  readonly bytes: number;
  readonly leastBytes: number;
  readonly flops: number;
  readonly copies: number;
  readonly isRecorded: boolean;
  round(): number;
  readonly peers: readonly (PeerOperation & { readonly name: string })[];
}

/**
 * Measures what the card can do once its clocks have risen, then every kernel and an epoch of LightGCN and of AgentMMRec at every size, by
 * rounds in which torch takes its turn on the same card where it is there.
 */
export async function runCudaBenchmark(request: CudaBenchmarkRequest): Promise<CudaReport> {
  const { device, own, sizes, log, commit, rateBytes = 2 ** 28, rateSide = 4096, widths = modelWidths } = request;
  log.info('measuring the card: copies, products');
  warmUp(device);
  const rates = measureCudaRates([device, own], rateBytes, rateSide);
  const measurements: CudaMeasurement[] = [];
  const { peer, words } = await CudaPeer.start(request.python, request.environment);
  try {
    for (const size of sizes) {
      await peer?.graph(bipartiteAdjacency(size.train, 'symmetric'));
      const cases = cudaCases(device, size, widths).filter(({ kernel }) => device.hasKernel(kernel));
      for (const one of cases) {
        log.info(`${one.kernel}, ${one.shape}`);
        measurements.push(await measured(request, rates, peer, kernelTask(device, one, size.name, request)));
      }
      measurements.push(...(await ownProducts(request, size, rates, measurements)));
      for (const name of request.epochs ?? (Object.keys(EPOCH_MODELS) as EpochModel[])) {
        log.info(`an epoch of ${name}`);
        const epoch = measureEpoch(name, device, size, widths);
        measurements.push(await measured(request, rates, peer, epoch.task));
        epoch.release();
      }
    }
  } finally {
    peer?.close();
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    commit,
    device: device.description,
    rates,
    sizes: sizes.map(({ name, origin }) => ({ name, origin })),
    measurements,
    peer: words,
  };
}

function kernelTask(
  device: CudaDevice,
  one: CudaCase,
  size: string,
  { rotatedBytes = 2 ** 28 }: CudaBenchmarkRequest,
): Task {
  const copies = Math.max(1, Math.min(MOST_COPIES, Math.ceil(rotatedBytes / Math.max(1, one.leastBytes))));
  const calls = [one.run, ...Array.from({ length: copies - 1 }, () => one.another())];
  const timed = new TimedCalls(device, calls, LEAST_SECONDS);
  return { ...one, size, copies, isRecorded: timed.isRecorded, round: () => timed.round(), peers: peersOf(one) };
}

function peersOf({ kernel, peer }: CudaCase): Task['peers'] {
  if (!peer) return [];
  if (kernel === 'spmm') return [{ ...peer, name: 'torch (cuSPARSE)' }];
  if (kernel !== 'gemm') return [{ ...peer, name: 'torch' }];
  return [
    { ...peer, name: 'torch (cuBLAS)' },
    { operation: 'gemm', numbers: { ...peer.numbers, tf32: 1 }, name: 'torch (cuBLAS, TF32)' },
  ];
}

/** Rounds of ours and of each peer in turn. */
async function measured(
  { rounds, onMeasurement, log }: CudaBenchmarkRequest,
  rates: CudaRates,
  peer: CudaPeer | null,
  task: Task,
): Promise<CudaMeasurement> {
  const [ours, theirs] = [[] as number[], task.peers.map(() => [] as number[])];
  const ready: boolean[] = [];
  const names: string[] = [];
  for (const one of task.peers) {
    const { missing, singly }: Awaited<ReturnType<CudaPeer['prepare']>> = (await peer?.prepare(one)) ?? {};
    if (missing !== undefined) log.info(`${one.name}: ${missing}`);
    if (singly !== undefined) log.info(`${one.name}, call by call: ${singly}`);
    ready.push(peer !== null && missing === undefined);
    names.push(singly === undefined ? one.name : `${one.name}, call by call`);
  }
  for (let round = 0; round < rounds; round++) {
    ours.push(task.round());
    for (const [at, one] of task.peers.entries()) {
      if (!peer || !ready[at]) continue;
      if (task.peers.length > 1) await peer.prepare(one); // it holds one operation at a time
      theirs[at].push(await peer.round());
    }
  }
  const ratios = task.peers.flatMap((_, at) =>
    theirs[at].length > 0 ? [{ name: names[at], ratio: median(theirs[at]) / median(ours) }] : [],
  );
  const measurement = summary(task, ours, rates, ratios);
  onMeasurement?.(measurement);
  return measurement;
}

/** Where cuBLAS multiplies: the same products by our own kernel, with cuBLAS as their peer. */
async function ownProducts(
  request: CudaBenchmarkRequest,
  size: Size,
  rates: CudaRates,
  before: readonly CudaMeasurement[],
): Promise<CudaMeasurement[]> {
  const { device, own, rounds, widths = modelWidths, onMeasurement } = request;
  if (!device.description.includes('products by cuBLAS')) return [];
  const products = cudaCases(own, size, widths).filter(({ kernel }) => kernel === 'gemm');
  return products.map((one) => {
    const isSame = (m: CudaMeasurement) => m.kernel === 'gemm' && m.shape === one.shape && m.size === size.name;
    const theirs = before.find(isSame);
    const task = kernelTask(own, one, size.name, request);
    const seconds = Array.from({ length: rounds }, () => task.round());
    const ratios = theirs ? [{ name: 'cuBLAS', ratio: theirs.seconds / median(seconds) }] : [];
    const measurement = summary({ ...task, kernel: 'gemm, own tiles' }, seconds, rates, ratios);
    onMeasurement?.(measurement);
    return measurement;
  });
}

function summary(
  { kernel, size, shape, bytes, leastBytes, flops, copies, isRecorded }: Task,
  seconds: readonly number[],
  rates: CudaRates,
  ratios: CudaMeasurement['ratios'],
): CudaMeasurement {
  const time = median(seconds);
  const floors = {
    memory: leastBytes / rates.gigabytesPerSecond / 1e9,
    cache: bytes / rates.cacheGigabytesPerSecond / 1e9,
    arithmetic: flops / rates.gigaflopsPerSecond / 1e9,
  };
  const boundBy = (['memory', 'cache', 'arithmetic'] as const).reduce((a, b) => (floors[b] > floors[a] ? b : a));
  return {
    kernel,
    size,
    shape,
    seconds: time,
    interquartileRange: quantile(seconds, 0.75) - quantile(seconds, 0.25),
    gigabytesPerSecond: bytes / time / 1e9,
    gigaflopsPerSecond: flops / time / 1e9,
    memorySeconds: floors.memory,
    cacheSeconds: floors.cache,
    percentOfPeak: (100 * floors[boundBy]) / time,
    boundBy,
    copies,
    isRecorded,
    ratios,
  };
}
