import { expect, test } from '@jest/globals';
import { interactions } from '../testing/checkerboard.js';
import { confidenceGraph } from './confidence.js';

/** Items 0, 1, 2 are bought by users; nobody bought 3. Each is followed by one neighbour. */
const train = interactions(2, 4, [
  [0, 1],
  [0, 1, 2],
]);
const lists = {
  rows: 4,
  k: 2,
  indices: Int32Array.of(0, 1, 1, 2, 2, 3, 3, 0),
  scores: Float32Array.of(1, 0.5, 1, 0.4, 1, 0.3, 1, 0.6),
};

/** Confidences before they are normalised, by item and neighbour. */
function confidences(options: { behaviour: number; pruned: number }) {
  const { offsets, indices, values } = confidenceGraph(lists, train, options);
  const sums = [0, 1, 2, 3].map((item) => {
    const own = Array.from(indices.subarray(offsets[item], offsets[item + 1])).indexOf(item);
    return 1 / (values?.[offsets[item] + own] ?? Number.NaN); // its own confidence is 1
  });
  return Array.from(indices, (other, e) => {
    const item = offsets.findIndex((end) => end > e) - 1;
    return [item, other, (values?.[e] ?? Number.NaN) * Math.sqrt(sums[item] * sums[other])] as const;
  }).filter(([item, other]) => item !== other);
}

test('common buyers raise the confidence of an edge, and say nothing of an item without any', () => {
  expect(confidences({ behaviour: 0.5, pruned: 0 }).map(([i, j, c]) => [i, j, Number(c.toFixed(4))])).toEqual([
    [0, 1, 0.75],
    [1, 2, Number((0.2 + 0.5 / Math.SQRT2).toFixed(4))],
    [2, 3, 0.3],
    [3, 0, 0.6],
  ]);
});

test('the least confident edges are pruned, never an item itself', () => {
  const left = (options: { behaviour: number; pruned: number }) => confidences(options).map(([i, j]) => [i, j]);
  expect(left({ behaviour: 0, pruned: 0.5 })).toEqual([
    [0, 1],
    [3, 0],
  ]);
  expect(left({ behaviour: 1, pruned: 0.5 })).toEqual([
    [0, 1],
    [1, 2],
  ]);
  expect(confidenceGraph(lists, train, { behaviour: 0, pruned: 0.99 }).offsets).toEqual(Int32Array.of(0, 1, 2, 3, 5));
});
