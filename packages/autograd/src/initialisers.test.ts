import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { normal, standardNormal, uniform, xavierNormal, xavierUniform } from './initialisers.js';

const device = openDevice('reference');
const stream = () => new RandomStreams(3).stream('initialisers');

/** Root mean square: the standard deviation about 0. */
function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

test.each([
  ['xavierNormal', xavierNormal],
  ['xavierUniform', xavierUniform],
])('%s has standard deviation sqrt(2 / (rows + cols)), mean 0 and depends on the stream alone', (_name, initialise) => {
  const values = new Float32Array(300 * 100);
  initialise(device, values, [300, 100], stream());
  const expected = Math.sqrt(2 / 400);
  expect(deviation(values) / expected).toBeCloseTo(1, 1.5);
  expect(values.reduce((a, b) => a + b, 0) / values.length / expected).toBeCloseTo(0, 1);
  const again = new Float32Array(values.length);
  initialise(device, again, [300, 100], stream());
  expect(again).toEqual(values);
});

test('xavierUniform stays inside its bound', () => {
  const values = new Float32Array(300 * 100);
  xavierUniform(device, values, [300, 100], stream());
  const bound = Math.sqrt(6 / 400);
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound));
  expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0.99 * bound);
});

test('standardNormal has deviation 1, uniform fills its bounds', () => {
  const values = new Float32Array(300 * 100);
  standardNormal(device, values, [300, 100], stream());
  expect(deviation(values)).toBeCloseTo(1, 1.5);
  uniform(device, values, 0.25, stream());
  expect(deviation(values)).toBeCloseTo(0.25 / Math.sqrt(3), 2);
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.25);
});

test('normal has the deviation asked for and depends on the stream alone', () => {
  const values = new Float32Array(200 * 100);
  normal(device, values, 0.1, stream());
  expect(deviation(values) / 0.1).toBeCloseTo(1, 1.5);
  expect(values.reduce((a, b) => a + b, 0) / values.length).toBeCloseTo(0, 2);
  const again = new Float32Array(values.length);
  normal(device, again, 0.1, stream());
  expect(again).toEqual(values);
});
