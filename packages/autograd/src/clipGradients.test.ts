import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { clipGradients } from './clipGradients.js';
import { parameter, type Tensor } from './tensor.js';

const device = openDevice('cpu', { threads: 1 });

function withGradient(...values: number[]): Tensor {
  const made = parameter(device, [1, values.length], device.floats(values.length), 'p');
  if (values.length > 0) made.gradientBuffer();
  if (made.gradient) device.write(made.gradient, Float32Array.from(values));
  return made;
}

test('all gradients shrink by one factor when their common length is above the most', () => {
  const parameters = {
    a: withGradient(3, 0),
    b: withGradient(0, 4),
    none: parameter(device, [1, 1], device.floats(1), 'n'),
  };
  expect(clipGradients(parameters, 10)).toBeCloseTo(5, 6);
  expect([...parameters.a.readGradient(), ...parameters.b.readGradient()]).toEqual([3, 0, 0, 4]);
  expect(clipGradients(parameters, 1)).toBeCloseTo(5, 6);
  const clipped = [...parameters.a.readGradient(), ...parameters.b.readGradient()];
  expect(clipped.map((v) => Math.round(v * 1e6) / 1e6)).toEqual([0.6, 0, 0, 0.8]);
  expect(parameters.none.gradient).toBeNull();
});

test('a gradient of some rows is not clipped by halves', () => {
  const rows = parameter(device, [2, 1], device.floats(2), 'rows');
  rows.setRowGradient(device.ints(1), device.floats(1));
  expect(() => clipGradients({ rows }, 1)).toThrow('the gradient of some rows');
});
