import type { Machine } from './machine.js';

/**
 * Predicted seconds of a kernel: the larger of what memory and what arithmetic need (roofline; Williams et al. 2009).
 * Bytes that fit the last cache move at the cache's rate, the rest at the memory's; `reuse` is the share of the
 * bytes that is found in cache although the whole does not fit (hub rows of a power-law graph).
 */
export function predictSeconds(
  machine: Machine,
  cost: { bytes: number; flops: number; workingSetBytes: number },
): number {
  const cacheBytes = 32 * 2 ** 20;
  const inCache = Math.min(1, cacheBytes / Math.max(cost.workingSetBytes, 1));
  const memorySeconds =
    (cost.bytes * inCache) / (machine.cacheGigabytesPerSecond * 1e9) +
    (cost.bytes * (1 - inCache)) / (machine.gigabytesPerSecond * 1e9);
  return Math.max(memorySeconds, cost.flops / (machine.gigaflopsPerSecond * 1e9));
}
