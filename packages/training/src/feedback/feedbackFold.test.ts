import { RandomStreams } from '@agentmmrec/core';
import { hasInteraction, itemsOf } from '@agentmmrec/datasets';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { interactionsOfRows } from '../testing/tinyModel.js';
import { feedbackFold, feedbackUsers } from './feedbackFold.js';

const rows = fc.array(fc.uniqueArray(fc.nat(19), { maxLength: 9 }), { minLength: 1, maxLength: 30 });

describe('a feedback fold', () => {
  test('takes one training item of every user with at least four, and of no other', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(50), (items, seed, period) => {
        const train = interactionsOfRows(20, items);
        const fold = feedbackFold(train, new RandomStreams(seed), period);
        for (let user = 0; user < train.users; user++) {
          const taken = itemsOf(fold, user);
          expect(taken).toHaveLength(itemsOf(train, user).length >= 4 ? 1 : 0);
          for (const item of taken) expect(hasInteraction(train, user, item)).toBe(true);
        }
      }),
    );
  });

  test('is drawn fresh each period, and is the same again for the same seed and period', () => {
    const train = interactionsOfRows(
      40,
      Array.from({ length: 50 }, (_, user) => Array.from({ length: 10 }, (_, n) => (user + 3 * n) % 40)),
    );
    const folds = [0, 1, 2, 0].map((period) => feedbackFold(train, new RandomStreams(4), period).itemIds);
    expect(folds[3]).toEqual(folds[0]);
    expect(folds[1]).not.toEqual(folds[0]);
    const different = folds[1].filter((item, user) => item !== folds[0][user]).length;
    expect(different).toBeGreaterThan(30);
    // Every place of a row is drawn: nobody's first item is always the one.
    const places = new Set(
      Array.from({ length: 20 }, (_, period) => feedbackFold(train, new RandomStreams(4), period).itemIds[0]),
    );
    expect(places.size).toBeGreaterThan(5);
  });
});

test('the users of a round are those of the fold, or the budget of them, another draw each period', () => {
  const train = interactionsOfRows(
    9,
    Array.from({ length: 30 }, (_, user) => (user % 3 === 0 ? [1] : [0, 2, 4, 6, 8])),
  );
  const streams = new RandomStreams(2);
  const fold = feedbackFold(train, streams, 0);
  expect([...feedbackUsers(fold, streams, 0, 512)]).toEqual(
    Array.from({ length: 30 }, (_, u) => u).filter((u) => u % 3 !== 0),
  );
  const few = [0, 1].map((period) => [...feedbackUsers(fold, streams, period, 7)]);
  expect(few[0]).toHaveLength(7);
  expect(few[0].toSorted((a, b) => a - b)).toEqual(few[0]);
  expect(few[0].every((user) => user % 3 !== 0)).toBe(true);
  expect(few[1]).not.toEqual(few[0]);
});
