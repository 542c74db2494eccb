import { RandomStreams } from '@agentmmrec/core';
import { hasInteraction, itemsOf } from '@agentmmrec/datasets';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { interactionsOfRows } from '../testing/tinyModel.js';
import { wordShop } from '../testing/wordShop.js';
import { feedbackFolds, withoutFolds } from './feedbackFold.js';

const rows = fc.array(fc.uniqueArray(fc.nat(19), { maxLength: 9 }), { minLength: 1, maxLength: 30 });
const many = Array.from({ length: 50 }, (_, user) => Array.from({ length: 10 }, (_, n) => (user + 3 * n) % 40));

describe('the folds of a feedback phase', () => {
  test('take two different training items of every user with at least five, and of no other', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(50), (items, seed, phase) => {
        const train = interactionsOfRows(20, items);
        const { users, rewriting, deciding } = feedbackFolds(train, new RandomStreams(seed), phase, 1000);
        const able = items.flatMap((own, user) => (own.length >= 5 ? [user] : []));
        expect([...users]).toEqual(able);
        for (let user = 0; user < train.users; user++) {
          const taken = [...itemsOf(rewriting, user), ...itemsOf(deciding, user)];
          expect(taken).toHaveLength(able.includes(user) ? 2 : 0);
          expect(new Set(taken).size).toBe(taken.length);
          for (const item of taken) expect(hasInteraction(train, user, item)).toBe(true);
        }
      }),
    );
  });

  test('are the same again for the same seed and phase, and others in another phase', () => {
    const train = interactionsOfRows(40, many);
    const folds = [0, 1, 2, 0].map((phase) => feedbackFolds(train, new RandomStreams(4), phase, 512));
    expect(folds[3]).toEqual(folds[0]);
    const different = folds[1].rewriting.itemIds.filter(
      (item, user) => item !== folds[0].rewriting.itemIds[user],
    ).length;
    expect(different).toBeGreaterThan(30);
    // Every place of a row is drawn: nobody's first item is always the one.
    const firsts = Array.from(
      { length: 20 },
      (_, phase) => feedbackFolds(train, new RandomStreams(4), phase, 512).deciding.itemIds[0],
    );
    expect(new Set(firsts).size).toBeGreaterThan(5);
  });

  test('hold out of no more users than the budget, and training keeps all the rest', () => {
    const shop = wordShop(many, 40);
    const folds = feedbackFolds(shop.train, new RandomStreams(2), 0, 7);
    expect(folds.users).toHaveLength(7);
    expect([...folds.users].toSorted((a, b) => a - b)).toEqual([...folds.users]);
    const { train } = withoutFolds(shop, folds);
    expect(train.itemIds).toHaveLength(shop.train.itemIds.length - 14);
    for (const user of folds.users) {
      for (const fold of [folds.rewriting, folds.deciding]) {
        expect(hasInteraction(train, user, itemsOf(fold, user)[0])).toBe(false);
      }
    }
  });
});
