import { AmrError } from '@agentmmrec/core';
import type { Tolerance } from './kernel.js';

/**
 * How the products of a training step round what they multiply; sums are float32 always.
 * - `fp32`: not at all.
 * - `tf32`: to 11 significant bits, by cuBLAS on a card's tensor cores (CUBLAS_COMPUTE_32F_FAST_TF32).
 * - `bf16`: to 8 significant bits. Item features are also stored so, as `packBfloat` leaves them. On a card all dense products
 *   (CUBLAS_COMPUTE_32F_FAST_16BF); on the CPU those with item features, which are the large ones, and the rows that `spmm` and
 *   `lightgcnReadout` read where the graph has sixteen entries a row or more (`roundingPays`).
 */
export type Precision = (typeof PRECISIONS)[number];

/** All of them, in the order of the addon's numbers. */
export const PRECISIONS = ['fp32', 'tf32', 'bf16'] as const;

/**
 * How far a product of k factors within [-1, 1] may be from the exact one. A factor is rounded by at most 2^-11 (tf32; 2^-10 where
 * hardware cuts off) or 2^-8 (bf16) of itself. Errors of both factors add up as a walk of k steps: five standard deviations of it.
 */
export function precisionTolerance(precision: Precision, k: number): Tolerance {
  const each = { fp32: 6e-7, tf32: 1e-3, bf16: 4e-3 }[precision];
  return {
    absolute: 2e-6 + each * Math.sqrt(k),
    relative: precision === 'fp32' ? 1e-6 : each,
    reason: `products of ${precision} factors below 1, summed in float32`,
  };
}

/** Of a device that does not have the precision asked for. @returns an AmrError input */
export function noSuchPrecision(precision: Precision, where: string, hint: string): AmrError {
  return new AmrError({ what: '--precision', got: `${precision} on ${where}`, expected: 'a precision it has', hint });
}
