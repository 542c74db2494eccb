import { RandomStreams } from '@agentmmrec/core';
import { buildInteractions, type Interactions } from '@agentmmrec/datasets';
import { describe, expect, test } from '@jest/globals';
import { measureTerms, preferenceStrength, propertyStrength } from './termStatistics.js';

const items = 200;
const users = 400;
const perUser = 8;
const random = new RandomStreams(17);
/** Even items are "red", every fifth is "filler", all are "thing"; "rare" is on one item only. */
const terms = Array.from({ length: items }, (_, item) => [
  'thing',
  ...(item % 2 === 0 ? ['red'] : []),
  ...(item % 5 === 0 ? ['filler'] : []),
  ...(item === 3 ? ['rare'] : []),
]);

/** Users take red with probability 0.9 or 0.1 (agreement 0.64), everything else at random. */
function interactions(share: (user: number) => number): Interactions {
  const pairs: [number, number][] = [];
  for (let user = 0; user < users; user++) {
    const stream = random.stream('choice', user);
    const chosen = new Set<number>();
    while (chosen.size < perUser) {
      const red = stream.uniform() < share(user);
      chosen.add(2 * stream.integer(items / 2) + (red ? 0 : 1));
    }
    for (const item of chosen) pairs.push([user, item]);
  }
  return buildInteractions(users, items, {
    userIds: Int32Array.from(pairs, ([u]) => u),
    itemIds: Int32Array.from(pairs, ([, i]) => i),
  });
}

const statisticsOf = (train: Interactions) => {
  const index = measureTerms(terms, train);
  return (term: string) => index.statistics[index.numbers.get(term) ?? -1];
};

describe('agreement within users', () => {
  test('is estimated where users choose by the term and zero where they do not', () => {
    const of = statisticsOf(interactions((user) => (user % 2 === 0 ? 0.9 : 0.1)));
    // Drawn with p = 0.9 or 0.1: correlation (0.4 / 0.5)^2 = 0.64.
    expect(of('red').agreement).toBeGreaterThan(0.5);
    expect(of('red').agreement).toBeLessThan(0.7);
    expect(of('red').share).toBeCloseTo(0.5, 1);
    for (const term of ['thing', 'filler', 'rare']) expect(of(term).agreement).toBe(0);
  });

  test('is zero when everyone chooses alike, however popular the term is', () => {
    const of = statisticsOf(interactions(() => 0.8));
    for (const term of ['red', 'thing', 'filler', 'rare']) expect(of(term).agreement).toBe(0);
    expect(of('red').share).toBeCloseTo(0.8, 1);
  });

  test('needs no interactions to be asked for', () => {
    const of = statisticsOf(
      buildInteractions(users, items, { userIds: new Int32Array(0), itemIds: new Int32Array(0) }),
    );
    expect(of('red')).toEqual({ share: 0, itemShare: 0.5, agreement: 0 });
  });
});

describe('strength', () => {
  const telling = { share: 0.1, itemShare: 0.1, agreement: 0.2 };

  test('of a preference grows with the evidence and is negative against it', () => {
    const strengths = [0, 1, 2, 3, 5].map((count) => preferenceStrength(telling, count, 5));
    expect(strengths.toSorted((a, b) => a - b)).toEqual(strengths);
    expect(strengths[0]).toBeLessThan(0);
    expect(strengths[1]).toBeGreaterThan(0);
    // By hand: 0.1 + (3 - 0.5) * 0.2 / 1.8 = 0.3778, log 3.778.
    expect(preferenceStrength(telling, 3, 5)).toBeCloseTo(Math.log(3.7778), 4);
  });

  test('of a term that says nothing is zero', () => {
    const silent = { ...telling, agreement: 0 };
    expect([preferenceStrength(silent, 5, 5), propertyStrength(silent)]).toEqual([0, 0]);
    expect(propertyStrength(telling)).toBeCloseTo(Math.sqrt(Math.log(2.8)), 6);
  });
});
