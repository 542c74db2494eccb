import type { Csr } from '@agentmmrec/core';
import { definitions } from '@agentmmrec/kernels';
import type { Gather, Work } from './costModel.js';
import type { Rates } from './rates/rates.js';
import { expectedCandidates } from './rates/selections.js';
import { hitShares } from './reuseDistance.js';

/** Columns a propagation keeps in registers: a wider table is passed over slice by slice. */
const SLICE_COLUMNS = 64;
/** Entries and rows that a thread takes at once (native/simd/tiles.h, workGrain over 64 columns). */
const PIECE = 2048;

function slice(d: number): { columns: number; strided: boolean } {
  return { columns: Math.min(d, SLICE_COLUMNS), strided: d > SLICE_COLUMNS };
}

type Pattern = Pick<Csr, 'rows' | 'cols' | 'offsets' | 'indices' | 'values'>;

/**
 * out = A x: per slice of columns a random row per entry, a row of output, and the matrix streamed. `bytesBetween` pass
 * through the caches between two such products.
 */
export function spmmWork(rates: Rates, a: Pattern, d: number, bytesBetween = 0): Work {
  const entryBytes = a.values ? 8 : 4;
  const shares = propagationShares(rates, a, { d, entryBytes, bytesBetween });
  return propagation(rates, a, { d, entryBytes, shares, bytesBetween });
}

/** The same where neither matrix nor order is at hand: shares given. For graphs too large to draw. */
export function propagation(
  rates: Rates,
  a: { readonly rows: number; readonly indices: { readonly length: number } },
  {
    d,
    entryBytes,
    shares,
    bytesBetween = 0,
  }: {
    readonly d: number;
    readonly entryBytes: number;
    readonly shares: Gather['shares'];
    readonly bytesBetween?: number;
  },
): Work {
  const slices = Math.ceil(d / SLICE_COLUMNS);
  const entries = a.indices.length;
  const matrixBytes = slices * (entryBytes * entries + 4 * a.rows);
  const outBytes = 4 * d * a.rows;
  const arrayBytes = matrixBytes + outBytes + bytesBetween;
  return {
    gathers: [{ count: slices * entries, ...slice(d), shares }],
    outputs: [{ rows: slices * a.rows, ...slice(d), arrayBytes }],
    calls: rates.threads > 1 ? 2 : 1,
  };
}

/** Shares of the entries whose row the first, the second and the last cache hold, from the matrix's own order. */
export function propagationShares(
  rates: Rates,
  a: Pattern,
  {
    d,
    entryBytes = 8,
    bytesBetween = 0,
  }: { readonly d: number; readonly entryBytes?: number; readonly bytesBetween?: number },
): Gather['shares'] {
  const rowBytes = 4 * Math.min(d, SLICE_COLUMNS);
  const slices = Math.ceil(d / SLICE_COLUMNS);
  const entries = a.indices.length;
  const streamedBytes = entryBytes * entries + (4 + rowBytes) * a.rows;
  const touched = new Set<number>();
  for (const column of a.indices) touched.add(column);
  const trace = {
    tableRows: a.cols,
    rowBytes,
    streamedBytesPerRead: streamedBytes / Math.max(1, entries),
    passBytes: slices * (streamedBytes + touched.size * rowBytes) + bytesBetween,
  };
  const { first, second } = rates.caches;
  const own = hitShares({ ...trace, rows: piecesOfOneThread(a, rates.threads) }, [first, second]);
  const [last] = hitShares({ ...trace, rows: a.indices }, [rates.ownLastCacheBytes]);
  return [own[0], own[1] - own[0], Math.max(0, last - own[1])];
}

