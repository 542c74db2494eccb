import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filterKCore } from './kCore.js';

function core(pairs: readonly (readonly [number, number])[], k: number): string[] {
  const keep = new Uint8Array(pairs.length).fill(1);
  const columns = {
    userIds: Int32Array.from(pairs, ([user]) => user),
    itemIds: Int32Array.from(pairs, ([, item]) => item),
  };
  const dropped = filterKCore(10, 10, columns, k, keep);
  expect(dropped).toBe(keep.filter((kept) => kept === 0).length);
  return pairs.filter((_, n) => keep[n] === 1).map(String);
}

/** The definition, one pair at a time: drop any pair whose user or item has too few, until there is none. */
function coreByDefinition(pairs: readonly (readonly [number, number])[], k: number): string[] {
  let left = [...pairs];
  for (;;) {
    const bad = left.findIndex(
      ([user, item]) => left.filter(([u]) => u === user).length < k || left.filter(([, i]) => i === item).length < k,
    );
    if (bad < 0) return left.map(String);
    left = left.filter((_, n) => n !== bad);
  }
}

describe('filterKCore', () => {
  test('keeps what is dense enough and follows chains of removals', () => {
    const square = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const;
    // User 2 has two items, but item 2 falls with its single buyer, and then user 2 has one.
    expect(core([...square, [2, 1], [2, 2]], 2)).toEqual(square.map(String));
    expect(core([...square, [2, 1], [2, 2]], 3)).toEqual([]);
    expect(core(square, 1)).toEqual(square.map(String));
  });

  test('equals the definition on random data', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }));
    fc.assert(
      fc.property(
        fc.uniqueArray(pair, { selector: String, maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        (pairs, k) => {
          expect(core(pairs, k)).toEqual(coreByDefinition(pairs, k));
        },
      ),
    );
  });
});
