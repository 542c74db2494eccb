import { RandomStreams } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import { bootstrapInterval, hierarchicalInterval } from './bootstrap.js';

// Global names are slow to look up inside jest, so draws are kept few.
const few = { resamples: 300 };
const stream = (seed = 1) => new RandomStreams(seed).stream('bootstrap');

function normals(count: number, mean: number, seed: number): Float64Array {
  const source = new RandomStreams(seed).stream('values');
  return Float64Array.from({ length: count }, () => mean + source.normal());
}

describe('paired bootstrap', () => {
  test('of a constant difference is that constant', () => {
    expect(bootstrapInterval(new Float64Array(30).fill(0.25), stream(), few)).toEqual({
      mean: 0.25,
      low: 0.25,
      high: 0.25,
      level: 0.95,
      resamples: 300,
    });
  });

  test('two values: the four resamples have means 0, 1/2, 1/2, 1, so the interval is [0, 1]', () => {
    const interval = bootstrapInterval(Float64Array.of(0, 1), stream());
    expect([interval.low, interval.mean, interval.high]).toEqual([0, 0.5, 1]);
  });

  test('agrees with the normal interval of a large sample', () => {
    const values = normals(250, 0.3, 5);
    const { mean, low, high } = bootstrapInterval(values, stream(), { resamples: 600 });
    const halfWidth = 1.96 / Math.sqrt(250);
    expect(Math.abs(low - (mean - halfWidth))).toBeLessThan(0.03);
    expect(Math.abs(high - (mean + halfWidth))).toBeLessThan(0.03);
  });

  test('covers the true mean about as often as it says', () => {
    let covered = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { low, high } = bootstrapInterval(normals(25, 1, seed), stream(seed), { resamples: 100 });
      if (low <= 1 && 1 <= high) covered++;
    }
    // Binomial(60, .93) falls below 48 with probability 1e-3; the percentile method runs slightly narrow.
    expect(covered).toBeGreaterThanOrEqual(48);
    expect(covered).toBeLessThan(60);
  });

  test('the same stream gives the same bits, another one others', () => {
    const values = normals(100, 0, 3);
    const interval = bootstrapInterval(values, stream(4), few);
    expect(bootstrapInterval(values, stream(4), few)).toEqual(interval);
    expect(bootstrapInterval(values, stream(5), few).low).not.toBe(interval.low);
  });
});

describe('interval over seeds and users', () => {
  test('with seeds that agree is the interval over users', () => {
    const values = normals(100, 0.1, 9);
    const one = bootstrapInterval(values, stream(), few);
    const five = hierarchicalInterval([values, values, values, values, values], stream(), few);
    expect(five.mean).toBeCloseTo(one.mean, 12);
    expect((five.high - five.low) / (one.high - one.low)).toBeCloseTo(1, 0);
  });

  test('is wider when seeds disagree than the interval that forgets them', () => {
    const rows = [-0.4, -0.2, 0, 0.2, 0.4].map((shift, seed) => normals(100, 0.1 + shift, seed));
    const both = hierarchicalInterval(rows, stream(), few);
    const usersOnly = bootstrapInterval(
      rows[0].map((_, user) => rows.reduce((sum, row) => sum + row[user], 0) / rows.length),
      stream(),
      few,
    );
    expect(both.mean).toBeCloseTo(usersOnly.mean, 12);
    expect(both.high - both.low).toBeGreaterThan(1.5 * (usersOnly.high - usersOnly.low));
  });

  test('names what is wrong', () => {
    expect(() => hierarchicalInterval([], stream())).toThrow('got no seed, expected at least one');
    expect(() => bootstrapInterval(new Float64Array(0), stream())).toThrow('got no user');
    expect(() => hierarchicalInterval([new Float64Array(2), new Float64Array(3)], stream())).toThrow(
      'got 3 and 2 users, expected the same users for each seed',
    );
    expect(() => bootstrapInterval(new Float64Array(2), stream(), { level: 95 })).toThrow('level 95');
  });
});
