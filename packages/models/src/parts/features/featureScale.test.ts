import { matrix } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import { standardizeColumns } from './featureScale.js';

describe('standardizeColumns', () => {
  test('columns get mean 0 and variance 1 / width; the input stays', () => {
    const input = matrix(4, 2, Float32Array.of(1, 100, 3, 102, 5, 104, 7, 106));
    const before = input.data.slice();
    const { data } = standardizeColumns(input);
    for (const column of [0, 1]) {
      const values = [0, 1, 2, 3].map((row) => data[row * 2 + column]);
      expect(values.reduce((a, b) => a + b)).toBeCloseTo(0, 6);
      expect(values.reduce((a, b) => a + b * b, 0) / 4).toBeCloseTo(1 / 2, 6);
    }
    expect(input.data).toEqual(before);
  });

  test('a column that never varies becomes 0, whatever its rounding', () => {
    const { data } = standardizeColumns(matrix(3, 1, Float32Array.of(0.1, 0.1, 0.1)));
    expect([...data]).toEqual([0, 0, 0]);
  });
});
