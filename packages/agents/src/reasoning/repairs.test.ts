import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addRepairs, repairPart, repairPermutation, repairSelection, repairSentences } from './repairs.js';

const candidates = [
  { item: 4, fusedSimilarity: 0.2 },
  { item: 7, fusedSimilarity: 0.9 },
  { item: 9, fusedSimilarity: 0.9 },
  { item: 11, fusedSimilarity: 0.1 },
];

describe('a selection', () => {
  test('keeps the order of the answer and fills by fused similarity, ties to the lower id', () => {
    expect(repairSelection([4], candidates, 3)).toEqual({ items: [4, 7, 9], repairs: { filled: 2 } });
    expect(repairSelection([], candidates, 2)).toEqual({ items: [7, 9], repairs: { filled: 2 } });
  });

  test('drops unknown and repeated ids and what is beyond k, and counts each', () => {
    expect(repairSelection([99, 11, 11, 4, 9], candidates, 2)).toEqual({
      items: [11, 4],
      repairs: { unknownId: 1, duplicateId: 1, surplusId: 1 },
    });
  });

  test('is exactly k different candidates, whatever the answer', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 14 })), fc.integer({ min: 1, max: 4 }), (answer, k) => {
        const { items } = repairSelection(answer, candidates, k);
        expect(new Set(items).size).toBe(k);
        expect(items).toHaveLength(k);
        for (const item of items) expect(candidates.some((candidate) => candidate.item === item)).toBe(true);
      }),
    );
  });
});

describe('a reranking', () => {
  test('drops unknown ids, ignores duplicates, appends missing ids in base order', () => {
    expect(repairPermutation([3, 8, 3, 1], [1, 2, 3, 4])).toEqual({
      order: [3, 1, 2, 4],
      repairs: { unknownId: 1, duplicateId: 1, appended: 2 },
    });
    expect(repairPermutation([2, 1], [1, 2])).toEqual({ order: [2, 1], repairs: {} });
  });

  test('is always a permutation of the list', () => {
    const list = fc.uniqueArray(fc.nat(60), { maxLength: 50 });
    fc.assert(
      fc.property(list, fc.array(fc.integer()), (base, noise) => {
        const { order } = repairPermutation([...noise, ...base.slice(0, 3)], base);
        expect(order.toSorted((a, b) => a - b)).toEqual(base.toSorted((a, b) => a - b));
      }),
    );
  });
});

test('a part is trimmed, bounded, and null when there is nothing in it', () => {
  expect(repairPart('  red ')).toEqual({ part: 'red', repairs: {} });
  expect(repairPart(' \n')).toEqual({ part: null, repairs: { emptyPart: 1 } });
  const { part, repairs } = repairPart('x'.repeat(5000));
  expect([part?.length, repairs]).toEqual([4000, { longPart: 1 }]);
});

test('counts add up and read as sentences', () => {
  const sum = addRepairs({ filled: 2 }, { filled: 1, unknownId: 1 });
  expect(sum).toEqual({ filled: 3, unknownId: 1 });
  expect(repairSentences(sum)).toEqual([
    'a missing neighbour was filled in by fused similarity (3)',
    'an id outside the candidates was dropped (1)',
  ]);
});
