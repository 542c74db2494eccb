import { axpby } from './axpby.js';
import type { KernelDefinition, KernelName } from './kernel.js';
import { spmm } from './spmm.js';

/** Every kernel, by name. A kernel that is not listed here exists on no device. */
export const definitions = {
  spmm,
  axpby,
} satisfies { [N in KernelName]?: KernelDefinition<N> };

/** The same as a list, for loops over all kernels. */
export const specs: readonly KernelDefinition<KernelName>[] = Object.values(definitions);
