import { checkGradients, parameter, Tape } from '@agentmmrec/autograd';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { haarWavelet, waveletShrinkage } from './wavelet.js';

const device = openDevice('reference');
const rows = () => {
  const memory = device.floats(8);
  device.write(memory, Float32Array.of(1, 3, -2, 5, 0, 0, 4, -4));
  return parameter(device, [2, 4], memory, 'x');
};

test('two levels give averages, then details from coarse to fine, and back', () => {
  const wavelet = haarWavelet(device, 4, 2);
  const tape = new Tape(device);
  tape.step(() => {
    const spectrum = wavelet.forward(tape, rows());
    const half = Math.SQRT1_2;
    const expected = [3.5, 0.5, -2 * half, -7 * half, 0, 0, 0, 8 * half];
    expected.forEach((value, i) => {
      expect(spectrum.read()[i]).toBeCloseTo(value, 5);
    });
    expect(Array.from(wavelet.inverse(tape, spectrum).read(), (value) => Number(value.toFixed(5)) + 0)).toEqual([
      1, 3, -2, 5, 0, 0, 4, -4,
    ]);
  });
});

test('details below the threshold vanish, and x and thresholds have gradients', () => {
  const x = rows();
  const shrinkage = waveletShrinkage({ device }, haarWavelet(device, 4, 1), 'text');
  const threshold = shrinkage.parameters['text.threshold'];
  device.write(threshold.data, Float32Array.of(2, 2)); // softplus: 2.1269, over the detail 2 / sqrt 2 and under 8 / sqrt 2
  const tape = new Tape(device);
  tape.step(() => {
    const [first, second, , , , , seventh] = shrinkage.apply(tape, x).read();
    for (const value of [first, second]) expect(value).toBeCloseTo(2, 5);
    expect(seventh).toBeCloseTo(4 - 2.126928 * Math.SQRT1_2, 5);
  });
  const square = (on: Tape) => on.squaredNorm(shrinkage.apply(on, x));
  expect(checkGradients(device, { x, threshold }, square)).toEqual([]);
});

test('columns that cannot be halved so often are refused', () => {
  expect(() => haarWavelet(device, 12, 3)).toThrow(/3 levels of 12 columns.*fewer levels/);
});
