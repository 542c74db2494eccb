import { expect, test } from '@jest/globals';
import { pictureTokens } from '../contract/tokens.js';
import { PictureCosts } from './pictureCosts.js';

const small = { width: 96, height: 96 };
const large = { width: 896, height: 896 };

test('pictures cost what their size says, until a server reports less, and then in proportion', () => {
  const costs = new PictureCosts();
  const bySize = costs.estimate([small, large]);
  expect(bySize).toBe(pictureTokens(small) + pictureTokens(large));
  // Half of it: 300 tokens of text, the rest pictures.
  costs.observe([small, large], 300 + bySize / 2, 300);
  expect(costs.estimate([small, large])).toBeCloseTo(bySize / 2, -1);
  expect(costs.estimate([large])).toBeCloseTo(pictureTokens(large) / 2, -1);
});

test('one report among many moves the estimate a fifth of the way', () => {
  const costs = new PictureCosts();
  const of = pictureTokens(large);
  costs.observe([large], of, 0);
  costs.observe([large], of / 2, 0);
  expect(costs.estimate([large])).toBeCloseTo(0.9 * of, -1);
});

test('a server that charges more than a picture’s size is believed at once', () => {
  const costs = new PictureCosts();
  costs.observe([small, small], 2000, 0);
  expect(costs.estimate([small])).toBeGreaterThanOrEqual(1000);
});

test('no report, no pictures: nothing is learnt; and no picture is ever free', () => {
  const costs = new PictureCosts();
  costs.observe([large], null, 0);
  costs.observe([], 5000, 10);
  expect(costs.estimate([large])).toBe(pictureTokens(large));
  // The text was estimated too long.
  costs.observe([large], 100, 400);
  expect(costs.estimate([large])).toBeGreaterThan(0);
});
