import type { Device, Floats, IdPart, Ints, SortedIds } from '@agentmmrec/kernels';

/** Pooled memory of one hand-written step, given back together. */
export class StepMemory {
  private readonly taken = new Set<Floats | Ints>();

  constructor(private readonly device: Device) {}

  floats(length: number, content: 'zeros' | 'any'): Floats {
    const memory = this.device.floats(length, content);
    this.taken.add(memory);
    return memory;
  }

  /** A table of so many rows and columns. */
  table(rows: number, columns: number, content: 'zeros' | 'any'): Floats {
    const memory = this.device.table(rows, columns, content);
    this.taken.add(memory);
    return memory;
  }

  /** Ids sorted into runs of equal ones. */
  sorted(parts: readonly IdPart[]): SortedIds {
    const sorted = this.device.sortIds(parts);
    const { segments, ...arrays } = sorted;
    for (const array of Object.values(arrays)) if (array) this.taken.add(array);
    return sorted;
  }

  /** Gives one array back early: the next table then takes its place while it is still in the cache. */
  free(memory: Floats | Ints): void {
    this.taken.delete(memory);
    this.device.release(memory);
  }

  /** Leaves one array to another owner. */
  handOver<T extends Floats | Ints>(memory: T): T {
    this.taken.delete(memory);
    return memory;
  }

  release(): void {
    for (const memory of this.taken) this.device.release(memory);
    this.taken.clear();
  }
}
