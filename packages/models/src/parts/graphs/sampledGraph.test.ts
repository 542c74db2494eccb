import { Tape } from '@agentmmrec/autograd';
import { RandomStreams } from '@agentmmrec/core';
import { bipartiteAdjacency } from '@agentmmrec/graphs';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { checkerboard, checkerboardData, interactions } from '../../testing/checkerboard.js';
import { heaviestInteractions, sampledGraph, sampleInteractions } from './sampledGraph.js';

const device = openDevice('cpu', { threads: 1 });
const train = checkerboard(10);

function graphOf(dropout: number, seed = 1) {
  const data = checkerboardData(device, train);
  const random = new RandomStreams(seed);
  const context = { device, data, precision: 'fp32' as const, random, remark: () => {}, keeps: () => {} };
  return sampledGraph(context, dropout);
}

const training = new Tape(device);
const ranking = new Tape(device, { recording: false });
const valuesOf = ({ forward }: ReturnType<ReturnType<typeof graphOf>['over']>) => [
  ...(forward.values ? device.read(forward.values) : []),
];

describe('a sampled graph', () => {
  test('gives training steps the sample of the epoch, a function of epoch and seed, and ranking all edges', () => {
    const graph = graphOf(0.5);
    const all = valuesOf(graph.over(ranking));
    expect(all).toHaveLength(2 * train.itemIds.length);
    expect(valuesOf(graph.over(training))).toEqual(all); // no epoch has begun
    const sampleOf = (epoch: number, of = graph) => {
      of.beforeEpoch(epoch);
      return of.over(training).forward;
    };
    const [first, second] = [sampleOf(0), sampleOf(1)];
    expect(first.nnz).toBe(2 * Math.floor(train.itemIds.length / 2));
    expect(device.read(second.indices)).not.toEqual(device.read(first.indices));
    expect(sampleOf(0, graphOf(0.5))).toEqual(first);
    expect(valuesOf(graph.over(ranking))).toEqual(all);
  });

  test('is normalised by the degrees that are left', () => {
    const kept = sampleInteractions(train, 0.4, new RandomStreams(1).stream('edges', 3));
    const graph = graphOf(0.6);
    graph.beforeEpoch(3);
    const expected = bipartiteAdjacency(kept, 'symmetric').values ?? [];
    expect(valuesOf(graph.over(training))).toEqual([...expected]);
  });

  test('keeps edges of few neighbours rather than those of many', () => {
    // user 0 and item 0 have ten edges each, the others one
    const star = interactions(11, 11, [
      Array.from({ length: 10 }, (_, i) => i + 1),
      ...Array.from({ length: 10 }, (_, i) => (i < 5 ? [0] : [i + 1])),
    ]);
    const counts = { popular: 0, rare: 0 };
    for (let draw = 0; draw < 200; draw++) {
      const kept = sampleInteractions(star, 0.3, new RandomStreams(2).stream('edges', draw));
      counts.popular += kept.offsets[1];
      counts.rare += kept.itemIds.length - kept.offsets[6];
    }
    expect(counts.rare / 5).toBeGreaterThan(1.3 * (counts.popular / 10));
  });

  test('keeps the edges of items that are worth more, drawn or the heaviest', () => {
    const pairs = interactions(
      8,
      2,
      Array.from({ length: 8 }, (_, user) => [user % 2]),
    );
    const worth = [5, 1];
    let [first, second] = [0, 0];
    for (let draw = 0; draw < 100; draw++) {
      const { itemIds } = sampleInteractions(pairs, 0.5, new RandomStreams(2).stream('edges', draw), worth);
      first += itemIds.filter((item) => item === 0).length;
      second += itemIds.filter((item) => item === 1).length;
    }
    expect(first).toBeGreaterThan(2 * second);
    expect(second).toBeGreaterThan(0);
    const heaviest = heaviestInteractions(pairs, 0.75, worth); // four of item 0, and of equal ones the first two
    expect([[...heaviest.offsets], [...heaviest.itemIds]]).toEqual([
      [0, 1, 2, 3, 4, 5, 5, 6, 6],
      [0, 1, 0, 1, 0, 0],
    ]);
  });
});
