import { adam } from './adam.js';
import { adamRows } from './adamRows.js';
import { axpby } from './axpby.js';
import { bfloatGemm, packBfloat } from './bfloatGemm.js';
import { lightgcnReadoutBfloat, spmmBfloat } from './bfloatRows.js';
import { addBias, addRowSums } from './bias.js';
import { bpr } from './bpr.js';
import { bprStep } from './bprStep.js';
import { addColumns, copyColumns } from './columns.js';
import { cosineTopK } from './cosineTopK.js';
import { dropout } from './dropout.js';
import { entryDots } from './entryDots.js';
import { gatherRows } from './gatherRows.js';
import { gemm } from './gemm.js';
import { hypercomplex } from './hypercomplex.js';
import { infonce, infonceBackward } from './infonce.js';
import type { KernelSpec } from './kernel.js';
import { leastSquaresRows } from './leastSquaresRows.js';
import { lightgcnReadout } from './lightgcnReadout.js';
import { multiply } from './multiply.js';
import { neighbourMean } from './neighbourMean.js';
import { normalizeRows, normalizeRowsBackward } from './normalizeRows.js';
import { randomValues } from './randomValues.js';
import { rankedHits } from './rankedHits.js';
import { rankTopK } from './rankTopK.js';
import { dot, sum } from './reductions.js';
import { rowDot } from './rowDot.js';
import { sampleNegatives } from './sampleNegatives.js';
import { scaleColumns } from './scaleColumns.js';
import { scaleRows } from './scaleRows.js';
import { scatterRows } from './scatterRows.js';
import { softmaxRows, softmaxRowsBackward } from './softmaxRows.js';
import { sortSegments } from './sortSegments.js';
import { spmm } from './spmm.js';
import { spmmRows } from './spmmRows.js';
import { transpose } from './transpose.js';
import { unary, unaryBackward } from './unary.js';

/** Every kernel, by name. */
export const definitions = {
  spmm,
  spmmBfloat,
  spmmRows,
  lightgcnReadout,
  lightgcnReadoutBfloat,
  neighbourMean,
  entryDots,
  gatherRows,
  scatterRows,
  sortSegments,
  copyColumns,
  addColumns,
  scaleRows,
  scaleColumns,
  transpose,
  addBias,
  addRowSums,
  rowDot,
  normalizeRows,
  normalizeRowsBackward,
  softmaxRows,
  softmaxRowsBackward,
  gemm,
  packBfloat,
  bfloatGemm,
  leastSquaresRows,
  axpby,
  multiply,
  hypercomplex,
  unary,
  unaryBackward,
  sum,
  dot,
  bpr,
  bprStep,
  adam,
  adamRows,
  infonce,
  infonceBackward,
  cosineTopK,
  rankTopK,
  rankedHits,
  sampleNegatives,
  randomValues,
  dropout,
};

/** The name of a kernel. */
export type KernelName = keyof typeof definitions;

/** The named arguments of kernel N. */
export type CallOf<N extends KernelName> = Parameters<(typeof definitions)[N]['positional']>[0];

/** The kernels that every device offers. */
export type Kernels = { readonly [N in KernelName]: (call: CallOf<N>) => void };

/** A kernel of the list, with its name. */
export type KernelDefinition<N extends KernelName> = KernelSpec<CallOf<N>> & { readonly name: N };

/** All kernels as a list, for loops. */
export const specs = Object.entries(definitions).map(([name, spec]) => ({
  name,
  ...spec,
})) as unknown as readonly KernelDefinition<KernelName>[];
