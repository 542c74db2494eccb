import { RandomStreams } from '@agentmmrec/core';
import type { Device, DeviceCsr, Floats } from '@agentmmrec/kernels';
import { type Caches, readCaches } from './caches.js';
import { median } from './statistics.js';

/**
 * What the machine does on a device, by microbenchmarks in the run itself: the only numbers the cost model takes from
 * measurement. None of them is fitted to a row that the model predicts.
 */
export interface Rates {
  readonly threads: number;
  readonly caches: Caches;
  /** bytes of the last cache that are ours, from random reads of a table twice its size: neighbours may hold a part */
  readonly ownLastCacheBytes: number;
  /** seconds per byte on the bus of a stream over arrays of so many bytes in all, ascending */
  readonly streams: readonly { readonly arrayBytes: number; readonly secondsPerByte: number }[];
  /** seconds per random row of 64 and of 16 columns found in the first, second, last cache, and in memory */
  readonly gathers: readonly { readonly wide: number; readonly narrow: number }[];
  /** seconds per row of output of a propagation, beside its entries and bytes */
  readonly rowSeconds: number;
  readonly product: {
    readonly flopsPerSecond: number;
    /** seconds per element written, and per element of an operand brought into panels */
    readonly secondsPerOutput: number;
    readonly secondsPerPacked: number;
  };
  /** seconds beside the product per score compared and per candidate taken: a ranking, and a set against itself */
  readonly ranking: Selecting;
  readonly pairs: Selecting;
  readonly secondsPerExponential: number;
  /** seconds of a call that does nothing */
  readonly callSeconds: number;
}

export interface Selecting {
  readonly secondsPerScore: number;
  readonly secondsPerCandidate: number;
}

/** Median of the faster half of at least `seconds` of runs: the machine's ability, not its neighbours' noise. */
export function bestSeconds(run: () => void, seconds = 0.08): number {
  run();
  const times: number[] = [];
  const start = performance.now();
  while (times.length < 3 || (performance.now() - start < seconds * 1000 && times.length < 2000)) {
    const begin = performance.now();
    run();
    times.push((performance.now() - begin) / 1000);
  }
  times.sort((a, b) => a - b);
  return median(times.slice(0, Math.max(1, times.length >> 1)));
}

/** Runs the microbenchmarks, about five seconds. Memory is given back. */
export function measureRates(device: Device, threads: number): Rates {
  const caches = readCaches();
  const product = productRates(device);
  const gather = (tableBytes: number, d = 64) => gatherSeconds(device, tableBytes, d);
  const places = [caches.first / 2, caches.second / 2, caches.last / 4, 16 * caches.last];
  const gathers = places.map((bytes) => ({ wide: gather(bytes), narrow: gather(bytes, 16) }));
  return {
    threads,
    caches,
    ownLastCacheBytes: ownLastCache(caches, gathers[2].wide, gathers[3].wide, gather(2 * caches.last)),
    streams: streamRates(device, caches),
    gathers,
    rowSeconds: rowSeconds(device, gathers[1].wide),
    product,
    ranking: rankingRates(device, product.flopsPerSecond),
    pairs: pairRates(device, product.flopsPerSecond),
    secondsPerExponential: exponentialSeconds(device),
    callSeconds: callSeconds(device),
  };
}

/** The share of reads that hit tells how much of the cache is there for us. */
export function ownLastCache(caches: Caches, inCache: number, inMemory: number, between: number): number {
  const hitShare = (inMemory - between) / Math.max(inMemory - inCache, 1e-12);
  return Math.min(1, Math.max(0.1, 2 * hitShare)) * caches.last;
}

function withFloats<T>(device: Device, lengths: readonly number[], use: (...arrays: Floats[]) => T): T {
  const arrays = lengths.map((length) => device.floats(length));
  try {
    return use(...arrays);
  } finally {
    for (const array of arrays) device.release(array);
  }
}

/** y = 2 x over two arrays: x read, y fetched and written back, 12 bytes an element. */
function streamRates(device: Device, caches: Caches): Rates['streams'] {
  const sizes: number[] = [];
  for (let bytes = caches.second / 4; bytes <= 16 * caches.last; bytes *= 2) sizes.push(bytes);
  return sizes.map((arrayBytes) => {
    const n = arrayBytes / 8;
    const seconds = withFloats(device, [n, n], (out, x) =>
      bestSeconds(() => device.kernels.axpby({ out, x, alpha: 2, beta: 0 })),
    );
    return { arrayBytes, secondsPerByte: seconds / (12 * n) };
  });
}

/** A matrix of `rows` rows with `perRow` entries in columns drawn uniformly. */
function uniformMatrix(device: Device, rows: number, perRow: number, cols: number): DeviceCsr {
  const stream = new RandomStreams(5).stream('uniform matrix', rows, cols);
  const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * perRow);
  const indices = Int32Array.from({ length: rows * perRow }, () => stream.integer(cols));
  return device.uploadCsr({ rows, cols, offsets, indices, values: new Float32Array(rows * perRow).fill(0.5) });
}

