import { type Matrix, matrix, RandomStreams } from '@agentmmrec/core';
import type { Device, Floats } from '@agentmmrec/kernels';

/** Values of mean 0 and deviation 0.1 that look normal: embedding-like numbers, a function of name and shape. */
export function seededMatrix(name: string, rows: number, cols: number): Matrix {
  const stream = new RandomStreams(2).stream(name, rows, cols);
  const out = matrix(rows, cols);
  for (let i = 0; i < out.data.length; i++)
    out.data[i] = (stream.uniform() + stream.uniform() + stream.uniform() - 1.5) * 0.2;
  return out;
}

/**
 * The values in memory of the device's pool, as parameters and activations are in training. Arrays of the JavaScript heap
 * lie on small pages, and random rows of those cost twice as much.
 */
export function inDeviceMemory(device: Device, data: Float32Array): Floats {
  const memory = device.floats(data.length, 'any');
  device.write(memory, data);
  return memory;
}
