import { adam } from './adam.js';
import { axpby } from './axpby.js';
import { addBias, addRowSums } from './bias.js';
import { bpr } from './bpr.js';
import { bprStep } from './bprStep.js';
import { addColumns, copyColumns } from './columns.js';
import { gatherRows } from './gatherRows.js';
import type { KernelDefinition, KernelName } from './kernel.js';
import { lightgcnReadout } from './lightgcnReadout.js';
import { multiply } from './multiply.js';
import { neighbourMean } from './neighbourMean.js';
import { dot, sum } from './reductions.js';
import { scaleRows } from './scaleRows.js';
import { scatterRows } from './scatterRows.js';
import { spmm } from './spmm.js';
import { spmmRows } from './spmmRows.js';
import { unary, unaryBackward } from './unary.js';

/** Every kernel, by name. A kernel that is not listed here exists on no device. */
export const definitions = {
  spmm,
  spmmRows,
  lightgcnReadout,
  neighbourMean,
  gatherRows,
  scatterRows,
  copyColumns,
  addColumns,
  scaleRows,
  addBias,
  addRowSums,
  axpby,
  multiply,
  unary,
  unaryBackward,
  sum,
  dot,
  bpr,
  bprStep,
  adam,
} satisfies { [N in KernelName]?: KernelDefinition<N> };

/** The same as a list, for loops over all kernels. */
export const specs: readonly KernelDefinition<KernelName>[] = Object.values(definitions);
