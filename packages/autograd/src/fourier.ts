import { AmrError } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import type { Tape } from './tape.js';
import { constant, type Tensor } from './tensor.js';

/** Spectra of rows of length d: real and imaginary parts of the frequencies 0..d / 2, each [n, d / 2 + 1]. */
export interface Spectrum {
  readonly real: Tensor;
  readonly imaginary: Tensor;
}

/**
 * The discrete Fourier transform of real rows of an even length d with the factor 1 / sqrt(d) both ways ("ortho"):
 * X_k = sum over j of x_j exp(-2 pi i j k / d) / sqrt(d).
 *
 * By products with fixed matrices (packages/autograd/README.md says why), which are the device's until the owner of its memory gives them
 * back.
 */
export class RealFourier {
  /** [d, d / 2 + 1] both: x cosines is the real part, x sines the imaginary one */
  private readonly direct: Spectrum;
  /** [d / 2 + 1, d] both: real cosines + imaginary sines are the rows */
  private readonly back: Spectrum;

  /** @throws AmrError internal when d is odd or below 2 */
  constructor(device: Device, d: number) {
    if (d < 2 || d % 2 !== 0) throw lengthError(d);
    const half = d / 2 + 1;
    const angle = (j: number, k: number) => (2 * Math.PI * ((j * k) % d)) / d;
    /** every frequency but the first and the last stands for its mirror image too */
    const times = (k: number) => (k === 0 || k === d / 2 ? 1 : 2) / Math.sqrt(d);
    const matrix = (rows: number, cols: number, name: string, value: (r: number, c: number) => number) =>
      constant(
        device,
        {
          rows,
          cols,
          data: Float32Array.from({ length: rows * cols }, (_, i) => value(Math.floor(i / cols), i % cols)),
        },
        name,
      );
    this.direct = {
      real: matrix(d, half, 'cosines', (j, k) => Math.cos(angle(j, k)) / Math.sqrt(d)),
      imaginary: matrix(d, half, 'sines', (j, k) => -Math.sin(angle(j, k)) / Math.sqrt(d)),
    };
    this.back = {
      real: matrix(half, d, 'cosines back', (k, j) => times(k) * Math.cos(angle(j, k))),
      imaginary: matrix(half, d, 'sines back', (k, j) => -times(k) * Math.sin(angle(j, k))),
    };
  }

  /** The spectra of the rows of x [n, d]. */
  forward(tape: Tape, x: Tensor): Spectrum {
    return { real: tape.gemm(x, this.direct.real), imaginary: tape.gemm(x, this.direct.imaginary) };
  }

  /** The rows [n, d] of spectra. As in every real transform the imaginary parts of the first and last frequency do not count. */
  inverse(tape: Tape, { real, imaginary }: Spectrum): Tensor {
    return tape.add(tape.gemm(real, this.back.real), tape.gemm(imaginary, this.back.imaginary));
  }

  /** The product of complex numbers, element by element; a factor `b` of one row multiplies every row of `a`. */
  multiply(tape: Tape, a: Spectrum, b: Spectrum): Spectrum {
    const isRow = b.real.rows === 1 && a.real.rows !== 1;
    const times = (x: Tensor, y: Tensor) => (isRow ? tape.scaleColumns(x, y) : tape.multiply(x, y));
    return {
      real: tape.add(times(a.real, b.real), times(a.imaginary, b.imaginary), 1, -1),
      imaginary: tape.add(times(a.real, b.imaginary), times(a.imaginary, b.real)),
    };
  }

  /** inverse(multiply(forward(x), weights)) for weights of one row: x [n, d] times the filter's matrix [d, d], made once. */
  filter(tape: Tape, x: Tensor, weights: Spectrum): Tensor {
    // The spectra of the unit rows are the matrices of the transform themselves.
    return tape.gemm(x, this.inverse(tape, this.multiply(tape, this.direct, weights)));
  }
}

function lengthError(d: number): AmrError {
  return new AmrError({
    what: 'Fourier transform',
    got: `rows of length ${d}`,
    expected: 'an even length of at least 2',
    hint: 'choose an even width of embeddings',
  });
}
