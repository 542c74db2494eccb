import type { HostCsr } from './kernel.js';

// Values for kernel cases: made from a small mixing function, so that a case is the same in every run and language.

/** Lengths around the edges of vectors, tiles and chunks. */
export const EDGE_LENGTHS = [1, 31, 32, 33, 127, 128, 129, 255, 256, 257, 1023, 1024, 1025];

/** A 32-bit hash of (seed, i), evenly spread. */
function mixed(seed: number, i: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(i + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** `length` values in [-1, 1). */
export function realValues(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => mixed(seed, i) / 2 ** 31 - 1);
}

/** `length` whole numbers in [-4, 4]. */
export function wholeValues(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => (mixed(seed, i) % 9) - 4);
}

/** `length` ids in [0, bound). */
export function idValues(length: number, bound: number, seed: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => mixed(seed, i) % bound);
}

/**
 * A matrix whose rows have 0 to 6 entries, row 1 (where there is one) every column `hubTimes` times; columns ascending.
 * `values` 'ones' means null.
 */
export function sparseMatrix(
  rows: number,
  cols: number,
  seed: number,
  values: 'real' | 'whole' | 'ones',
  hubTimes = 1,
): HostCsr {
  const offsets = new Int32Array(rows + 1);
  const columns: number[] = [];
  for (let r = 0; r < rows; r++) {
    const entries = cols === 0 ? 0 : r === 1 ? cols * hubTimes : mixed(seed, r) % 7;
    const row = Array.from({ length: entries }, (_, e) => (r === 1 ? e % cols : mixed(seed + 1, 8 * r + e) % cols));
    columns.push(...row.sort((a, b) => a - b));
    offsets[r + 1] = columns.length;
  }
  const nnz = columns.length;
  const made = values === 'ones' ? null : values === 'real' ? realValues(nnz, seed + 2) : wholeValues(nnz, seed + 2);
  return { rows, cols, nnz, offsets, indices: Int32Array.from(columns), values: made };
}

/** The matrix without entries. */
export function emptyMatrix(rows: number, cols: number): HostCsr {
  return { rows, cols, nnz: 0, offsets: new Int32Array(rows + 1), indices: new Int32Array(0), values: null };
}