/** Seconds per random row of a table of so many bytes, by a product with long rows, so that the output hardly counts. */
function gatherSeconds(device: Device, tableBytes: number, d: number): number {
  const cols = Math.max(16, Math.floor(tableBytes / (4 * d)));
  const [rows, perRow] = [4096, 64];
  const a = uniformMatrix(device, rows, perRow, cols);
  return withFloats(device, [rows * d, cols * d], (out, x) => {
    return bestSeconds(() => device.kernels.spmm({ out, a, x, d })) / (rows * perRow);
  });
}

/** What a row costs beside its entries: a product with two entries a row, all in the second cache, less its entries. */
function rowSeconds(device: Device, entrySeconds: number): number {
  const [rows, perRow, d] = [2048, 2, 64];
  const a = uniformMatrix(device, rows, perRow, 512);
  const seconds = withFloats(device, [rows * d, 512 * d], (out, x) =>
    bestSeconds(() => device.kernels.spmm({ out, a, x, d })),
  );
  return Math.max(0, seconds / rows - perRow * entrySeconds);
}

function productRates(device: Device): Rates['product'] {
  const time = (m: number, n: number, k: number) =>
    withFloats(device, [m * n, m * k, k * n], (out, a, b) =>
      bestSeconds(() => device.kernels.gemm({ out, a, b, m, n, k }), 0.15),
    );
  const flopsPerSecond = (2 * 768 ** 3) / time(768, 768, 768);
  const beside = (m: number, n: number, k: number) => Math.max(0, time(m, n, k) - (2 * m * n * k) / flopsPerSecond);
  // wide and shallow: mostly outputs; narrow and deep: mostly packing
  const secondsPerOutput = beside(1536, 1024, 32) / (1536 * 1024);
  const thin = { m: 4032, n: 48, k: 384 };
  const packing = beside(thin.m, thin.n, thin.k) - thin.m * thin.n * secondsPerOutput;
  return { flopsPerSecond, secondsPerOutput, secondsPerPacked: Math.max(0, packing) / (thin.m * thin.k) };
}

/** Candidates a row takes on the way to its k best of n in random order: the k first, then one in n/k by its rank. */
export function expectedCandidates(n: number, k: number): number {
  return k >= n ? n : k * (1 + Math.log(n / k));
}

function selecting(scores: number, rows: number, n: number, beside: (k: number) => number): Selecting {
  const [few, many] = [1, 40];
  const [fewSeconds, manySeconds] = [beside(few), beside(many)];
  const candidates = (k: number) => rows * expectedCandidates(n, k);
  const secondsPerCandidate = Math.max(0, manySeconds - fewSeconds) / (candidates(many) - candidates(few));
  return {
    secondsPerScore: Math.max(0, fewSeconds - secondsPerCandidate * candidates(few)) / scores,
    secondsPerCandidate,
  };
}

function seeded(device: Device, length: number): Floats {
  const stream = new RandomStreams(6).stream('calibration', length);
  return device.upload(Float32Array.from({ length }, () => stream.uniform() - 0.5));
}

function rankingRates(device: Device, flopsPerSecond: number): Selecting {
  const [rows, n, d] = [1536, 4096, 64];
  const [users, items] = [seeded(device, rows * d), seeded(device, n * d)];
  const maskOffsets = device.upload(new Int32Array(rows + 1));
  const maskIndices = device.upload(new Int32Array(0));
  return selecting(rows * n, rows, n, (k) => {
    const [indices, scores] = [device.ints(rows * k), device.floats(rows * k)];
    const call = { indices, scores, users, items, maskOffsets, maskIndices, d, k };
    const seconds = bestSeconds(() => device.kernels.rankTopK(call));
    for (const memory of [indices, scores]) device.release(memory);
    return seconds - (2 * rows * n * d) / flopsPerSecond;
  });
}

function pairRates(device: Device, flopsPerSecond: number): Selecting {
  const [n, d] = [3072, 64];
  const keys = seeded(device, n * d);
  return selecting((n * n) / 2, n, n, (k) => {
    const [indices, scores] = [device.ints(n * k), device.floats(n * k)];
    const seconds = bestSeconds(() => device.kernels.cosineTopK({ indices, scores, queries: keys, keys, d, k }));
    for (const memory of [indices, scores]) device.release(memory);
    return seconds - (n * n * d) / flopsPerSecond;
  });
}

function exponentialSeconds(device: Device): number {
  const n = 1 << 16;
  return withFloats(device, [n, n], (out, x) => bestSeconds(() => device.kernels.unary({ out, x, f: 'exp' })) / n);
}

function callSeconds(device: Device): number {
  return withFloats(device, [16, 16], (out, x) =>
    bestSeconds(() => device.kernels.axpby({ out, x, alpha: 1, beta: 0 })),
  );
}
