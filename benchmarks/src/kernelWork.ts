import type { Csr } from '@agentmmrec/core';
import { expectedCandidates, type Rates } from './calibrate.js';
import type { Gather, Work } from './costModel.js';
import { hitShares } from './reuseDistance.js';

/** Columns a propagation keeps in registers: a wider table is passed over slice by slice. */
const SLICE_COLUMNS = 64;
/** Entries and rows that a thread takes at once (native/simd/tiles.h, workGrain over 64 columns). */
const PIECE = 2048;

type Pattern = Pick<Csr, 'rows' | 'cols' | 'offsets' | 'indices' | 'values'>;

/** out = A x: per slice of columns a random row per entry, a row of output, and the matrix streamed. */
export function spmmWork(rates: Rates, a: Pattern, d: number): Work {
  const entryBytes = a.values ? 8 : 4;
  return propagation(rates, a, d, entryBytes, propagationShares(rates, a, d, entryBytes));
}

/** The same where neither matrix nor order is at hand: shares given. For graphs too large to draw. */
export function propagation(
  rates: Rates,
  a: { readonly rows: number; readonly indices: { readonly length: number } },
  d: number,
  entryBytes: number,
  shares: Gather['shares'],
): Work {
  const slices = Math.ceil(d / SLICE_COLUMNS);
  const entries = a.indices.length;
  const matrixBytes = slices * (entryBytes * entries + 4 * a.rows);
  const outBytes = 4 * d * a.rows;
  const arrayBytes = matrixBytes + 2 * outBytes;
  return {
    gathers: [{ count: slices * entries, columns: Math.min(d, SLICE_COLUMNS), shares }],
    streams: [{ busBytes: 2 * outBytes, arrayBytes }],
    rows: slices * a.rows,
    calls: rates.threads > 1 ? 2 : 1,
  };
}

/** Shares of the entries whose row the first, the second and the last cache hold, from the matrix's own order. */
export function propagationShares(rates: Rates, a: Pattern, d: number, entryBytes = 8): Gather['shares'] {
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
    passBytes: slices * (streamedBytes + touched.size * rowBytes),
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
  return {
    product: { flops: 2 * m * n * k, outputs: m * n * Math.ceil(k / 384), packed },
    streams: [{ busBytes: bytes, arrayBytes: bytes }],
    calls: 1,
  };
}

/** All scores of users against items, each compared with its row's threshold. */
export function rankingWork(users: number, items: number, d: number, k: number): Work {
  return {
    product: { flops: 2 * users * items * d, outputs: 0, packed: 0 },
    selection: { kind: 'ranking', scores: users * items, candidates: users * expectedCandidates(items, k) },
    streams: [{ busBytes: 4 * d * (users + items) + 16 * users * k, arrayBytes: 4 * d * (users + items) }],
  };
}

/** One set against itself: half of the products; operands are packed once per pair of blocks of 384 rows. */
export function pairsWork(n: number, d: number, k: number): Work {
  const pack = n * d * (Math.ceil(n / 384) / 2);
  return {
    product: { flops: n * n * d, outputs: 0, packed: pack },
    selection: {
      kind: 'pairs',
      scores: ((n * n) / 2) * Math.ceil(d / 384),
      candidates: n * expectedCandidates(n, k),
    },
  };
}

/** Adam over tables of so many floats, gradients cleared first: 8 passes on the bus (p, m, v read and written; g read; g cleared costs 2). */
export function adamWork(floats: number): Work {
  return { streams: [{ busBytes: 4 * floats * 9, arrayBytes: 16 * floats }], calls: 2 };
}

/** Gather, loss and scatter of a batch of triples over tables of so many bytes. */
export function triplesWork(batch: number, d: number, tableBytes: number, rates: Rates): Work {
  const inLast = Math.min(1, rates.ownLastCacheBytes / tableBytes);
  const slices = Math.ceil(d / SLICE_COLUMNS);
  return {
    // three rows read, three gradient rows written, and added to the table through their order
    gathers: [{ count: 3 * batch * slices * 2, columns: Math.min(d, SLICE_COLUMNS), shares: [0, 0, inLast] }],
    streams: [{ busBytes: 4 * 3 * batch * d * 4, arrayBytes: 4 * 6 * batch * d }],
    rows: 6 * batch * slices,
    calls: 6,
  };
}

/** Forward: logits and their exponentials. Backward: both again, then two products with the probabilities, packed twice. */
export function infonceWork(n: number, d: number): Work {
  return {
    product: { flops: 8 * n * n * d, outputs: 2 * n * n + (2 * n * n * d) / 256, packed: 2 * n * n },
    exponentials: 2 * n * n,
  };
}

/** Shape of a LightGCN epoch. */
export interface EpochShape {
  readonly d: number;
  readonly layers: number;
  readonly batch: number;
  readonly positives: number;
}

/** An epoch on a graph at hand. */
export function lightgcnEpochWork(rates: Rates, a: Pattern, shape: EpochShape): Work[] {
  const whole = spmmWork(rates, a, shape.d);
  return lightgcnEpoch(rates, whole, a.rows, a.indices.length, shape);
}

/**
 * Steps of an epoch: layers - 1 whole products forward, the batch's rows of the last layer, `layers` whole products backward,
 * the loss's rows, Adam over the table (the gradient is written whole by the last product, so nothing is cleared for it, but
 * the sparse gradient of the readout is).
 */
export function lightgcnEpoch(rates: Rates, whole: Work, nodes: number, entries: number, shape: EpochShape): Work[] {
  const { d, layers, batch, positives } = shape;
  const steps = Math.ceil(positives / batch);
  const tableBytes = 4 * nodes * d;
  const distinct = nodes * (1 - Math.exp((-3 * batch) / nodes));
  // a batch names a node about as often as it has edges, so its rows are longer than the average one
  const rowEntries = Math.min(entries, 2 * (distinct / nodes) * entries);
  const slices = Math.ceil(d / SLICE_COLUMNS);
  const shares = whole.gathers?.[0].shares ?? ([0, 0, 0] as const);
  const lastLayer: Work = {
    gathers: [{ count: rowEntries * slices, columns: Math.min(d, SLICE_COLUMNS), shares }],
    rows: distinct * slices,
    calls: 1,
  };
  return [
    { ...whole, times: steps * (2 * layers - 1) },
    { ...lastLayer, times: steps },
    { ...triplesWork(batch, d, tableBytes, rates), times: steps },
    { streams: [{ busBytes: 7 * tableBytes + 2 * tableBytes, arrayBytes: 6 * tableBytes }], calls: 2, times: steps },
  ];
}
