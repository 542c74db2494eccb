import type { Caches } from './caches.js';
import type { Pieces, Probes } from './probes.js';

/** Seconds per random row: 64 and 16 columns side by side, and a slice of 64 columns of rows of 192. */
export interface GatherRates {
  readonly wide: number;
  readonly narrow: number;
  readonly strided: number;
}

/** Seconds per output row beside its entries, over outputs of so many bytes: 64 columns, and slices of 64 of 192. */
export interface OutputRates {
  readonly arrayBytes: number;
  readonly wide: number;
  readonly strided: number;
}

/** Widths probed: one slice of columns, a quarter of one, and three slices of longer rows. */
const [WIDE, NARROW, STRIDED] = [64, 16, 192];
const [ROWS, PER_ROW] = [4096, 64];

function slicesOf(d: number): number {
  return Math.ceil(d / 64);
}

/** Tables that the first, the second, the last cache holds with room to spare, and one that none does. */
function tables({ first, second, last }: Caches): number[] {
  return [first / 2, second / 2, last / 4, 16 * last];
}

function outputSizes({ second, last }: Caches): number[] {
  return [second / 2, last / 8, last / 2, 2 * last, 8 * last];
}

/** Random rows of tables of several sizes, then output rows of several amounts. */
export function* probePropagation(probes: Probes, caches: Caches): Pieces {
  yield* probeGather(probes, 2 * caches.last, WIDE);
  for (const d of [WIDE, NARROW, STRIDED]) for (const bytes of tables(caches)) yield* probeGather(probes, bytes, d);
  for (const d of [WIDE, STRIDED]) for (const bytes of outputSizes(caches)) yield* probeOutput(probes, bytes, d);
}

/** A product with long rows, so that its output hardly counts. */
function* probeGather(probes: Probes, tableBytes: number, d: number): Pieces {
  const cols = Math.max(16, Math.floor(tableBytes / (4 * d)));
  const a = probes.matrix(ROWS, PER_ROW, cols);
  const { kernels } = probes.device;
  yield* probes.floats([ROWS * d, cols * d], (out, x) =>
    probes.time(`gather ${tableBytes} ${d}`, () => kernels.spmm({ out, a, x, d })),
  );
}

/** A product with two entries a row, from a table in the second cache. */
function* probeOutput(probes: Probes, arrayBytes: number, d: number): Pieces {
  const [cols, rows] = [512, Math.floor(arrayBytes / (4 * d))];
  const a = probes.matrix(rows, 2, cols);
  const { kernels } = probes.device;
  yield* probes.floats([rows * d, cols * d], (out, x) =>
    probes.time(`output ${arrayBytes} ${d}`, () => kernels.spmm({ out, a, x, d })),
  );
}

function gatherSeconds(probes: Probes, tableBytes: number, d: number): number {
  return probes.seconds(`gather ${tableBytes} ${d}`) / (ROWS * PER_ROW * slicesOf(d));
}

export function gatherRates(probes: Probes, caches: Caches): GatherRates[] {
  return tables(caches).map((bytes) => ({
    wide: gatherSeconds(probes, bytes, WIDE),
    narrow: gatherSeconds(probes, bytes, NARROW),
    strided: gatherSeconds(probes, bytes, STRIDED),
  }));
}

/** @param entrySeconds of a row of 64 columns in the second cache */
export function outputRates(probes: Probes, caches: Caches, entrySeconds: number): OutputRates[] {
  const perRow = (arrayBytes: number, d: number) => {
    const rows = Math.floor(arrayBytes / (4 * d)) * slicesOf(d);
    return Math.max(0, probes.seconds(`output ${arrayBytes} ${d}`) / rows - 2 * entrySeconds);
  };
  return outputSizes(caches).map((arrayBytes) => ({
    arrayBytes,
    wide: perRow(arrayBytes, WIDE),
    strided: perRow(arrayBytes, STRIDED),
  }));
}

/** Bytes of the last cache that are ours, between a tenth and all of it, from the reads of a table twice its size. */
export function ownLastCache(probes: Probes, caches: Caches): number {
  const [, , inLast, inMemory] = tables(caches).map((bytes) => gatherSeconds(probes, bytes, WIDE));
  return cacheShare({ hit: inLast, miss: inMemory, mixed: gatherSeconds(probes, 2 * caches.last, WIDE) }) * caches.last;
}

/**
 * The share of a cache that is ours, in [0.1, 1]: how many random reads hit in a table of twice its size, told from the
 * times of reads that all hit and of reads that all miss.
 */
export function cacheShare({ hit, miss, mixed }: { hit: number; miss: number; mixed: number }): number {
  const hits = (miss - mixed) / Math.max(miss - hit, 1e-12);
  return Math.min(1, Math.max(0.1, 2 * hits));
}
