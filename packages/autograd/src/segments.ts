import type { Device, Ints } from '@agentmmrec/kernels';

/** A pooled copy of host ids, to be released by the caller. */
export function pooledInts(device: Device, source: Int32Array): Ints {
  const memory = device.ints(source.length, 'any');
  device.write(memory, source);
  return memory;
}
