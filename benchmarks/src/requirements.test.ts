import { expect, test } from '@jest/globals';
import { requirements } from './requirements.js';
import { testRates } from './testing/rates.js';

test('an epoch of batches of 2,048 grows with the square of the edges, one of sixteen steps with the edges', () => {
  const [, small, large] = requirements(testRates);
  const exponent = (of: 'epochSeconds' | 'fewStepsSeconds') =>
    Math.log(large[of] / small[of]) / Math.log(large.edges / small.edges);
  expect(exponent('epochSeconds')).toBeGreaterThan(1.9);
  expect(exponent('fewStepsSeconds')).toBeGreaterThan(0.95);
  expect(exponent('fewStepsSeconds')).toBeLessThan(1.1);
});
