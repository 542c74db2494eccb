import { RandomStreams } from '@agentmmrec/core';
import { expect, test } from '@jest/globals';
import { sampleEdges } from './sampleEdges.js';

const stream = (name: string, draw = 0) => new RandomStreams(8).stream(name, draw);

test('takes as many as asked, each once, ascending, and the same for the same stream', () => {
  const weights = Float32Array.from({ length: 50 }, (_, e) => 1 + (e % 5));
  const taken = sampleEdges(weights, 20, stream('a'));
  expect(taken).toHaveLength(20);
  expect([...taken]).toEqual([...new Set(taken)].sort((a, b) => a - b));
  expect(sampleEdges(weights, 20, stream('a'))).toEqual(taken);
  expect(sampleEdges(weights, 20, stream('b'))).not.toEqual(taken);
  expect([...sampleEdges(weights, 80, stream('a'))]).toEqual(Array.from(weights, (_, e) => e));
  expect(sampleEdges(weights, 0, stream('a'))).toHaveLength(0);
  expect([...sampleEdges([0, 0, 3, 0], 2, stream('a'))]).toEqual([0, 2]);
});

test('two of three edges are drawn as often as drawing one after the other says', () => {
  const weights = [1, 2, 5];
  const total = 8;
  const pair = (a: number, b: number) =>
    (weights[a] / total) * (weights[b] / (total - weights[a])) +
    (weights[b] / total) * (weights[a] / (total - weights[b]));
  const draws = 20_000;
  const seen = new Map<string, number>();
  for (let draw = 0; draw < draws; draw++) {
    const key = sampleEdges(weights, 2, stream('pairs', draw)).join();
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ]) {
    expect((seen.get(`${a},${b}`) ?? 0) / draws).toBeCloseTo(pair(a, b), 1.7);
  }
});
