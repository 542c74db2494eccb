import { batchNorm } from './primitives/batchNorm.js';
import { addBias, columnMeans, gemm, gram, linear } from './primitives/dense.js';
import {
  combine,
  dot,
  dropout,
  hypercomplex,
  leakySlope,
  multiply,
  scale,
  sum,
  unary,
  withoutEntries,
} from './primitives/elementwise.js';
import { bpr, infonce, infonceRows } from './primitives/losses.js';
import { packedLinear } from './primitives/packed.js';
import {
  assemble,
  columns,
  gatherRows,
  logSumExpRows,
  normalizeRows,
  rowDot,
  scaleColumns,
  scaleRows,
  softmaxRows,
  transpose,
} from './primitives/rows.js';
import { lightgcnReadout, neighbourMean, spmm, spmmRows } from './primitives/sparse.js';
import { entryDots, spmmValues } from './primitives/sparseValues.js';

/** The gradient table: one row per primitive, each with its shape rule, forward and backward. Nothing else differentiates. */
export const gradientTable = {
  addBias,
  assemble,
  batchNorm,
  bpr,
  columnMeans,
  columns,
  combine,
  dot,
  dropout,
  entryDots,
  gatherRows,
  gemm,
  gram,
  hypercomplex,
  infonce,
  infonceRows,
  leakySlope,
  lightgcnReadout,
  linear,
  logSumExpRows,
  multiply,
  neighbourMean,
  normalizeRows,
  packedLinear,
  rowDot,
  scale,
  scaleColumns,
  scaleRows,
  softmaxRows,
  spmm,
  spmmRows,
  spmmValues,
  sum,
  transpose,
  unary,
  withoutEntries,
} as const;
