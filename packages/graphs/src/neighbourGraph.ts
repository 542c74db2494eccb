import { AmrError, type Matrix, type NeighbourLists } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';

/** Neighbour lists with the cosine of each, [rows * k], best first. */
export interface NeighbourGraph extends NeighbourLists {
  readonly scores: Float32Array;
}

/** How many neighbours a row has, and whether itself may be one. */
export interface NeighbourOptions {
  /** neighbours per row */
  readonly k: number;
  /** whether a row may be its own neighbour (the field's libraries include it) */
  readonly self: 'include' | 'exclude';
  /** the option that chose k, for a refusal; `k` */
  readonly chosenBy?: string;
}

/**
 * The k most similar rows for each row of `embeddings` [n, d] by exact cosine, ties to the lower id, a zero row having cosine
 * 0 with everything (docs/method.md#graphs). Where rows may be their own neighbours, a zero row (nothing is known of it) has no
 * other: its list is itself k times, so that a convolution gives it nothing of strangers. Deterministic; host arrays.
 * @param what names the graph in errors: `raw graph of image features`
 * @throws AmrError input when there are fewer than k candidates
 */
export function neighbourGraph(
  device: Device,
  embeddings: Matrix,
  options: NeighbourOptions,
  what: string,
): NeighbourGraph {
  const { rows, cols } = embeddings;
  const { k, self } = options;
  const excludeSelf = self === 'exclude';
  const candidates = excludeSelf ? rows - 1 : rows;
  if (k < 1 || k > candidates) {
    throw tooFew(what, rows, options);
  }
  return device.reclaimOnFailure(() => {
    const indices = device.ints(rows * k);
    const scores = device.floats(rows * k);
    const table = device.upload(embeddings.data); // the matrix itself on the CPU, where release does nothing
    device.kernels.cosineTopK({ indices, scores, queries: table, keys: table, d: cols, k, excludeSelf });
    const graph = { rows, k, indices: device.read(indices).slice(), scores: device.read(scores).slice() };
    for (const memory of [indices, scores, table]) device.release(memory);
    if (!excludeSelf) leaveZeroRowsAlone(embeddings, graph);
    return graph;
  });
}

/**
 * The lists of some rows as `neighbourGraph` has them, without making the others: for whoever looks at single entities.
 * @returns nearest first, in the order of `rows`
 * @throws AmrError input when there are fewer than k candidates
 */
export function neighboursOfRows(
  device: Device,
  embeddings: Matrix,
  rows: readonly number[],
  { k, self }: NeighbourOptions,
): { readonly row: number; readonly cosine: number }[][] {
  const { rows: count, cols, data } = embeddings;
  const excludeSelf = self === 'exclude';
  const candidates = excludeSelf ? count - 1 : count;
  if (k < 1 || k > candidates) throw tooFew('neighbours of some rows', count, { k, self });
  if (rows.length === 0) return [];
  const asking = new Float32Array(rows.length * cols);
  rows.forEach((row, at) => {
    asking.set(data.subarray(row * cols, (row + 1) * cols), at * cols);
  });
  // The kernel tells a row from itself by its place among the queries, which is another one here: one more is asked for instead.
  const asked = excludeSelf ? k + 1 : k;
  return device.reclaimOnFailure(() => {
    const indices = device.ints(rows.length * asked);
    const scores = device.floats(rows.length * asked);
    const [queries, keys] = [device.upload(asking), device.upload(data)];
    device.kernels.cosineTopK({ indices, scores, queries, keys, d: cols, k: asked, excludeSelf: false });
    const [found, cosines] = [device.read(indices), device.read(scores)];
    const lists = rows.map((row, at) => {
      const isZero = asking.subarray(at * cols, (at + 1) * cols).every((value) => value === 0);
      if (!excludeSelf && isZero) return Array.from({ length: k }, () => ({ row, cosine: 0 }));
      const start = at * asked;
      const all = Array.from({ length: asked }, (_, n) => ({ row: found[start + n], cosine: cosines[start + n] }));
      return (excludeSelf ? all.filter((one) => one.row !== row) : all).slice(0, k);
    });
    for (const memory of [indices, scores, queries, keys]) device.release(memory);
    return lists;
  });
}

function leaveZeroRowsAlone({ rows, cols, data }: Matrix, { k, indices }: NeighbourGraph): void {
  for (let row = 0; row < rows; row++) {
    const isZero = data.subarray(row * cols, (row + 1) * cols).every((value) => value === 0);
    if (isZero) indices.fill(row, row * k, (row + 1) * k);
  }
}

function tooFew(what: string, rows: number, { k, self, chosenBy = 'k' }: NeighbourOptions): AmrError {
  const excludeSelf = self === 'exclude';
  return new AmrError({
    what,
    got: `k = ${k} for ${rows} rows${excludeSelf ? ' without self' : ''}`,
    expected: `k from 1 to ${excludeSelf ? rows - 1 : rows}`,
    hint: `choose a smaller --${chosenBy}`,
  });
}
