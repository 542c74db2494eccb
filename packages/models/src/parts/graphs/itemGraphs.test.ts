import type { Csr } from '@agentmmrec/core';
import type { NeighbourGraph } from '@agentmmrec/graphs';
import { expect, test } from '@jest/globals';
import { cosineGraph, largerWeights, weightedSum } from './itemGraphs.js';

const graph = (k: number, indices: number[], scores: number[]): NeighbourGraph => ({
  rows: indices.length / k,
  k,
  indices: Int32Array.from(indices),
  scores: Float32Array.from(scores),
});

function dense({ rows, cols, offsets, indices, values }: Csr): number[][] {
  return Array.from({ length: rows }, (_, row) => {
    const out: number[] = Array(cols).fill(0);
    for (let e = offsets[row]; e < offsets[row + 1]; e++) out[indices[e]] += values ? values[e] : 1;
    return out;
  });
}

const ascends = ({ rows, offsets, indices }: Csr) =>
  Array.from({ length: rows }, (_, row) => [...indices.subarray(offsets[row], offsets[row + 1])]).every((columns) =>
    columns.every((column, c) => c === 0 || columns[c - 1] < column),
  );

const a = graph(2, [0, 2, 1, 0, 2, 1], [1, 0.5, 1, 0.25, 1, 0.75]);
const b = graph(2, [2, 0, 1, 2, 0, 2], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);

test('the weighted sum adds the means over neighbours', () => {
  const sum = weightedSum([
    { modality: 'image', lists: a, weight: 0.2 },
    { modality: 'text', lists: b, weight: 0.8 },
  ]);
  const expected = [
    [0.1 + 0.4, 0, 0.1 + 0.4],
    [0.1, 0.1 + 0.4, 0.4],
    [0.4, 0.1, 0.1 + 0.4],
  ];
  dense(sum).forEach((row, r) => {
    row.forEach((value, c) => {
      expect(value).toBeCloseTo(expected[r][c], 6);
    });
  });
  expect(ascends(sum)).toBe(true);
});

test('cosines are normalised by the sums of rows on both sides; a row without a positive sum has none', () => {
  const roots = [1.5, 1.25, 1.75].map((sum) => 1 / Math.sqrt(sum));
  const made = cosineGraph(a);
  expect(ascends(made)).toBe(true);
  const rows = dense(made);
  expect(rows[0][2]).toBeCloseTo(roots[0] * 0.5 * roots[2], 6);
  expect(rows[1][0]).toBeCloseTo(roots[1] * 0.25 * roots[0], 6);
  expect(rows[0][1]).toBe(0);
  const opposed = dense(cosineGraph(graph(1, [1, 0, 0], [-0.5, 1, 1])));
  expect(opposed.flat().every((value) => value === 0)).toBe(true); // 1 and 2 lean on row 0, whose root is 0
});

test('the union takes the larger weight where both have an edge, a negative one where it stands alone', () => {
  const csr = (rows: number[][]): Csr => {
    const entries = rows.map((row) => row.flatMap((value, column) => (value === 0 ? [] : [{ value, column }])));
    const offsets = Int32Array.from([0, ...entries.map((_, r) => entries.slice(0, r + 1).flat().length)]);
    const flat = entries.flat();
    return {
      rows: rows.length,
      cols: rows[0].length,
      offsets,
      indices: Int32Array.from(flat, ({ column }) => column),
      values: Float32Array.from(flat, ({ value }) => value),
    };
  };
  const union = largerWeights(
    csr([
      [1, 0, -2],
      [0, 0, 4],
    ]),
    csr([
      [3, 0.5, 0],
      [0, 0, -1],
    ]),
  );
  expect(dense(union)).toEqual([
    [3, 0.5, -2],
    [0, 0, 4],
  ]);
});
