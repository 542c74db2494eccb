import { describe, expect, test } from '@jest/globals';
import { GrowingArray } from './growingArray.js';

describe('GrowingArray', () => {
  test.each([0, 1, 1023, 1024, 1025, 3072, 300_000])('%d values come back in their order', (count) => {
    const growing = new GrowingArray(Int32Array);
    for (let n = 0; n < count; n++) growing.push(n * 7);
    expect(growing.length).toBe(count);
    const taken = growing.take();
    expect(taken.length).toBe(count);
    expect(taken.every((value, n) => value === n * 7)).toBe(true);
  });

  test('is empty after it was taken, and what was taken stays', () => {
    const growing = new GrowingArray(Float64Array);
    growing.push(1.5);
    const taken = growing.take();
    expect(growing.length).toBe(0);
    growing.push(2.5);
    expect([[...taken], [...growing.take()]]).toEqual([[1.5], [2.5]]);
  });
});
