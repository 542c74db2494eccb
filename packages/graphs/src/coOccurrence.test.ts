import { buildInteractions, type Interactions, itemsOf } from '@agentmmrec/datasets';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coOccurrence } from './coOccurrence.js';

const anyInteractions = fc
  .tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 10 }),
    fc.uniqueArray(fc.integer({ min: 0, max: 119 }), { maxLength: 90 }),
  )
  .map(([users, items, cells]) => {
    const kept = cells.filter((cell) => cell % 10 < items && Math.floor(cell / 10) < users);
    return buildInteractions(users, items, {
      userIds: Int32Array.from(kept, (cell) => Math.floor(cell / 10)),
      itemIds: Int32Array.from(kept, (cell) => cell % 10),
    });
  });

/** Every pair of users compared. */
function byBruteForce(interactions: Interactions, user: number, k: number): number[][] {
  const own = new Set(itemsOf(interactions, user));
  return Array.from({ length: interactions.users }, (_, other) => [
    other,
    itemsOf(interactions, other).filter((item) => own.has(item)).length,
  ])
    .filter(([other, count]) => other !== user && count > 0)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, k);
}

describe('coOccurrence', () => {
  test('equals the comparison of all pairs of users', () => {
    fc.assert(
      fc.property(anyInteractions, fc.integer({ min: 1, max: 6 }), (interactions, k) => {
        const { offsets, userIds, counts } = coOccurrence(interactions, k);
        for (let user = 0; user < interactions.users; user++) {
          const found = Array.from(userIds.subarray(offsets[user], offsets[user + 1]), (other, n) => [
            other,
            counts[offsets[user] + n],
          ]);
          expect(found).toEqual(byBruteForce(interactions, user, k));
        }
      }),
    );
  });

  test.each([0, -1, 1.5, Number.NaN])('k = %p is refused', (k) => {
    const interactions = buildInteractions(1, 1, { userIds: new Int32Array(0), itemIds: new Int32Array(0) });
    expect(() => coOccurrence(interactions, k)).toThrow('a whole number from 1');
  });
});