/** The columns of every `threads`-th piece: what one thread reads, and so what its own caches see. */
function piecesOfOneThread(a: Pattern, threads: number): Int32Array {
  if (threads === 1) return a.indices;
  const kept: Int32Array[] = [];
  let [start, weight, piece] = [0, 0, 0];
  for (let row = 0; row < a.rows; row++) {
    weight += 1 + a.offsets[row + 1] - a.offsets[row];
    if (weight < PIECE && row + 1 < a.rows) continue;
    const end = a.offsets[row + 1];
    if (piece++ % threads === 0) kept.push(a.indices.subarray(start, end));
    start = end;
    weight = 0;
  }
  const all = new Int32Array(kept.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of kept) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** op(a) op(b): the product, and both operands brought into panels, a once per 512 columns. */
export function gemmWork(m: number, n: number, k: number): Work {
  const packed = m * k * Math.ceil(n / 512) + k * n;
  const bytes = 4 * (m * k + k * n + 2 * m * n);
  const arrays = { out: { length: m * n }, a: { length: m * k }, b: { length: k * n } };
  return {
    product: {
      flops: definitions.gemm.flops.count({ ...arrays, m, n, k }),
      outputs: m * n * Math.ceil(k / 384),
      packed,
    },
    streams: [{ busBytes: bytes, arrayBytes: bytes }],
    calls: 1,
  };
}

/** All scores of users against items, each compared with its row's threshold. */
export function rankingWork(users: number, items: number, d: number, k: number): Work {
  const found = { indices: { length: users * k }, scores: { length: users * k } };
  const tables = { users: { length: users * d }, items: { length: items * d } };
  const mask = { maskOffsets: { length: users + 1 }, maskIndices: { length: 0 } };
  const flops = definitions.rankTopK.flops.count({ ...found, ...tables, ...mask, d, k });
  return {
    product: { flops, outputs: 0, packed: 0 },
    selection: { kind: 'ranking', scores: users * items, candidates: users * expectedCandidates(items, k) },
    streams: [{ busBytes: 4 * d * (users + items) + 16 * users * k, arrayBytes: 4 * d * (users + items) }],
  };
}

/** One set against itself: half of the products; operands are packed once per pair of blocks of 384 rows. */
export function pairsWork(n: number, d: number, k: number): Work {
  const pack = n * d * (Math.ceil(n / 384) / 2);
  const found = { indices: { length: n * k }, scores: { length: n * k } };
  const rows = { length: n * d };
  const flops = definitions.cosineTopK.flops.count({ ...found, queries: rows, keys: rows, d, k });
  return {
    product: { flops, outputs: 0, packed: pack },
    selection: {
      kind: 'pairs',
      scores: ((n * n) / 2) * Math.ceil(d / 384),
      candidates: n * expectedCandidates(n, k),
    },
  };
}

/** Adam over tables of so many floats; `arrayBytes` pass before the same ones come again. */
export function adamWork(elements: number, arrayBytes = 16 * elements): Work {
  return { adam: { elements, arrayBytes }, calls: 1 };
}

/**
 * Adam on rows that waited: every element of the table takes every step, in registers. The rows of the batches are fetched and
 * put back with both moments twice: to catch up, from the last cache or from memory, and again with their gradients.
 */
export function adamRowsWork(elementSteps: number, elementsFetched: number, cached: number): Work[] {
  const rows = (3 * elementsFetched) / SLICE_COLUMNS;
  return [
    { waiting: { elementSteps } },
    { rowCopies: { gathered: 0, scattered: rows, cached } },
    { rowCopies: { gathered: 0, scattered: rows, cached: 1 } },
  ];
}

/** So many floats set to zero: two passes on the bus. */
function clearWork(floats: number, arrayBytes: number): Work {
  return { streams: [{ busBytes: 8 * floats, arrayBytes }], calls: 1 };
}

/** Gather, loss and scatter of a batch of triples over tables, of whose rows the last cache serves a share. */
export function triplesWork(batch: number, d: number, cached: number): Work {
  const slices = Math.ceil(d / SLICE_COLUMNS);
  const rows = 3 * batch * slices;
  return { rowCopies: { gathered: rows, scattered: rows, cached }, calls: 6 };
}

/** The share of so many bytes that the last cache holds from one pass to the next. */
export function cachedShare(rates: Rates, bytes: number): number {
  return bytes <= rates.ownLastCacheBytes ? 1 : 0;
}

/** Forward: logits. Backward: logits again, then two products with the probabilities. */
export function infonceWork(n: number, d: number): Work {
  return { product: { flops: 8 * n * n * d, outputs: 0, packed: 0 }, logits: 2 * n * n };
}

/** Tables a step of LightGCN touches: the embedding, its gradient and both moments, and two layers. */
const TABLES_OF_A_STEP = 6;

/** Shape of a LightGCN epoch. */
export interface EpochShape {
  readonly d: number;
  readonly layers: number;
  readonly batch: number;
  readonly positives: number;
}

/** An epoch on a graph at hand. */
export function lightgcnEpochWork(rates: Rates, a: Pattern, shape: EpochShape): Work[] {
  const whole = spmmWork(rates, a, shape.d, (TABLES_OF_A_STEP - 2) * 4 * a.rows * shape.d);
  return lightgcnEpoch(rates, { whole, nodes: a.rows, entries: a.indices.length }, shape);
}

/**
 * Steps of an epoch: layers - 1 whole products forward, the batch's rows of the last layer, `layers` whole products backward,
 * the loss's rows, Adam over the table (the gradient is written whole by the last product, so nothing is cleared for it, but
 * the sparse gradient of the readout is).
 */
export function lightgcnEpoch(
  rates: Rates,
  { whole, nodes, entries }: { readonly whole: Work; readonly nodes: number; readonly entries: number },
  shape: EpochShape,
): Work[] {
  const { d, layers, batch, positives } = shape;
  const steps = Math.ceil(positives / batch);
  const tableBytes = 4 * nodes * d;
  const distinct = nodes * (1 - Math.exp((-3 * batch) / nodes));
  // a batch names a node about as often as it has edges, so its rows are longer than the average one
  const rowEntries = Math.min(entries, 2 * (distinct / nodes) * entries);
  const slices = Math.ceil(d / SLICE_COLUMNS);
  const shares = whole.gathers?.[0].shares ?? ([0, 0, 0] as const);
  const lastLayer: Work = {
    gathers: [{ count: rowEntries * slices, ...slice(d), shares }],
    outputs: [{ rows: distinct * slices, ...slice(d), arrayBytes: 4 * distinct * d }],
    calls: 1,
  };
  const stepBytes = TABLES_OF_A_STEP * tableBytes;
  const batchRows: Work = {
    rowCopies: {
      gathered: (layers * distinct + 6 * batch) * slices,
      scattered: 3 * batch * (layers + 1) * slices,
      cached: cachedShare(rates, stepBytes),
    },
    calls: 3 * layers + 6,
  };
  return [
    { positives, sortedIds: 3 * batch * steps },
    { ...whole, times: steps * (2 * layers - 1) },
    { ...lastLayer, times: steps },
    { ...batchRows, times: steps },
    { ...clearWork(nodes * d, stepBytes), times: steps },
    { ...adamWork(nodes * d, stepBytes), times: steps },
  ];
}
