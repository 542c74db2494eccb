import type { Csr, RandomStream } from '@agentmmrec/core';
import {
  type CallOf,
  type Card,
  type Device,
  type DeviceCsr,
  type DeviceMemory,
  type Floats,
  type HostCall,
  type IdPart,
  type Ints,
  type KernelDefinition,
  type KernelName,
  type Kernels,
  type MemoryScope,
  openDevice,
  type Sizes,
  type SortedIds,
  specs,
} from '@agentmmrec/kernels';
import { CountedMemory } from './countedMemory.js';
import { leastBytes } from './cudaCases.js';

/** What a kernel's call moves and computes at least, by its definition. */
export interface CountedCall {
  readonly kernel: KernelName;
  /** of every visit, and at least: see `leastBytes` in cudaCases.ts */
  readonly bytes: number;
  readonly leastBytes: number;
  readonly flops: number;
}

/**
 * A device without floats: its kernels only note what each call would move and compute, so that a step at any size can be counted
 * in no time and no memory. Ids are real, because counts depend on them. `memory()` is what a card would hand out for all of it, less what
 * kernels take for themselves but for the searches' unit rows.
 */
export class CountingDevice implements Device, Card {
  readonly name = 'reference';
  readonly description = 'counts calls';
  readonly recorder = null;
  readonly bfloatPanel = 1;
  readonly cards: number = 1;
  readonly kernels: Kernels;
  private readonly host = openDevice('reference');
  private readonly counted = new CountedMemory();
  /** bytes of what was handed out and not given back */
  private readonly held = new Map<Floats | Ints, number>();

  constructor(readonly calls: CountedCall[] = []) {
    const kernels = specs.map((definition) => [
      definition.name,
      (call: CallOf<KernelName>) => this.count(definition, call),
    ]);
    this.kernels = Object.fromEntries(kernels) as Kernels;
  }

  kernelsIn(): Kernels {
    return this.kernels;
  }
  floats(length: number): DeviceMemory<'f32'> {
    return this.hold(new Length(length));
  }
  table(rows: number, columns: number): DeviceMemory<'f32'> {
    return this.floats(rows * columns);
  }
  alike({ length }: Floats): DeviceMemory<'f32'> {
    return this.floats(length);
  }
  ints(length: number): Ints {
    return this.hold(this.host.ints(length));
  }
  release(memory: Floats | Ints): void {
    const bytes = this.held.get(memory);
    if (bytes !== undefined) this.counted.give(bytes);
    this.held.delete(memory);
    if (memory instanceof Int32Array) this.host.release(memory);
  }
  private hold<Memory extends Floats | Ints>(memory: Memory): Memory {
    this.counted.take(4 * memory.length);
    this.held.set(memory, 4 * memory.length);
    return memory;
  }
  reclaimOnFailure<Result>(body: () => Result): Result {
    return this.host.reclaimOnFailure(body);
  }
  scope(): MemoryScope {
    return this.host.scope();
  }
  write(target: Floats | Ints, source: Float32Array | Int32Array): void {
    if (source instanceof Int32Array) this.host.write(target as Ints, source);
  }
  read(memory: Floats): Float32Array;
  read(memory: Ints): Int32Array;
  read(memory: Floats | Ints): Float32Array | Int32Array {
    return memory instanceof Int32Array ? memory : new Float32Array(memory.length);
  }
  upload(source: Float32Array): DeviceMemory<'f32'>;
  upload(source: Int32Array): Int32Array;
  upload(source: Float32Array | Int32Array): DeviceMemory<'f32'> | Int32Array {
    return this.hold(source instanceof Int32Array ? source : new Length(source.length));
  }
  uploadCsr({ rows, cols, offsets, indices, values }: Csr): DeviceCsr {
    for (const ids of [offsets, indices]) this.hold(ids);
    return { rows, cols, nnz: indices.length, offsets, indices, values: values && this.upload(values) };
  }
  sortIds(parts: readonly IdPart[], perRow?: number): SortedIds {
    return this.host.sortIds(parts, perRow);
  }
  gatherIds(table: Ints, ids: Ints, width: number): Ints {
    return this.host.gatherIds(table, ids, width);
  }
  shuffledIds(n: number, stream: RandomStream): Ints {
    return this.host.shuffledIds(n, stream);
  }
  memory() {
    return this.counted.usage();
  }
  trim(): void {
    this.counted.trim();
  }

  /** Counted as a copy: it is no kernel of the contract. */
  takeTurns(out: Floats): void {
    const bytes = 8 * out.length;
    this.calls.push({ kernel: 'copyColumns', bytes, leastBytes: bytes, flops: 0 });
  }
  onColumnsOf(_: unknown, body: () => void): void {
    body();
  }
  /** Each half is counted as the whole call. */
  onShareOfColumns(_half: unknown, _share: unknown, body: () => void): void {
    body();
  }

  private count(definition: KernelDefinition<KernelName>, call: CallOf<KernelName>): void {
    const [sizes, host] = [call as Sizes<CallOf<KernelName>>, call as unknown as HostCall<CallOf<KernelName>>];
    const { name: kernel, bytes, flops } = definition;
    if (kernel === 'cosineTopK') this.countUnitRows(call as CallOf<'cosineTopK'>);
    const visited = bytes.count(sizes, host);
    const least = leastBytes(visited, call);
    this.calls.push({ kernel, bytes: visited, leastBytes: least, flops: flops.count(sizes, host) });
  }

  /** A search by cosines takes its rows once more. */
  private countUnitRows({ queries, keys }: CallOf<'cosineTopK'>): void {
    const rows = [...new Set([queries, keys])].map(({ length }) => 4 * length);
    for (const bytes of rows) this.counted.take(bytes);
    for (const bytes of rows) this.counted.give(bytes);
  }
}

/** So many floats that are not there. */
class Length implements DeviceMemory<'f32'> {
  readonly dtype = 'f32';
  constructor(readonly length: number) {}
  subarray(start: number, end: number): Length {
    return new Length(end - start);
  }
}
