import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AmrError, type Csr, neighboursToCsr, transpose, transposeWithOrder, unionOf } from './index.js';

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

test('a transposed pattern says where its entries came from', () => {
  fc.assert(
    fc.property(csr, (a) => {
      const { order, values, ...pattern } = transposeWithOrder(a);
      expect(values).toBeNull();
      expect({ ...pattern, values: Float32Array.from(order, (e) => a.values?.[e] ?? 1) }).toEqual(transpose(a));
    }),
  );
});

/** The values by cell, for comparison with what a union should hold. */
function cells(a: Csr): Map<number, number> {
  const found = new Map<number, number>();
  for (let r = 0; r < a.rows; r++) {
    for (let e = a.offsets[r]; e < a.offsets[r + 1]; e++) found.set(r * a.cols + a.indices[e], a.values?.[e] ?? 1);
  }
  return found;
}

describe('unionOf', () => {
  test.each([
    ['the larger value', Math.max],
    ['a weighted sum', (x: number, y: number) => 0.25 * x + 0.5 * y],
  ])('holds %s wherever either matrix has an entry, columns ascending', (_name, combine) => {
    fc.assert(
      fc.property(csr, csr, (a, other) => {
        const b = { ...other, rows: a.rows, cols: Math.max(a.cols, other.cols), offsets: new Int32Array(a.rows + 1) };
        for (let r = 1; r <= a.rows; r++) b.offsets[r] = other.offsets[Math.min(r, other.rows)];
        const wide = { ...a, cols: b.cols };
        const [ofA, ofB] = [cells(wide), cells(b)];
        const wanted = [...new Set([...ofA.keys(), ...ofB.keys()])].sort((x, y) => x - y);
        const union = unionOf(wide, b, combine);
        expect([...cells(union)]).toEqual(wanted.map((c) => [c, combine(ofA.get(c) ?? 0, ofB.get(c) ?? 0)]));
        expect(union.offsets[union.rows]).toBe(union.indices.length);
      }),
    );
  });

  test('a matrix of ones counts as ones, and other shapes are refused', () => {
    const ones = neighboursToCsr({ rows: 2, k: 1, indices: Int32Array.of(1, 0) }, 2);
    expect(unionOf(ones, ones, (x, y) => x + y).values).toEqual(Float32Array.of(2, 2));
    expect(() => unionOf(ones, { ...ones, cols: 3 }, Math.max)).toThrow(AmrError);
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
