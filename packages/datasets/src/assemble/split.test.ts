import { RandomStreams } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { heldOutCounts, splitMmrecRandom } from './split.js';

/** Users with the given numbers of items, pairs interleaved. */
function pairsWith(counts: readonly number[]) {
  const userIds: number[] = [];
  const itemIds: number[] = [];
  for (let item = 0; item < Math.max(...counts, 0); item++) {
    counts.forEach((count, user) => {
      if (item < count) {
        userIds.push(user);
        itemIds.push(item);
      }
    });
  }
  return { userIds: Int32Array.from(userIds), itemIds: Int32Array.from(itemIds) };
}

describe('heldOutCounts', () => {
  test.each([
    [1, 0, 0],
    [2, 0, 0],
    [3, 1, 1],
    [9, 1, 1],
    [10, 1, 1],
    [14, 1, 1],
    [15, 1, 2],
    [20, 2, 2],
    [24, 2, 2],
    [25, 2, 3],
    [100, 10, 10],
  ])('of %i items, %i for validation and %i for test', (n, validation, test) => {
    expect(heldOutCounts(n)).toEqual({ validation, test });
  });
});

describe('splitMmrecRandom', () => {
  test('holds out exactly the stated counts of every user', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 }),
        fc.integer(),
        (counts, seed) => {
          const pairs = pairsWith(counts);
          const labels = splitMmrecRandom(counts.length, pairs, new RandomStreams(seed));
          counts.forEach((count, user) => {
            const own = Array.from(labels).filter((_, n) => pairs.userIds[n] === user);
            const held = heldOutCounts(count);
            expect(own.filter((label) => label === 1).length).toBe(held.validation);
            expect(own.filter((label) => label === 2).length).toBe(held.test);
          });
        },
      ),
    );
  });

  test('is a function of the seed, and of nothing but the user', () => {
    const pairs = pairsWith([12, 12, 12]);
    const draw = (seed: number, users = 3) => splitMmrecRandom(users, pairs, new RandomStreams(seed));
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
    const alone = pairsWith([12]);
    const labels = splitMmrecRandom(1, alone, new RandomStreams(5));
    expect([...labels]).toEqual(Array.from(draw(5)).filter((_, n) => pairs.userIds[n] === 0));
  });

  test('draws every item about equally often', () => {
    const pairs = pairsWith([5]);
    const held = new Int32Array(5);
    for (let seed = 0; seed < 2000; seed++) {
      splitMmrecRandom(1, pairs, new RandomStreams(seed)).forEach((label, n) => {
        if (label === 2) held[n]++;
      });
    }
    // 2000 draws of one in five: 400 each, standard deviation 18.
    for (const count of held) expect(Math.abs(count - 400)).toBeLessThan(90);
  });
});
