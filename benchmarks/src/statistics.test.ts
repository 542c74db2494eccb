import { describe, expect, test } from '@jest/globals';
import { median, quantile, speedRatio } from './statistics.js';

describe('order statistics', () => {
  test('median of odd and even counts, quantiles between values', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
  });
});

describe('speed ratio', () => {
  test('a peer twice as slow in every round has ratio 2 and an interval around it', () => {
    const ours = Array.from({ length: 30 }, (_, i) => 1 + (i % 5) * 0.01);
    const ratio = speedRatio(
      ours,
      ours.map((t) => 2 * t),
    );
    expect(ratio.value).toBeCloseTo(2, 10);
    expect(ratio.low).toBeLessThanOrEqual(2);
    expect(ratio.high).toBeGreaterThanOrEqual(2);
    expect(ratio.high - ratio.low).toBeLessThan(0.2);
  });
});
