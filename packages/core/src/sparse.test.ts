import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Csr, neighboursToCsr, transpose } from './index.js';

/** A random sparse matrix as its set of (row, column, value). */
const csr = fc
  .record({
    rows: fc.integer({ min: 1, max: 12 }),
    cols: fc.integer({ min: 1, max: 12 }),
    seed: fc.array(fc.nat(143), { maxLength: 40 }),
  })
  .map(({ rows, cols, seed }): Csr => {
    const cells = [...new Set(seed.map((s) => s % (rows * cols)))].sort((a, b) => a - b);
    const offsets = Int32Array.from({ length: rows + 1 }, (_, r) => cells.filter((c) => c < r * cols).length);
    return {
      rows,
      cols,
      offsets,
      indices: Int32Array.from(cells, (c) => c % cols),
      values: Float32Array.from(cells, (c) => c + 1),
    };
  });

describe('transpose', () => {
  test('twice gives the matrix back', () => {
    fc.assert(fc.property(csr, (a) => expect(transpose(transpose(a))).toEqual(a)));
  });

  test('moves every entry to its mirrored place', () => {
    const a: Csr = {
      rows: 2,
      cols: 3,
      offsets: Int32Array.of(0, 2, 3),
      indices: Int32Array.of(0, 2, 2),
      values: Float32Array.of(1, 2, 3),
    };
    expect(transpose(a)).toEqual({
      rows: 3,
      cols: 2,
      offsets: Int32Array.of(0, 1, 1, 3),
      indices: Int32Array.of(0, 0, 1),
      values: Float32Array.of(1, 2, 3),
    });
  });
});

test('neighbour lists become rows of ones with ascending columns', () => {
  const a = neighboursToCsr({ rows: 2, k: 2, indices: Int32Array.of(3, 1, 0, 2) }, 4);
  expect(a).toEqual({
    rows: 2,
    cols: 4,
    offsets: Int32Array.of(0, 2, 4),
    indices: Int32Array.of(1, 3, 0, 2),
    values: null,
  });
});
