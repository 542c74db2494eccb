import { AmrError } from './errors.js';

/** A sparse matrix in compressed rows. Entries of row r stand at [offsets[r], offsets[r + 1]). */
export interface Csr {
  readonly rows: number;
  readonly cols: number;
  /** [rows + 1] int32, nondecreasing, offsets[0] = 0 */
  readonly offsets: Int32Array;
  /** [nnz] int32, column of each entry, ascending within a row */
  readonly indices: Int32Array;
  /** [nnz] float32, or null when every entry is 1 */
  readonly values: Float32Array | null;
}

/** A directed graph with exactly k neighbours per row, best first. */
export interface NeighbourLists {
  readonly rows: number;
  readonly k: number;
  /** [rows * k] int32 */
  readonly indices: Int32Array;
}

/** The transpose, entries of each row ascending by column. Runs in O(rows + cols + nnz). */
export function transpose(a: Csr): Csr {
  const { order, ...transposed } = transposeWithOrder(a);
  return { ...transposed, values: a.values && valuesInOrder(a.values, order) };
}

/** The transpose of a pattern: no values, and `order` [nnz], which entry of `a` each of its entries is. */
export function transposeWithOrder(
  a: Omit<Csr, 'values'>,
): Csr & { readonly values: null; readonly order: Int32Array } {
  const offsets = new Int32Array(a.cols + 1);
  for (let e = 0; e < a.indices.length; e++) offsets[a.indices[e] + 1]++;
  for (let c = 0; c < a.cols; c++) offsets[c + 1] += offsets[c];
  const next = offsets.slice(0, a.cols);
  const indices = new Int32Array(a.indices.length);
  const order = new Int32Array(a.indices.length);
  for (let r = 0; r < a.rows; r++) {
    for (let e = a.offsets[r]; e < a.offsets[r + 1]; e++) {
      const at = next[a.indices[e]]++;
      indices[at] = r;
      order[at] = e;
    }
  }
  return { rows: a.cols, cols: a.rows, offsets, indices, values: null, order };
}

/**
 * The matrix with an entry wherever one of two matrices of equal shape has one: combine(value of a, value of b), where a missing
 * entry is 0. Columns ascend within a row, in `a` and `b` as in the result. `Math.max` keeps the stronger of two edges (SMORE),
 * `(x, y) => 0.1 * x + 0.9 * y` weighs them (FREEDOM).
 * @throws AmrError internal when the shapes differ
 */
export function unionOf(a: Csr, b: Csr, combine: (a: number, b: number) => number): Csr {
  if (a.rows !== b.rows || a.cols !== b.cols) throw shapesDiffer(a, b);
  const offsets = new Int32Array(a.rows + 1);
  const indices = new Int32Array(a.indices.length + b.indices.length);
  const values = new Float32Array(indices.length);
  let at = 0;
  for (let r = 0; r < a.rows; r++) {
    let [left, right] = [a.offsets[r], b.offsets[r]];
    const [leftEnd, rightEnd] = [a.offsets[r + 1], b.offsets[r + 1]];
    while (left < leftEnd || right < rightEnd) {
      const leftColumn = left < leftEnd ? a.indices[left] : a.cols;
      const rightColumn = right < rightEnd ? b.indices[right] : b.cols;
      const column = Math.min(leftColumn, rightColumn);
      const ofA = leftColumn === column ? valueAt(a, left++) : 0;
      const ofB = rightColumn === column ? valueAt(b, right++) : 0;
      indices[at] = column;
      values[at++] = combine(ofA, ofB);
    }
    offsets[r + 1] = at;
  }
  return { rows: a.rows, cols: a.cols, offsets, indices: indices.slice(0, at), values: values.slice(0, at) };
}

function valueAt(a: Csr, entry: number): number {
  return a.values ? a.values[entry] : 1;
}

function valuesInOrder(values: Float32Array, order: Int32Array): Float32Array {
  const sorted = new Float32Array(order.length);
  for (let e = 0; e < order.length; e++) sorted[e] = values[order[e]];
  return sorted;
}

function shapesDiffer(a: Csr, b: Csr): AmrError {
  return new AmrError({
    what: 'union of two sparse matrices',
    got: `[${a.rows} x ${a.cols}] and [${b.rows} x ${b.cols}]`,
    expected: 'equal shapes',
    hint: 'make both from one data set',
    kind: 'internal',
  });
}

/** Rows of neighbour lists as a sparse matrix of ones (no values), columns ascending. `cols` is the node count. */
export function neighboursToCsr(lists: NeighbourLists, cols: number): Csr {
  const offsets = Int32Array.from({ length: lists.rows + 1 }, (_, r) => r * lists.k);
  const indices = lists.indices.slice();
  for (let r = 0; r < lists.rows; r++) indices.subarray(r * lists.k, (r + 1) * lists.k).sort();
  return { rows: lists.rows, cols, offsets, indices, values: null };
}
