import { describe, expect, test } from '@jest/globals';
import { coPurchaseGraph, nearestCoPurchases } from './index.js';

const of = (items: number, rows: number[][]) => {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, user) => {
    offsets[user + 1] = offsets[user] + row.length;
  });
  return { users: rows.length, items, offsets, itemIds: Int32Array.from(rows.flat()) };
};

describe('coPurchaseGraph', () => {
  const graph = coPurchaseGraph(of(5, [[0, 1], [0, 1, 2], [1, 2], [1, 3], [1]]), 1);
  const row = (item: number) => Array.from(graph.indices.subarray(graph.offsets[item], graph.offsets[item + 1]));

  test('nearest by the cosine of buyers, itself besides, columns ascending', () => {
    expect(row(0)).toEqual([0, 1]); // 2 / sqrt(2 * 5) = .63 with 1, 1 / sqrt(2 * 2) = .5 with 2
    expect(row(2)).toEqual([1, 2]); // .63 with 1, .5 with 0
    expect(row(3)).toEqual([1, 3]);
  });

  test('the nearest alone are best first, and none where none is asked for', () => {
    const train = of(5, [[0, 1], [0, 1, 2], [1, 2], [1, 3], [1]]);
    expect([0, 2, 4].map(nearestCoPurchases(train, 2))).toEqual([[1, 2], [1, 0], []]);
    expect(nearestCoPurchases(train, 0)(0)).toEqual([]);
  });

  test('an item that nobody bought has itself alone, and rows sum to 1', () => {
    expect(row(4)).toEqual([4]);
    for (let item = 0; item < 5; item++) {
      const values = graph.values?.subarray(graph.offsets[item], graph.offsets[item + 1]) ?? [];
      expect(Array.from(values).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    }
  });

  test('popularity is divided out: a common item is not everybody’s neighbour', () => {
    const popular = of(3, [[0, 1, 2], [0, 1, 2], [0], [0], [0], [0], [0], [0], [0]]);
    const { indices, offsets } = coPurchaseGraph(popular, 1);
    expect(Array.from(indices.subarray(offsets[1], offsets[2]))).toEqual([1, 2]);
  });
});
