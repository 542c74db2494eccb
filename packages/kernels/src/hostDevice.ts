import { AmrError, type Csr, RandomStream } from '@agentmmrec/core';
import type { DeviceCsr, Floats, Ints } from './arrays.js';
import { roundingPays } from './bfloatRows.js';
import type { Device, DeviceName, IdPart, MemoryContent, MemoryScope, SortedIds } from './device.js';
import { HostPool } from './hostPool.js';
import { noSuchPrecision, type Precision } from './precision.js';
import type { Kernels } from './specs.js';

function host(memory: Floats | Ints): Float32Array | Int32Array {
  if (memory instanceof Float32Array || memory instanceof Int32Array) return memory;
  throw new AmrError({
    what: 'host device',
    got: 'memory of another device',
    expected: 'a typed array',
    hint: 'read it on its own device first',
    kind: 'internal',
  });
}

function hostIds(memory: Ints): Int32Array {
  return host(memory) as Int32Array;
}

/** A device whose memory is the process's own: `cpu` and `reference`. */
export class HostDevice implements Device {
  readonly recorder = null;
  readonly cards = 1;
  readonly bfloatPanel = 12;
  private readonly pool: HostPool;
  /** the kernels of bf16 */
  private readonly rounding: Kernels;

  constructor(
    readonly name: DeviceName,
    readonly description: string,
    readonly kernels: Kernels,
    prepareMemory: (buffer: ArrayBuffer) => number,
  ) {
    this.pool = new HostPool(prepareMemory);
    const { spmm, spmmBfloat, lightgcnReadout, lightgcnReadoutBfloat } = kernels;
    this.rounding = {
      ...kernels,
      spmm: (call) => {
        if (!roundingPays(call.a)) return spmm(call);
        const scratch = this.ints(call.a.cols * call.d, 'any');
        spmmBfloat({ ...call, scratch });
        this.release(scratch);
      },
      lightgcnReadout: (call) => (roundingPays(call.a) ? lightgcnReadoutBfloat : lightgcnReadout)(call),
    };
  }

  kernelsIn(precision: Precision): Kernels {
    if (precision === 'bf16') return this.rounding;
    if (precision === 'fp32') return this.kernels;
    throw noSuchPrecision(precision, this.name, 'tf32 is of cards: use bf16 or fp32, or --device cuda');
  }

  floats(length: number, content?: MemoryContent): Float32Array {
    return this.pool.floats(length, content);
  }

  table(rows: number, columns: number, content?: MemoryContent): Float32Array {
    return this.floats(rows * columns, content);
  }

  alike({ length }: Floats, content?: MemoryContent): Float32Array {
    return this.floats(length, content);
  }

  ints(length: number, content?: MemoryContent): Int32Array {
    return this.pool.ints(length, content);
  }

  release(memory: Floats | Ints): void {
    this.pool.release(host(memory));
  }

  reclaimOnFailure<Result>(body: () => Result): Result {
    return this.pool.reclaimOnFailure(body);
  }

  scope(): MemoryScope {
    return this.pool.scope();
  }

  write(target: Floats | Ints, source: Float32Array | Int32Array): void {
    const to = host(target);
    const sameType = to instanceof Float32Array === source instanceof Float32Array;
    if (!sameType || to.length !== source.length) {
      throw new AmrError({
        what: 'write',
        got: `${source.length} values of ${source.constructor.name}`,
        expected: `${to.length} of ${to.constructor.name}`,
        hint: 'write whole arrays of the same type and length',
        kind: 'internal',
      });
    }
    to.set(source);
  }

  read(memory: Floats): Float32Array;
  read(memory: Ints): Int32Array;
  read(memory: Floats | Ints): Float32Array | Int32Array {
    return host(memory);
  }

  upload(source: Float32Array): Float32Array;
  upload(source: Int32Array): Int32Array;
  upload(source: Float32Array | Int32Array): Float32Array | Int32Array {
    return source;
  }

  uploadCsr(csr: Csr): DeviceCsr {
    const { rows, cols, offsets, indices, values } = csr;
    return { rows, cols, nnz: indices.length, offsets, indices, values };
  }

  sortIds(parts: readonly IdPart[], perRow = 1): SortedIds {
    const count = parts.reduce((sum, { ids }) => sum + ids.length, 0);
    const ids = this.ints(count, 'any');
    let at = 0;
    for (const part of parts) {
      const [from, add] = [hostIds(part.ids), part.add ?? 0];
      for (let i = 0; i < from.length; i++) ids[at++] = from[i] + add;
    }
    const [places, order, runIds] = [0, 1, 2].map(() => this.ints(count, 'any'));
    const runOffsets = this.ints(count + 1, 'any');
    this.kernels.sortSegments({ order, places, segmentOffsets: runOffsets, segmentIds: runIds, ids });
    if (perRow > 1) for (let i = 0; i < count; i++) order[i] = Math.floor(order[i] / perRow);
    const segments = firstAtLeast(runOffsets, count);
    return {
      ids,
      places,
      order,
      segmentOffsets: this.beginning(runOffsets, segments + 1),
      segmentIds: this.beginning(runIds, segments),
      segments,
      distinct: null,
    };
  }

  gatherIds(table: Ints, ids: Ints, width: number): Int32Array {
    const [from, rows] = [hostIds(table), hostIds(ids)];
    const out = this.ints(rows.length * width, 'any');
    let at = 0;
    for (let i = 0; i < rows.length; i++) {
      const first = rows[i] * width;
      for (let c = 0; c < width; c++) out[at++] = from[first + c]; // a view of each row would take ten times as long
    }
    return out;
  }

  shuffledIds(n: number, { key }: RandomStream): Int32Array {
    const ids = this.ints(n, 'any');
    for (let id = 0; id < n; id++) ids[id] = id; // ten times as fast as from an iterator
    return new RandomStream(key).shuffle(ids);
  }

  /** The first values in memory of their own; the rest goes back to the pool. */
  private beginning(values: Int32Array, length: number): Int32Array {
    const memory = this.ints(length, 'any');
    memory.set(values.subarray(0, length));
    this.release(values);
    return memory;
  }

  memory(): { usedBytes: number; pooledBytes: number; peakBytes: number } {
    return this.pool.memory();
  }

  trim(): void {
    this.pool.trim();
  }
}

/** The first place in ascending values that hold at least `value`. */
function firstAtLeast(values: Int32Array, value: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
