import { AmrError } from '@agentmmrec/core';
import type { MemoryContent, MemoryScope } from './device.js';
import { TakenMemory } from './takenMemory.js';

interface Block {
  readonly buffer: ArrayBuffer;
  /** bytes to the first address that is a multiple of 64 */
  readonly start: number;
  readonly bytes: number;
}

/** Largest number of bytes lost to rounding is an eighth: four size classes per power of two. */
function sizeClass(bytes: number): number {
  const needed = Math.max(256, bytes);
  const step = 2 ** (Math.floor(Math.log2(needed - 1)) - 2);
  return Math.ceil(needed / step) * step;
}

/** From here on memory of another size class is worth taking: a step's tables come in many sizes, each of them needed at another time. */
const LARGE_BYTES = 2 ** 20;

function misuse(got: string, expected: string): AmrError {
  return new AmrError({
    what: 'release',
    got,
    expected,
    hint: 'release each array once, as it was handed out',
    kind: 'internal',
  });
}

/**
 * Host memory by size class. Arrays start at 64-byte boundaries and come zero-filled unless `any` content will do; released
 * ones are kept and handed out again. Memory the pool did not make is none of its business: releasing it does nothing.
 */
export class HostPool {
  private readonly free = new Map<number, Block[]>();
  private readonly issued = new Map<ArrayBufferLike, { block: Block; length: number }>();
  private readonly owned = new WeakSet<ArrayBufferLike>();
  private readonly taken = new TakenMemory<Block>((block) => this.giveBack(block));
  private usedBytes = 0;
  private pooledBytes = 0;
  private peakBytes = 0;

  /** `prepare` is told each new buffer and returns the bytes to its first 64-byte boundary. */
  constructor(private readonly prepare: (buffer: ArrayBuffer) => number) {}

  floats(length: number, content?: MemoryContent): Float32Array {
    const block = this.take(length, content);
    return new Float32Array(block.buffer, block.start, length);
  }

  ints(length: number, content?: MemoryContent): Int32Array {
    const block = this.take(length, content);
    return new Int32Array(block.buffer, block.start, length);
  }

  release(memory: Float32Array | Int32Array): void {
    const issue = this.issued.get(memory.buffer);
    if (!issue) {
      if (this.owned.has(memory.buffer)) throw misuse('an array that was released before', 'an array in use');
      return;
    }
    const { block, length } = issue;
    if (memory.byteOffset !== block.start || memory.length !== length) {
      throw misuse(`a view of ${memory.length} elements`, `the whole array of ${length}`);
    }
    this.giveBack(block);
  }

  /** See `Device.reclaimOnFailure`. */
  reclaimOnFailure<Result>(body: () => Result): Result {
    return this.taken.reclaimOnFailure(body);
  }

  /** See `Device.scope`. */
  scope(): MemoryScope {
    return this.taken.scope();
  }

  memory(): { usedBytes: number; pooledBytes: number; peakBytes: number } {
    return { usedBytes: this.usedBytes, pooledBytes: this.pooledBytes, peakBytes: this.peakBytes };
  }

  /** Forgets what is kept. */
  trim(): void {
    this.free.clear();
    this.pooledBytes = 0;
  }

  private take(length: number, content: MemoryContent = 'zeros'): Block {
    if (!Number.isInteger(length) || length < 0) {
      throw new AmrError({
        what: 'device memory',
        got: `a length of ${length}`,
        expected: 'a whole number of elements',
        hint: 'pass rows * cols',
        kind: 'internal',
      });
    }
    const bytes = sizeClass(4 * length);
    const kept = this.kept(bytes);
    const block = kept ?? this.allocate(bytes);
    if (kept) {
      this.pooledBytes -= block.bytes;
      if (content === 'zeros') new Uint8Array(kept.buffer, kept.start, 4 * length).fill(0);
    }
    this.issued.set(block.buffer, { block, length });
    this.taken.taken(block);
    this.usedBytes += block.bytes;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes + this.pooledBytes);
    return block;
  }

  /** A free block of this size class; of a large one the next larger there is, up to twice as large, before new memory is asked for. */
  private kept(bytes: number): Block | undefined {
    const most = bytes < LARGE_BYTES ? bytes : 2 * bytes;
    for (let size = bytes; size <= most; size = sizeClass(size + 1)) {
      const block = this.free.get(size)?.pop();
      if (block) return block;
    }
    return undefined;
  }

  private giveBack(block: Block): void {
    this.issued.delete(block.buffer);
    this.taken.givenBack(block);
    this.usedBytes -= block.bytes;
    this.pooledBytes += block.bytes;
    const list = this.free.get(block.bytes);
    if (list) list.push(block);
    else this.free.set(block.bytes, [block]);
  }

  private allocate(bytes: number): Block {
    try {
      const buffer = new ArrayBuffer(bytes + 64);
      this.owned.add(buffer);
      return { buffer, start: this.prepare(buffer), bytes };
    } catch (cause) {
      throw new AmrError({
        what: 'device memory',
        got: `no room for ${bytes} bytes beside ${this.usedBytes} in use`,
        expected: 'that many bytes of free memory',
        hint: 'use a smaller batch or width, or a machine with more memory',
        kind: 'failed',
        cause,
      });
    }
  }
}
