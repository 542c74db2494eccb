import { AmrError } from '@agentmmrec/core';
import type { Device, Floats } from '@agentmmrec/kernels';

/** Columns that are eliminated at once: wide enough for products to be bound by arithmetic. */
const blockColumns = 192;

/**
 * Replaces the symmetric positive definite matrix a [n, n] by MINUS its inverse, in place, yielding the share that is done.
 *
 * Gauss and Jordan by blocks, with nothing but products of matrices (Goodnight 1979, "A tutorial on the SWEEP operator"): for a block
 * of columns k with B = inverse of A_kk, A_ij becomes A_ij - A_ik B A_kj, A_ik becomes A_ik B, and A_kk becomes -B. Blocks are
 * inverted in float64 on the host; besides `a` memory of two blocks of columns is taken. Without pivots: for positive definite
 * matrices none are needed.
 * @throws AmrError internal when a is not positive definite
 */
export function* negatedInverse(device: Device, a: Floats, n: number): Generator<number, void> {
  for (let at = 0; at < n; at += blockColumns) {
    device.reclaimOnFailure(() => eliminate(device, a, n, at, Math.min(blockColumns, n - at)));
    yield Math.min(1, (at + blockColumns) / n);
  }
}

/** The step of columns [at, at + width). */
function eliminate(device: Device, a: Floats, n: number, at: number, width: number): void {
  const { kernels } = device;
  const panel = device.floats(n * width); // [n, width]
  kernels.addColumns({ out: panel, x: a, width: n, at, d: width });
  const own = invertBlock(device.read(panel.subarray(at * width, (at + width) * width)), width);
  const inverse = device.floats(width * width, 'any');
  device.write(inverse, own);
  const solved = device.floats(n * width, 'any'); // A_ik B
  kernels.gemm({ out: solved, a: panel, b: inverse, m: n, n: width, k: width });
  kernels.gemm({ out: a, a: solved, b: panel, m: n, n, k: width, transposeB: true, alpha: -1, beta: 1 });
  const diagonal = solved.subarray(at * width, (at + width) * width);
  kernels.axpby({ out: diagonal, x: inverse, alpha: -1, beta: 0 });
  kernels.copyColumns({ out: a, x: solved, width: n, at, d: width });
  kernels.transpose({ out: a.subarray(at * n, (at + width) * n), x: solved, d: width });
  for (const memory of [panel, inverse, solved]) device.release(memory);
}

/** The inverse of a positive definite block [n, n], eliminated column by column in float64. */
function invertBlock(block: Float32Array, n: number): Float32Array {
  const a = Float64Array.from(block);
  for (let k = 0; k < n; k++) {
    const pivot = a[k * n + k];
    if (!(pivot > 0)) throw notPositive(pivot);
    for (let j = 0; j < n; j++) a[k * n + j] /= pivot;
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = a[i * n + k];
      for (let j = 0; j < n; j++) if (j !== k) a[i * n + j] -= factor * a[k * n + j];
      a[i * n + k] = -factor / pivot;
    }
    a[k * n + k] = 1 / pivot;
  }
  return Float32Array.from(a);
}

function notPositive(pivot: number): AmrError {
  return new AmrError({
    what: 'inverse of a matrix',
    got: `a pivot of ${pivot}`,
    expected: 'a positive definite matrix',
    hint: 'regularise more',
  });
}
