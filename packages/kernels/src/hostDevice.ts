import { AmrError, type Csr } from '@agentmmrec/core';
import type { Kernels } from './contract.js';
import type { Device, DeviceCsr, DeviceName, Floats, Ints, MemoryContent } from './device.js';
import { HostPool } from './hostPool.js';

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

/** A device whose memory is the process's own: `cpu` and `reference`. */
export class HostDevice implements Device {
  private readonly pool: HostPool;

  constructor(
    readonly name: DeviceName,
    readonly description: string,
    readonly kernels: Kernels,
    prepareMemory: (buffer: ArrayBuffer) => number,
  ) {
    this.pool = new HostPool(prepareMemory);
  }

  floats(length: number, content?: MemoryContent): Float32Array {
    return this.pool.floats(length, content);
  }

  ints(length: number, content?: MemoryContent): Int32Array {
    return this.pool.ints(length, content);
  }

  release(memory: Floats | Ints): void {
    this.pool.release(host(memory));
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

  memory(): { usedBytes: number; pooledBytes: number; peakBytes: number } {
    return this.pool.memory();
  }
}
