import { type Matrix, matrix, RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { energyOf, featureBasis } from './featureBasis.js';

const stream = (name: string) => new RandomStreams(4).stream(name);
const normals = (name: string, rows: number, cols: number): Matrix => {
  const of = stream(name);
  return matrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, () => of.normal()),
  );
};

/** a b, [a.rows, b.cols], in float64. */
function product(a: Matrix, b: Matrix, transposeB = false): Matrix {
  const cols = transposeB ? b.rows : b.cols;
  const out = matrix(a.rows, cols);
  for (let r = 0; r < a.rows; r++) {
    for (let c = 0; c < cols; c++) {
      let sum = 0;
      for (let n = 0; n < a.cols; n++)
        sum += a.data[r * a.cols + n] * b.data[transposeB ? c * b.cols + n : n * b.cols + c];
      out.data[r * cols + c] = sum;
    }
  }
  return out;
}

/** Rows [rows, width] with the singular values given, as far as normal factors have them. */
function rowsOf(rows: number, width: number, strengths: readonly number[]): Matrix {
  const left = normals('left', rows, strengths.length);
  for (let n = 0; n < left.data.length; n++) left.data[n] *= strengths[n % strengths.length];
  return product(left, normals('right', strengths.length, width));
}

function leftOut(x: Matrix, basis: Matrix): number {
  const back = product(product(x, basis), basis, true);
  return energyOf(x.data.map((value, n) => value - back.data[n])) / energyOf(x.data);
}

describe.each(['cpu', 'reference'] as const)('on %s', (name) => {
  const device = openDevice(name);
  const basisOf = (x: Matrix, rank: number | 'auto') => featureBasis(device, x, rank, stream('directions'));

  test('features of few directions lie in their basis as they are', () => {
    const x = rowsOf(
      90,
      256,
      Array.from({ length: 20 }, () => 1),
    );
    const basis = basisOf(x, 'auto') as Matrix;
    expect(basis.cols).toBe(20);
    expect(leftOut(x, basis)).toBeLessThan(1e-9);
    const gram = product(matrix(basis.cols, basis.rows, transposed(basis)), basis);
    for (let r = 0; r < 20; r++) {
      for (let c = 0; c < 20; c++) expect(gram.data[r * 20 + c]).toBeCloseTo(r === c ? 1 : 0, 5);
    }
  });

  test('else as many directions as keep 99.9 % of the energy, and hardly more', () => {
    const x = rowsOf(
      150,
      120,
      Array.from({ length: 120 }, (_, n) => 0.85 ** n),
    );
    const basis = basisOf(x, 'auto') as Matrix;
    expect(leftOut(x, basis)).toBeLessThan(1e-3);
    expect(leftOut(x, basisOf(x, basis.cols - 16) as Matrix)).toBeGreaterThan(1e-3);
  });

  test('none where more than half of the width would be needed', () => {
    expect(basisOf(normals('noise', 300, 64), 'auto')).toBeNull();
    const flat = rowsOf(
      90,
      64,
      Array.from({ length: 45 }, () => 1),
    );
    expect(basisOf(flat, 'auto')).toBeNull();
    expect(basisOf(matrix(5, 64), 'auto')).toBeNull();
  });

  test('a number of directions are the leading ones', () => {
    const x = rowsOf(
      80,
      40,
      Array.from({ length: 40 }, (_, n) => (n < 3 ? 10 : 0.1)),
    );
    const basis = basisOf(x, 3) as Matrix;
    expect(basis.cols).toBe(3);
    expect(leftOut(x, basis)).toBeLessThan(2e-3);
    expect(leftOut(x, basisOf(x, 2) as Matrix)).toBeGreaterThan(0.05);
  });

  test('memory goes back', () => {
    const before = device.memory().usedBytes;
    basisOf(rowsOf(30, 64, [1, 1, 1]), 'auto');
    basisOf(normals('noise', 60, 32), 'auto');
    expect(device.memory().usedBytes).toBe(before);
  });
});

function transposed({ rows, cols, data }: Matrix): Float32Array {
  return Float32Array.from({ length: data.length }, (_, n) => data[(n % rows) * cols + Math.floor(n / rows)]);
}
