import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { checkGradients } from './checkGradients.js';
import { RealFourier } from './fourier.js';
import { Tape } from './tape.js';
import { parameter, type Tensor } from './tensor.js';

const device = openDevice('cpu', { threads: 1 });
const stream = new RandomStreams(5).stream('fourier');

function trainable(rows: number, cols: number): Tensor {
  const values = Float32Array.from({ length: rows * cols }, () => stream.normal());
  return parameter(device, [rows, cols], device.upload(values), 'x');
}

/** Largest difference of two lists. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);
}

test.each([2, 6, 64])('rows of length %i: the sum of the definition, and back', (d) => {
  const x = trainable(3, d);
  const fourier = new RealFourier(device, d);
  const values = x.read();
  const tape = new Tape(device);
  tape.step(() => {
    const { real, imaginary } = fourier.forward(tape, x);
    const expected = { real: [] as number[], imaginary: [] as number[] };
    for (let r = 0; r < 3; r++) {
      for (let k = 0; k <= d / 2; k++) {
        let [cosine, sine] = [0, 0];
        for (let j = 0; j < d; j++) {
          cosine += values[r * d + j] * Math.cos((2 * Math.PI * j * k) / d);
          sine -= values[r * d + j] * Math.sin((2 * Math.PI * j * k) / d);
        }
        expected.real.push(cosine / Math.sqrt(d));
        expected.imaginary.push(sine / Math.sqrt(d));
      }
    }
    expect(distance(real.read(), expected.real)).toBeLessThan(1e-5);
    expect(distance(imaginary.read(), expected.imaginary)).toBeLessThan(1e-5);
    expect(distance(fourier.inverse(tape, { real, imaginary }).read(), values)).toBeLessThan(1e-5);
  });
});

test('a filter of all rows is the transform, the product and the way back, with its gradients', () => {
  const d = 8;
  const fourier = new RealFourier(device, d);
  const [x, real, imaginary] = [trainable(5, d), trainable(1, 5), trainable(1, 5)];
  const tape = new Tape(device);
  const [whole, parts] = tape.step(() => {
    const weights = { real, imaginary };
    const filtered = fourier.filter(tape, x, weights).read().slice();
    const spectrum = fourier.multiply(tape, fourier.forward(tape, x), weights);
    return [filtered, fourier.inverse(tape, spectrum).read().slice()];
  });
  expect(distance(whole, parts)).toBeLessThan(1e-5);
  expect(
    checkGradients(device, { x, real, imaginary }, (t) => t.squaredNorm(fourier.filter(t, x, { real, imaginary }))),
  ).toEqual([]);
});

test('the product of two spectra is the circular convolution of their rows over sqrt(d)', () => {
  const d = 6;
  const fourier = new RealFourier(device, d);
  const [x, y] = [trainable(2, d), trainable(2, d)];
  const tape = new Tape(device);
  const [left, right] = [x.read(), y.read()];
  const convolved = Array.from({ length: 2 * d }, (_, i) => {
    const [row, j] = [Math.floor(i / d), i % d];
    return left.subarray(row * d, (row + 1) * d).reduce((sum, v, m) => sum + v * right[row * d + ((j - m + d) % d)], 0);
  });
  const product = (t: Tape) => fourier.inverse(t, fourier.multiply(t, fourier.forward(t, x), fourier.forward(t, y)));
  const made = tape.step(() => product(tape).read().slice());
  expect(
    distance(
      made,
      convolved.map((v) => v / Math.sqrt(d)),
    ),
  ).toBeLessThan(1e-5);
  expect(checkGradients(device, { x, y }, (t) => t.squaredNorm(product(t)))).toEqual([]);
});

test('an odd length is refused', () => {
  expect(() => new RealFourier(device, 7)).toThrow('an even length');
});
