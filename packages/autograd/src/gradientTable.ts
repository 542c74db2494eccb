import { addBias, columnMeans, gemm, linear } from './primitives/dense.js';
import { combine, dot, multiply, scale, sum, unary } from './primitives/elementwise.js';
import { bpr, infonce } from './primitives/losses.js';
import {
  assemble,
  columns,
  gatherRows,
  logSumExpRows,
  normalizeRows,
  rowDot,
  scaleRows,
  softmaxRows,
} from './primitives/rows.js';
import { lightgcnReadout, neighbourMean, spmm, spmmRows } from './primitives/sparse.js';

/** The gradient table: one row per primitive, each with its shape rule, forward and backward. Nothing else differentiates. */
export const gradientTable = {
  addBias,
  assemble,
  bpr,
  columnMeans,
  columns,
  combine,
  dot,
  gatherRows,
  gemm,
  infonce,
  lightgcnReadout,
  linear,
  logSumExpRows,
  multiply,
  neighbourMean,
  normalizeRows,
  rowDot,
  scale,
  scaleRows,
  softmaxRows,
  spmm,
  spmmRows,
  sum,
  unary,
} as const;
