import { expect, test } from '@jest/globals';
import { cacheShare } from './propagation.js';

test('the share of a cache that is ours: twice the reads that hit in a table twice its size, never outside [0.1, 1]', () => {
  expect(cacheShare({ hit: 1, miss: 5, mixed: 4 })).toBeCloseTo(0.5, 12);
  expect(cacheShare({ hit: 1, miss: 5, mixed: 1 })).toBe(1);
  expect(cacheShare({ hit: 1, miss: 5, mixed: 6 })).toBe(0.1);
  expect(cacheShare({ hit: 1, miss: 1, mixed: 1 })).toBe(0.1);
});
