import { pooledInts } from '@agentmmrec/autograd';
import type { Device, Floats, Ints } from '@agentmmrec/kernels';

/** Pooled memory of one hand-written step, given back together. */
export class StepMemory {
  private readonly taken: (Floats | Ints)[] = [];

  constructor(private readonly device: Device) {}

  floats(length: number, content: 'zeros' | 'any'): Floats {
    const memory = this.device.floats(length, content);
    this.taken.push(memory);
    return memory;
  }

  /** A copy of host ids. */
  ints(source: Int32Array): Ints {
    const memory = pooledInts(this.device, source);
    this.taken.push(memory);
    return memory;
  }

  release(): void {
    for (const memory of this.taken) this.device.release(memory);
    this.taken.length = 0;
  }
}
