import { RandomStreams } from '@agentmmrec/core';
import type { RankedLists } from '@agentmmrec/evaluation';
import { describe, expect, test } from '@jest/globals';
import { interactionsOfRows } from '../testing/tinyModel.js';
import { blendLists, chooseRerankWeight, withWeight } from './rerankWeight.js';

const users = 40;
const k = 30;
const train = interactionsOfRows(
  k,
  Array.from({ length: users }, () => []),
);

function listsOf(order: (user: number) => readonly number[]): RankedLists {
  const rows = Array.from({ length: users }, (_, user) => order(user));
  const scores = Float32Array.from(rows.flat(), (item) => -item);
  return { userIds: Int32Array.from(rows.keys()), k, items: Int32Array.from(rows.flat()), scores };
}

const plain = Array.from({ length: k }, (_, item) => item);
const base = listsOf(() => plain);
const truth = interactionsOfRows(
  k,
  Array.from({ length: users }, (_, user) => [10 + (user % 15)]),
);
/** The list with the item in place `place`. */
const moved = (item: number, place: number) => plain.filter((other) => other !== item).toSpliced(place, 0, item);

describe('the weight of the reordered lists', () => {
  test('is 0 where they do harm, and the base order stays', () => {
    const choice = chooseRerankWeight(
      base,
      listsOf((user) => moved(10 + (user % 15), 29)),
      truth,
      train,
    );
    expect(choice.weight).toBe(0);
    expect(choice.validation?.after).toEqual(choice.validation?.before);
  });

  test('is 0 where what helps a few users may be chance', () => {
    const choice = chooseRerankWeight(
      base,
      listsOf((user) => (user === 3 ? moved(13, 0) : plain)),
      truth,
      train,
    );
    expect(choice.weight).toBe(0);
  });

  test('is seldom above 0 where both orders are chance: nobody is judged by what was fitted on them', () => {
    const draws = 200;
    const accepted = Array.from({ length: draws }, (_, draw) => {
      const stream = new RandomStreams(draw).stream('places');
      const [reordered, ranked] = [0, 1].map(() => listsOf((user) => moved(10 + (user % 15), stream.integer(k))));
      return chooseRerankWeight(ranked, reordered, truth, train).weight > 0;
    }).filter(Boolean).length;
    // Judged by the users whom it was fitted on, 23.5 of 100 were accepted.
    expect(accepted / draws).toBeLessThan(0.15);
  });

  test('is that of the better order where they help', () => {
    const choice = chooseRerankWeight(
      base,
      listsOf((user) => moved(10 + (user % 15), 0)),
      truth,
      train,
    );
    expect(choice.weight).toBe(1);
    expect(choice.validation?.after['ndcg@20']).toBeGreaterThan(choice.validation?.before['ndcg@20'] ?? 1);
  });

  test('lies between where both know something', () => {
    // The other order lifts the truth and, for every second user, throws the rest of the list about.
    const reordered = listsOf((user) => {
      const item = 10 + (user % 15);
      return user % 2 === 0 ? moved(item, 3) : moved(item, 22);
    });
    const { weight } = chooseRerankWeight(base, reordered, truth, train);
    expect(weight).toBeGreaterThan(0);
    expect(weight).toBeLessThan(1);
  });
});

describe('blended lists', () => {
  const shorter = { ...base, items: base.items.map((item, at) => (at % k < 25 ? item : -1)) };
  const reordered = { ...shorter, items: shorter.items.map((item, at) => (at % k < 25 ? 24 - (at % k) : item)) };

  test('are the base order at 0, the other at 1, and hold the same items with their scores between', () => {
    expect(blendLists(shorter, reordered, 0).items).toEqual(shorter.items);
    expect(blendLists(shorter, reordered, 1).items).toEqual(reordered.items);
    const between = blendLists(shorter, reordered, 0.5);
    expect(between.items.slice(0, 25).toSorted()).toEqual(shorter.items.slice(0, 25).toSorted());
    expect([...between.items.slice(25, 30)]).toEqual(new Array(5).fill(-1));
    between.items.slice(0, 25).forEach((item, at) => {
      expect(between.scores[at]).toBe(-item);
    });
  });

  test('come with what was chosen in the report', async () => {
    const report = { users, failed: 0, failures: [], repairs: {} };
    const hook = { rerankDepth: 25, rerank: async () => ({ lists: reordered, report }) };
    const choice = { weight: 1, validation: null };
    const found = await withWeight(hook, choice).rerank(shorter);
    expect(found.lists.items).toEqual(reordered.items);
    expect(found.report).toEqual({ ...report, ...choice });
  });
});
