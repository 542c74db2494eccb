import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { TripleSampler } from './sampler.js';
import { interactionsOfRows } from './testing/tinyModel.js';

const items = 9;
const train = interactionsOfRows(items, [[0, 3, 4, 8], [], [1], [0, 1, 2, 3, 4, 5, 6, 7], [2, 5]]);
const device = openDevice('reference');

function triples(sampler: TripleSampler) {
  const rows: [user: number, positive: number, negative: number][] = [];
  for (let step = 0; step < sampler.steps; step++) {
    const { users, positives, negatives, size } = sampler.batch(step);
    const [u, p, n] = [users, positives, negatives].map((ids) => device.read(ids));
    expect(u).toHaveLength(size);
    for (let i = 0; i < size; i++) rows.push([u[i], p[i], n[i]]);
  }
  return rows;
}

describe('triples of an epoch', () => {
  test('hold every positive once, in batches with a rest, and only negatives the user does not have', () => {
    const sampler = new TripleSampler(device, train, { batchSize: 4 });
    expect([sampler.count, sampler.steps]).toEqual([15, 4]);
    for (let epoch = 0; epoch < 20; epoch++) {
      sampler.startEpoch(epoch, new RandomStreams(5));
      const drawn = triples(sampler);
      const pairs = drawn.map(([user, positive]) => user * items + positive).sort((a, b) => a - b);
      const wanted: number[] = [];
      for (let user = 0; user < train.users; user++) {
        for (const item of train.itemIds.subarray(train.offsets[user], train.offsets[user + 1])) {
          wanted.push(user * items + item);
        }
      }
      expect(pairs).toEqual(wanted);
      for (const [user, , negative] of drawn) {
        expect(negative).toBeGreaterThanOrEqual(0);
        expect(negative).toBeLessThan(items);
        expect(train.itemIds.subarray(train.offsets[user], train.offsets[user + 1])).not.toContain(negative);
      }
    }
  });

  test('are a function of seed and epoch, whatever was drawn before', () => {
    const sampler = new TripleSampler(device, train, { batchSize: 4 });
    const draw = (epoch: number, seed: number) => {
      sampler.startEpoch(epoch, new RandomStreams(seed));
      return triples(sampler);
    };
    const third = draw(3, 5);
    expect(draw(4, 5)).not.toEqual(third);
    expect(draw(3, 6)).not.toEqual(third);
    expect(draw(3, 5)).toEqual(third);
  });

  test('negatives are uniform over the items a user does not have', () => {
    const sampler = new TripleSampler(device, interactionsOfRows(items, [[], [], [1], [], []]), { batchSize: 4 });
    const counts = new Array<number>(items).fill(0);
    const epochs = 2000;
    for (let epoch = 0; epoch < epochs; epoch++) {
      sampler.startEpoch(epoch, new RandomStreams(1));
      counts[triples(sampler)[0][2]]++;
    }
    expect(counts[1]).toBe(0);
    // Binomial(2000, 1/8): standard deviation 15
    for (const item of [0, 2, 3, 4, 5, 6, 7, 8]) expect(Math.abs(counts[item] - epochs / 8)).toBeLessThan(5 * 15);
  });

  test('draws negatives among trained items alone where asked, and never one that the user has', () => {
    const cold = new Set([0, 3, 4]);
    const train = interactionsOfRows(6, [[1, 2], [2, 5], [1]]);
    const sampler = new TripleSampler(device, train, { batchSize: 8, negatives: 'trained' });
    const drawn = new Set<number>();
    for (let epoch = 0; epoch < 30; epoch++) {
      sampler.startEpoch(epoch, new RandomStreams(7));
      const { users, negatives } = sampler.batch(0);
      device.read(users).forEach((user, at) => {
        const negative = device.read(negatives)[at];
        expect(cold.has(negative)).toBe(false);
        expect([...train.itemIds.subarray(train.offsets[user], train.offsets[user + 1])]).not.toContain(negative);
        drawn.add(negative);
      });
    }
    expect([...drawn].sort()).toEqual([1, 2, 5]);
  });
});
