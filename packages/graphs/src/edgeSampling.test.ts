import { RandomStreams } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import { interactionsAt, sampleEdges } from './index.js';

const streams = new RandomStreams(4);

describe('sampleEdges', () => {
  test('draws distinct positions, ascending, a function of the stream', () => {
    const weights = Float32Array.from({ length: 500 }, (_, i) => 1 + (i % 7));
    const drawn = sampleEdges(weights, 200, streams.stream('edges'));
    expect(new Set(drawn).size).toBe(200);
    expect([...drawn]).toEqual([...drawn].sort((a, b) => a - b));
    expect(sampleEdges(weights, 200, streams.stream('edges'))).toEqual(drawn);
    expect(sampleEdges(weights, 200, streams.stream('edges', 1))).not.toEqual(drawn);
    expect(sampleEdges(weights, 500, streams.stream('edges'))).toEqual(Int32Array.from({ length: 500 }, (_, i) => i));
    expect(sampleEdges(weights, 0, streams.stream('edges'))).toEqual(new Int32Array(0));
  });

  test('pairs come as often as drawing one after the other makes them', () => {
    const weights = [1, 2, 3, 4];
    const rounds = 20_000;
    const counts = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      const pair = sampleEdges(weights, 2, streams.stream('pair', round)).join();
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    for (const [i, j] of [
      [0, 1],
      [0, 3],
      [1, 2],
      [2, 3],
    ]) {
      const [a, b] = [weights[i] / 10, weights[j] / 10];
      const expected = (a * b) / (1 - a) + (b * a) / (1 - b);
      // three standard deviations
      const allowed = 3 * Math.sqrt((expected * (1 - expected)) / rounds);
      expect(Math.abs((counts.get(`${i},${j}`) ?? 0) / rounds - expected)).toBeLessThan(allowed);
    }
  });

  test('weights of 0 are never drawn, and what cannot be drawn is refused', () => {
    expect(sampleEdges([0, 1, 0, 2], 2, streams.stream('zero'))).toEqual(Int32Array.of(1, 3));
    expect(() => sampleEdges([0, 1, 0, 2], 3, streams.stream('zero'))).toThrow('at least 3');
    expect(() => sampleEdges([1, -1], 1, streams.stream('zero'))).toThrow('weight -1 at position 1');
  });
});

test('interactionsAt keeps the users and the chosen pairs', () => {
  const all = { users: 3, items: 5, offsets: Int32Array.of(0, 2, 2, 5), itemIds: Int32Array.of(1, 4, 0, 2, 3) };
  expect(interactionsAt(all, Int32Array.of(1, 2, 4))).toEqual({
    users: 3,
    items: 5,
    offsets: Int32Array.of(0, 1, 1, 3),
    itemIds: Int32Array.of(4, 0, 3),
  });
  expect(interactionsAt(all, new Int32Array(0)).offsets).toEqual(new Int32Array(4));
});
