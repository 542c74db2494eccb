import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { errorOf } from '../testing/folders.js';
import { buildInteractions, hasInteraction, itemDegrees, itemsOf, pairsOf } from './interactions.js';

describe('buildInteractions', () => {
  const cases = fc
    .record({ users: fc.integer({ min: 1, max: 8 }), items: fc.integer({ min: 1, max: 8 }) })
    .chain(({ users, items }) =>
      fc.record({
        users: fc.constant(users),
        items: fc.constant(items),
        pairs: fc.uniqueArray(
          fc.tuple(fc.integer({ min: 0, max: users - 1 }), fc.integer({ min: 0, max: items - 1 })),
          { selector: ([user, item]) => user * items + item },
        ),
      }),
    );

  test('groups any distinct pairs by user, items ascending, and gives the same pairs back', () => {
    fc.assert(
      fc.property(cases, ({ users, items, pairs }) => {
        const built = buildInteractions(users, items, {
          userIds: Int32Array.from(pairs, ([user]) => user),
          itemIds: Int32Array.from(pairs, ([, item]) => item),
        });
        const sorted = [...pairs].sort(([u, i], [v, j]) => u - v || i - j);
        const back = pairsOf(built);
        expect(Array.from(back.userIds, (user, n) => [user, back.itemIds[n]])).toEqual(sorted);
        for (let user = 0; user < users; user++) {
          const own = sorted.filter(([other]) => other === user).map(([, item]) => item);
          expect([...itemsOf(built, user)]).toEqual(own);
          for (let item = 0; item < items; item++) expect(hasInteraction(built, user, item)).toBe(own.includes(item));
        }
        const degrees = Array.from({ length: items }, (_, item) => sorted.filter(([, i]) => i === item).length);
        expect([...itemDegrees(built)]).toEqual(degrees);
      }),
    );
  });

  test.each([
    ['an id out of range', [0], [3], 'pair (0, 3)'],
    ['a negative id', [-1], [0], 'pair (-1, 0)'],
    ['a pair twice', [1, 1], [2, 2], 'pair (1, 2) twice'],
  ])('refuses %s as a fault of the caller', async (_, userIds, itemIds, got) => {
    const error = await errorOf(() =>
      buildInteractions(2, 3, { userIds: Int32Array.from(userIds), itemIds: Int32Array.from(itemIds) }),
    );
    expect(error.kind).toBe('internal');
    expect(error.got).toBe(got);
  });
});
