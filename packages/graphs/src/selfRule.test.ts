import { describe, expect, test } from '@jest/globals';
import { ruleOnSelf } from './index.js';

const lists = (...rows: number[][]) => ({
  rows: rows.length,
  k: rows[0].length,
  indices: Int32Array.from(rows.flat()),
});

describe('one rule about self', () => {
  test('include: who stands in no list of its own gets itself as one more, or in the place of the last', () => {
    expect(ruleOnSelf(lists([1, 2], [0, 2], [0, 1]), 'include')).toEqual(lists([0, 1, 2], [1, 0, 2], [2, 0, 1]));
    expect(ruleOnSelf(lists([0, 1], [0, 2], [2, 1]), 'include')).toEqual(lists([0, 1], [1, 0], [2, 1]));
    const kept = lists([0, 1], [1, 0], [2, 1]);
    expect(ruleOnSelf(kept, 'include')).toBe(kept);
  });

  test('exclude: nobody stands in its own list, but who has nobody else', () => {
    expect(ruleOnSelf(lists([0, 1], [0, 2], [2, 2]), 'exclude')).toEqual(lists([1], [0], [2]));
    const kept = lists([1, 2], [0, 2], [0, 1]);
    expect(ruleOnSelf(kept, 'exclude')).toBe(kept);
  });
});
