import type { RandomStream } from '@agentmmrec/core';
import type { Device, Floats } from '@agentmmrec/kernels';

/** Of a table. */
type Shape = readonly [rows: number, cols: number];

/**
 * Normal values with standard deviation sqrt(2 / (rows + cols)) (Glorot and Bengio 2010, eq. 12 with a normal law), drawn
 * in row order and written to `target` [rows * cols].
 */
export function xavierNormal(device: Device, target: Floats, [rows, cols]: Shape, stream: RandomStream): void {
  const deviation = Math.sqrt(2 / (rows + cols));
  fill(device, target, rows * cols, () => deviation * stream.normal());
}

/** Uniform values in [-b, b) with b = sqrt(6 / (rows + cols)) (Glorot and Bengio 2010, eq. 16), in row order. */
export function xavierUniform(device: Device, target: Floats, [rows, cols]: Shape, stream: RandomStream): void {
  const bound = Math.sqrt(6 / (rows + cols));
  fill(device, target, rows * cols, () => bound * (2 * stream.uniform() - 1));
}

/** Normal values of a standard deviation, drawn where the target is: for tables as wide as a catalog, which the host is slow to fill. */
export function normal(device: Device, target: Floats, deviation: number, stream: RandomStream): void {
  device.kernels.randomValues({ out: target, law: 'normal', key0: stream.key.k0, key1: stream.key.k1 });
  device.kernels.axpby({ out: target, x: target, alpha: deviation, beta: 0 });
}

/** Standard normal values in row order. */
export function standardNormal(device: Device, target: Floats, [rows, cols]: Shape, stream: RandomStream): void {
  fill(device, target, rows * cols, () => stream.normal());
}

/** Uniform values in [-bound, bound), in order, written to `target`. */
export function uniform(device: Device, target: Floats, bound: number, stream: RandomStream): void {
  fill(device, target, target.length, () => bound * (2 * stream.uniform() - 1));
}

function fill(device: Device, target: Floats, length: number, draw: () => number): void {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = draw();
  device.write(target, values);
}
