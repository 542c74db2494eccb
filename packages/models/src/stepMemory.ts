import { pooledInts } from '@agentmmrec/autograd';
import type { Device, Floats, Ints } from '@agentmmrec/kernels';

/** Pooled memory of one hand-written step, given back together. */
export class StepMemory {
  private readonly taken = new Set<Floats | Ints>();

  constructor(private readonly device: Device) {}

  floats(length: number, content: 'zeros' | 'any'): Floats {
    const memory = this.device.floats(length, content);
    this.taken.add(memory);
    return memory;
  }

  /** A copy of host ids. */
  ints(source: Int32Array): Ints {
    const memory = pooledInts(this.device, source);
    this.taken.add(memory);
    return memory;
  }

  /** Gives one array back early: the next table then takes its place while it is still in the cache. */
  free(memory: Floats | Ints): void {
    this.taken.delete(memory);
    this.device.release(memory);
  }

  release(): void {
    for (const memory of this.taken) this.device.release(memory);
    this.taken.clear();
  }
}
