import type { Device } from '@agentmmrec/kernels';

/**
 * Whether the device tells the host how many ids of a list are distinct, so that a hand-written step may make tables of just as many rows. A card
 * does not: it would have to be waited for.
 */
export function countsDistinct(device: Device): boolean {
  const ids = device.upload(Int32Array.of(0));
  const { distinct, segments: _, ...arrays } = device.sortIds([{ ids }]);
  for (const memory of [...Object.values(arrays), distinct, ids]) if (memory) device.release(memory);
  return distinct === null;
}
