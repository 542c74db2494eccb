import { constant, parameter, type Tape, type Tensor } from '@agentmmrec/autograd';
import { AmrError } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';

/** The orthonormal Haar wavelet transform of rows of length d over some levels; its inverse is its transpose. */
export interface HaarWavelet {
  /** how many of the d columns are details, the last ones */
  readonly details: number;
  /** [n, d]: the approximation, then details from coarse to fine */
  forward(tape: Tape, x: Tensor): Tensor;
  /** The rows [n, d] of transforms. */
  inverse(tape: Tape, y: Tensor): Tensor;
}

/**
 * Each level replaces the approximation a by (a_2j + a_2j+1) / sqrt 2 and keeps (a_2j - a_2j+1) / sqrt 2 as details (Mallat 1989). As a product
 * with a fixed matrix [d, d], for the reasons of `RealFourier`.
 * @throws AmrError input: d is no multiple of 2^levels
 */
export function haarWavelet(device: Device, d: number, levels: number): HaarWavelet {
  if (d % 2 ** levels !== 0) {
    throw new AmrError({
      what: 'wavelet transform',
      got: `${levels} levels of ${d} columns`,
      expected: `columns that halve ${levels} times`,
      hint: 'take fewer levels, or dimensions that are a power of 2',
    });
  }
  const data = new Float32Array(d * d);
  for (let row = 0; row < d; row++) {
    data[row * d + row] = 1;
    transformInPlace(data.subarray(row * d, (row + 1) * d), levels);
  }
  const matrix = constant(device, { rows: d, cols: d, data }, 'Haar wavelets'); // row j: the transform of unit vector j
  return {
    details: d - d / 2 ** levels,
    forward: (tape, x) => tape.gemm(x, matrix),
    inverse: (tape, y) => tape.gemm(y, matrix, { transposeB: true }),
  };
}

function transformInPlace(row: Float32Array, levels: number): void {
  for (let level = 0, length = row.length; level < levels; level++, length /= 2) {
    const before = Float64Array.from(row.subarray(0, length));
    for (let j = 0; j < length / 2; j++) {
      row[j] = (before[2 * j] + before[2 * j + 1]) * Math.SQRT1_2;
      row[length / 2 + j] = (before[2 * j] - before[2 * j + 1]) * Math.SQRT1_2;
    }
  }
}

/** Rows whose wavelet details are shrunk by thresholds that are trained. */
export interface WaveletShrinkage {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** x [n, d] without what its thresholds take for noise: [n, d] */
  apply(tape: Tape, x: Tensor): Tensor;
}

/** softplus of it is the threshold that training begins with, .018 */
const THRESHOLD = -4;

/**
 * Soft thresholds, c to sign(c) max(|c| - t, 0) with t = softplus(`<name>.threshold`) [1, details], of the details of a Haar transform (Donoho 1995,
 * "De-noising by soft-thresholding").
 */
export function waveletShrinkage(
  { device }: { readonly device: Device },
  wavelet: HaarWavelet,
  name: string,
): WaveletShrinkage {
  const memory = device.floats(wavelet.details);
  device.write(memory, new Float32Array(wavelet.details).fill(THRESHOLD));
  const threshold = parameter(device, [1, wavelet.details], memory, `${name}.threshold`);
  return {
    parameters: { [threshold.name]: threshold },
    apply: (tape, x) => {
      const spectrum = wavelet.forward(tape, x);
      const at = x.cols - wavelet.details;
      const details = tape.columns(spectrum, at, wavelet.details);
      const less = tape.scale(tape.unary(threshold, 'softplus'), -1); // [1, details]
      const above = tape.unary(tape.addBias(details, less), 'relu');
      const below = tape.unary(tape.addBias(tape.scale(details, -1), less), 'relu');
      const kept = tape.concatenate([tape.columns(spectrum, 0, at), tape.add(above, below, 1, -1)]);
      return wavelet.inverse(tape, kept);
    },
  };
}
