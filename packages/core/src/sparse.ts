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
  const offsets = new Int32Array(a.cols + 1);
  for (let e = 0; e < a.indices.length; e++) offsets[a.indices[e] + 1]++;
  for (let c = 0; c < a.cols; c++) offsets[c + 1] += offsets[c];
  const next = offsets.slice(0, a.cols);
  const indices = new Int32Array(a.indices.length);
  const values = a.values ? new Float32Array(a.indices.length) : null;
  for (let r = 0; r < a.rows; r++) {
    for (let e = a.offsets[r]; e < a.offsets[r + 1]; e++) {
      const at = next[a.indices[e]]++;
      indices[at] = r;
      if (values && a.values) values[at] = a.values[e];
    }
  }
  return { rows: a.cols, cols: a.rows, offsets, indices, values };
}

/** Rows of neighbour lists as a sparse matrix of ones (no values), columns ascending. `cols` is the node count. */
export function neighboursToCsr(lists: NeighbourLists, cols: number): Csr {
  const offsets = Int32Array.from({ length: lists.rows + 1 }, (_, r) => r * lists.k);
  const indices = lists.indices.slice();
  for (let r = 0; r < lists.rows; r++) indices.subarray(r * lists.k, (r + 1) * lists.k).sort();
  return { rows: lists.rows, cols, offsets, indices, values: null };
}
