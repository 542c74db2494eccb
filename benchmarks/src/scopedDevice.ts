import type { Csr, RandomStream } from '@agentmmrec/core';
import type {
  Device,
  DeviceCsr,
  Floats,
  IdPart,
  Ints,
  Kernels,
  MemoryContent,
  MemoryScope,
  Precision,
  SortedIds,
} from '@agentmmrec/kernels';

/**
 * A device that remembers what it handed out, so that a suite's memory can go back to the pool when the suite is done.
 * Everything else is the device's own.
 */
export class ScopedDevice implements Device {
  private readonly held = new Set<Floats | Ints>();

  constructor(private readonly inner: Device) {}

  get name() {
    return this.inner.name;
  }
  get description() {
    return this.inner.description;
  }
  get cards() {
    return this.inner.cards;
  }
  get kernels() {
    return this.inner.kernels;
  }
  get bfloatPanel() {
    return this.inner.bfloatPanel;
  }
  kernelsIn(precision: Precision): Kernels {
    return this.inner.kernelsIn(precision);
  }
  get recorder() {
    return this.inner.recorder;
  }
  floats(length: number, content?: MemoryContent): Floats {
    return this.hold(this.inner.floats(length, content));
  }
  table(rows: number, columns: number, content?: MemoryContent): Floats {
    return this.hold(this.inner.table(rows, columns, content));
  }
  alike(memory: Floats, content?: MemoryContent): Floats {
    return this.hold(this.inner.alike(memory, content));
  }
  ints(length: number, content?: MemoryContent): Ints {
    return this.hold(this.inner.ints(length, content));
  }
  release(memory: Floats | Ints): void {
    this.held.delete(memory);
    this.inner.release(memory);
  }
  reclaimOnFailure<Result>(body: () => Result): Result {
    const before = new Set(this.held);
    try {
      return this.inner.reclaimOnFailure(body);
    } catch (error) {
      for (const memory of this.held) if (!before.has(memory)) this.held.delete(memory);
      throw error;
    }
  }
  scope(): MemoryScope {
    const own = new Set<Floats | Ints>();
    return {
      run: (body) => {
        const before = new Set(this.held);
        const result = this.reclaimOnFailure(body);
        for (const memory of this.held) if (!before.has(memory)) own.add(memory);
        return result;
      },
      release: () => {
        for (const memory of own) if (this.held.has(memory)) this.release(memory);
        own.clear();
      },
    };
  }
  write(target: Floats, source: Float32Array): void;
  write(target: Ints, source: Int32Array): void;
  write(target: Floats | Ints, source: Float32Array | Int32Array): void {
    this.inner.write(target as Floats, source as Float32Array);
  }
  read(memory: Floats): Float32Array;
  read(memory: Ints): Int32Array;
  read(memory: Floats | Ints): Float32Array | Int32Array {
    return this.inner.read(memory as Floats);
  }
  upload(source: Float32Array): Floats;
  upload(source: Int32Array): Ints;
  upload(source: Float32Array | Int32Array): Floats | Ints {
    return this.hold(this.inner.upload(source as Float32Array));
  }
  uploadCsr(csr: Csr): DeviceCsr {
    const a = this.inner.uploadCsr(csr);
    for (const memory of [a.offsets, a.indices, a.values]) if (memory) this.hold(memory);
    return a;
  }
  sortIds(parts: readonly IdPart[], perRow?: number): SortedIds {
    const sorted = this.inner.sortIds(parts, perRow);
    const { segments, ...arrays } = sorted;
    for (const memory of Object.values(arrays)) if (memory) this.hold(memory);
    return sorted;
  }
  gatherIds(table: Ints, ids: Ints, width: number): Ints {
    return this.hold(this.inner.gatherIds(table, ids, width));
  }
  shuffledIds(n: number, stream: RandomStream): Ints {
    return this.hold(this.inner.shuffledIds(n, stream));
  }
  memory() {
    return this.inner.memory();
  }
  trim(): void {
    this.inner.trim();
  }

  /** Gives everything back that is still held; arrays the pool did not make are left alone by it. */
  releaseAll(): void {
    for (const memory of this.held) this.inner.release(memory);
    this.held.clear();
  }

  private hold<T extends Floats | Ints>(memory: T): T {
    this.held.add(memory);
    return memory;
  }
}
