import type { Interactions } from '@agentmmrec/datasets';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { metricsOf, ndcgAt, recallAt } from './metrics.js';

/** Interactions from one array of ascending item ids a user. */
function interactions(items: number, rows: readonly (readonly number[])[]): Interactions {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, user) => {
    offsets[user + 1] = offsets[user] + row.length;
  });
  return { users: rows.length, items, offsets, itemIds: Int32Array.from(rows.flat()) };
}

function listsOf(userIds: number[], k: number, rows: readonly (readonly number[])[]) {
  const items = new Int32Array(userIds.length * k).fill(-1);
  rows.forEach((row, at) => {
    items.set(row, at * k);
  });
  return { userIds: Int32Array.from(userIds), k, items, scores: new Float32Array(items.length) };
}

describe('one list, worked by hand', () => {
  const list = [7, 3, 9, 1, 5];

  test('hits at places 2 and 4 of a truth of three', () => {
    const truth = Int32Array.of(1, 3, 8);
    expect(recallAt(list, truth, 5)).toBe(2 / 3);
    // DCG = 1/log2(3) + 1/log2(5); ideal = 1 + 1/log2(3) + 1/log2(4)
    expect(ndcgAt(list, truth, 5)).toBeCloseTo((0.6309297535714575 + 0.43067655807339306) / 2.1309297535714578, 15);
  });

  test('cut before the hit', () => {
    expect(recallAt(list, Int32Array.of(9), 2)).toBe(0);
    expect(ndcgAt(list, Int32Array.of(9), 2)).toBe(0);
    expect(ndcgAt(list, Int32Array.of(9), 3)).toBe(0.5);
  });

  test('the ideal counts only as many hits as the list has places', () => {
    expect(ndcgAt([1, 2], Int32Array.of(1, 2, 3, 4), 2)).toBe(1);
    expect(recallAt([1, 2], Int32Array.of(1, 2, 3, 4), 2)).toBe(0.5);
  });

  test('more truth than the table of ideals holds', () => {
    const truth = Int32Array.from({ length: 40 }, (_, item) => item);
    expect(ndcgAt(truth, truth, 30)).toBeCloseTo(1, 12);
  });

  test('an empty place is no hit', () => {
    expect(recallAt([-1, -1, 2], Int32Array.of(2), 3)).toBe(1);
    expect(ndcgAt([-1, -1, 2], Int32Array.of(2), 3)).toBe(0.5);
  });
});

describe('metrics over users', () => {
  const items = 30;
  const first20 = Array.from({ length: 20 }, (_, place) => place);

  test('averages over users with truth only, and counts the cold ones among them', () => {
    const lists = listsOf([0, 1, 2], 20, [first20, first20, first20]);
    // user 0: hit at place 1; user 1: no truth; user 2: hits at places 11 and none (item 29)
    const truth = interactions(items, [[0], [], [10, 29]]);
    const train = interactions(items, [[25], [], []]);
    const { userIds, metrics, perUser, coldUsers } = metricsOf(lists, truth, train);
    expect([...userIds]).toEqual([0, 2]);
    expect(coldUsers).toBe(1);
    expect([...perUser['recall@10']]).toEqual([1, 0]);
    expect([...perUser['recall@20']]).toEqual([1, 0.5]);
    expect(metrics['recall@20']).toBe(0.75);
    expect(metrics['ndcg@20']).toBeCloseTo((1 + 1 / Math.log2(12) / (1 + 1 / Math.log2(3))) / 2, 15);
    expect(metrics['ndcg@10']).toBe(0.5);
  });

  test('a split without truth has metrics 0 and no users', () => {
    const empty = interactions(items, [[], []]);
    const { userIds, metrics } = metricsOf(listsOf([0, 1], 20, [first20, first20]), empty, empty);
    expect(userIds).toHaveLength(0);
    expect(metrics['recall@20']).toBe(0);
  });

  test('refuses lists that are too short to measure', () => {
    const truth = interactions(items, [[1]]);
    expect(() => metricsOf(listsOf([0], 10, [[1]]), truth, truth)).toThrow(
      'got lists of 10 items, expected at least 20',
    );
  });

  test('lie in [0, 1], grow with N, and do not care in which order users come', () => {
    const user = fc.record({
      list: fc.shuffledSubarray(
        Array.from({ length: items }, (_, item) => item),
        { minLength: 20, maxLength: 20 },
      ),
      truth: fc.uniqueArray(fc.nat(items - 1), { minLength: 1, maxLength: 25 }),
    });
    fc.assert(
      fc.property(fc.array(user, { minLength: 1, maxLength: 6 }), (users) => {
        const truthRows = users.map(({ truth }) => [...truth].sort((a, b) => a - b));
        const truth = interactions(items, truthRows);
        const ids = users.map((_, at) => at);
        const { metrics, perUser } = metricsOf(
          listsOf(
            ids,
            20,
            users.map(({ list }) => list),
          ),
          truth,
          truth,
        );
        for (const value of Object.values(metrics)) expect(value >= 0 && value <= 1).toBe(true);
        users.forEach((_, at) => {
          expect(perUser['recall@20'][at]).toBeGreaterThanOrEqual(perUser['recall@10'][at]);
        });
        const reversed = metricsOf(
          listsOf(ids, 20, users.map(({ list }) => list).reverse()),
          interactions(items, [...truthRows].reverse()),
          truth,
        );
        expect(reversed.metrics['ndcg@20']).toBeCloseTo(metrics['ndcg@20'], 12);
      }),
    );
  });
});
