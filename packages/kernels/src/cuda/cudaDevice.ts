import { AmrError, type Csr, type RandomStream } from '@agentmmrec/core';
import type { DeviceCsr, Floats, Ints } from '../arrays.js';
import { blasLibraries } from '../blasLibraries.js';
import type { Device, IdPart, MemoryContent, MemoryScope, SortedIds } from '../device.js';
import { absentKernel, type CudaUsage, type NativeCuda, type OpenCuda, rangeLibraries } from '../native.js';
import { noSuchPrecision, PRECISIONS, type Precision } from '../precision.js';
import type { Recorder } from '../recorder.js';
import { type CallOf, type KernelDefinition, type KernelName, type Kernels, specs } from '../specs.js';
import { TakenMemory } from '../takenMemory.js';
import { type Block, CudaMemory, onCard, translated } from './cudaMemory.js';
import { cudaRecorder, forget } from './cudaRecorder.js';

/** Which of the cards of a group this is. */
export interface CardOf {
  readonly cards: number;
  readonly card: number;
}

/** The same, and where the sums of blocks of columns are: [cards, rows, sums of a row, blocks of a card], as doubles. */
export interface ColumnShare extends CardOf {
  readonly blocks: Floats;
}

/** How a card is opened; see OpenOptions. */
export interface CudaOptions {
  /** its number; default: the first */
  readonly card?: number;
  readonly memoryLimitBytes?: number;
  readonly blasLibrary?: string;
  readonly ncclLibrary?: string;
  readonly recordsWork?: boolean;
}

/** Arrays of more ids than this are not kept on the host as well. */
const KEPT_IDS = 2 ** 20;
/** Positions among ids are int32. */
const MOST_IDS = 2 ** 31 - 1;

function cudaKernels(native: NativeCuda): Kernels {
  const kernels = specs.map((definition) => [definition.name, cudaKernel(definition, native)]);
  return Object.fromEntries(kernels) as Kernels;
}

function cudaKernel(definition: KernelDefinition<KernelName>, native: NativeCuda) {
  const run = native.kernels[definition.name] ?? absentKernel(definition.name, 'a CUDA device');
  const written = [...definition.outputs, ...(definition.scratch ?? [])] as string[];
  return (call: CallOf<KernelName>): void => {
    const positional = definition.positional(call).map((value) => (value instanceof CudaMemory ? value.handle : value));
    for (const name of written) {
      const memory = (call as Readonly<Record<string, unknown>> & CallOf<KernelName>)[name];
      if (memory instanceof CudaMemory) forget(memory.block);
    }
    translated(() => run(...positional));
  };
}

/**
 * A card, or its emulation on the host. Kernels are launched and not waited for; `read` waits. Failures of the driver or the
 * card are AmrError (`kind: 'failed'`) with what to do.
 */
export class CudaDevice implements Device {
  readonly kernels: Kernels;
  readonly recorder: Recorder | null;
  readonly bfloatPanel = 1;
  readonly cards = 1;
  private readonly taken = new TakenMemory<Block>((block) => this.giveBack(block));

  constructor(
    readonly name: 'cuda' | 'cuda-emulated',
    private readonly native: NativeCuda,
    recordsWork = true,
  ) {
    this.kernels = cudaKernels(native);
    this.recorder = recordsWork ? cudaRecorder(native) : null;
  }

  get description(): string {
    return this.native.description;
  }

  kernelsIn(precision: Precision): Kernels {
    if (precision === 'fp32') return this.kernels;
    if (!this.native.hasBlas) {
      const hint = "install the cuBLAS of the driver's CUDA release (AMR_CUBLAS names it), or use --precision fp32";
      throw noSuchPrecision(precision, `${this.name} without cuBLAS`, hint);
    }
    const { gemm } = this.kernels;
    return {
      ...this.kernels,
      gemm: (call) => {
        this.native.setPrecision(PRECISIONS.indexOf(precision));
        try {
          gemm(call);
        } finally {
          this.native.setPrecision(0);
        }
      },
    };
  }

  /**
   * Runs kernels that sum over columns on this card of a group, which holds some of them: the first half leaves the sums of its blocks of
   * columns in `blocks`, the second takes those of all cards from there. See cuda/columnBlocks.cuh.
   */
  onShareOfColumns(half: 'first' | 'second', share: ColumnShare, body: () => void): void {
    const { blocks, cards, card } = share;
    translated(() => this.native.setShare(half === 'first' ? 1 : 2, onCard(blocks).handle, cards, card));
    try {
      body();
    } finally {
      this.native.setShare(0);
    }
  }

  /** Multiplies on this card of a group, which holds some of the columns of the result: each has the bits that it would have beside all of them. */
  onColumnsOf({ cards, card }: CardOf, body: () => void): void {
    translated(() => this.native.setShare(3, undefined, cards, card));
    try {
      body();
    } finally {
      this.native.setShare(0);
    }
  }

  /** out[.., d] = rows card, card + cards, ... of x[.., d]: of a whole table what a card of a group has. */
  takeTurns(out: Floats, x: Floats, d: number, { cards, card }: CardOf): void {
    translated(() => this.native.takeTurns(onCard(out).handle, onCard(x).handle, d, cards, card));
  }

  /** Whether the back end has a launcher for it; see cuda/cudaKernels.def. */
  hasKernel(name: KernelName): boolean {
    return name in this.native.kernels;
  }

  floats(length: number, content: MemoryContent = 'zeros'): CudaMemory<'f32'> {
    return this.allocate('f32', length, content);
  }

  /** See `Device.table`. */
  table(rows: number, columns: number, content?: MemoryContent): CudaMemory<'f32'> {
    return this.floats(rows * columns, content);
  }

  /** See `Device.alike`. */
  alike({ length }: Floats, content?: MemoryContent): CudaMemory<'f32'> {
    return this.floats(length, content);
  }

  /** See `Device.ints`. */
  ints(length: number, content: MemoryContent = 'zeros'): CudaMemory<'i32'> {
    return this.allocate('i32', length, content);
  }

  release(memory: Floats | Ints): void {
    const { handle, block } = onCard(memory);
    translated(() => this.native.release(handle));
    block.values = undefined;
    this.taken.givenBack(block);
  }

  /** A whole block, by its own handle. */
  private giveBack(block: Block): void {
    translated(() => this.native.release(block.handle));
    block.values = undefined;
    this.taken.givenBack(block);
  }

  reclaimOnFailure<Result>(body: () => Result): Result {
    return this.taken.reclaimOnFailure(body);
  }

  scope(): MemoryScope {
    return this.taken.scope();
  }

  write(target: Floats | Ints, source: Float32Array | Int32Array): void {
    const memory = onCard(target);
    translated(() => this.native.write(memory.handle, source));
    const isKept = source instanceof Int32Array && memory.isWhole && source.length <= KEPT_IDS;
    memory.block.values = isKept ? source.slice() : undefined;
  }

  /** See `Device.read`. */
  read(memory: Floats): Float32Array;
  /** The same of int32. */
  read(memory: Ints): Int32Array;
  read(memory: Floats | Ints): Float32Array | Int32Array {
    const from = onCard(memory);
    if (from.dtype === 'i32') return this.readIds(from);
    const values = new Float32Array(from.length);
    translated(() => this.native.read(from.handle, values));
    return values;
  }

  /** See `Device.upload`. */
  upload(source: Float32Array): CudaMemory<'f32'>;
  /** The same of int32. */
  upload(source: Int32Array): CudaMemory<'i32'>;
  upload(source: Float32Array | Int32Array): CudaMemory<'f32'> | CudaMemory<'i32'> {
    return this.reclaimOnFailure(() => {
      const memory = source instanceof Int32Array ? this.ints(source.length, 'any') : this.floats(source.length, 'any');
      this.write(memory, source);
      return memory;
    });
  }

  /** See `Device.uploadCsr`. */
  uploadCsr({ rows, cols, offsets, indices, values }: Csr): DeviceCsr {
    return this.reclaimOnFailure(() => ({
      rows,
      cols,
      nnz: indices.length,
      offsets: this.upload(offsets),
      indices: this.upload(indices),
      values: values && this.upload(values),
    }));
  }

  sortIds(parts: readonly IdPart[], perRow = 1): SortedIds {
    const count = parts.reduce((sum, { ids }) => sum + ids.length, 0);
    if (count > MOST_IDS) throw tooManyIds(count);
    return this.reclaimOnFailure(() => {
      const [ids, places, order, segmentIds] = Array.from({ length: 4 }, () => this.ints(count, 'any'));
      const [segmentOffsets, distinct] = [this.ints(count + 1, 'any'), this.ints(1, 'any')];
      const outputs = [ids, places, order, segmentOffsets, segmentIds, distinct].map(({ handle }) => handle);
      const handles = parts.map((part) => onCard(part.ids).handle);
      const adds = parts.map(({ add = 0 }) => add);
      translated(() => this.native.sortIds(outputs, handles, adds, perRow));
      return { ids, places, order, segmentOffsets, segmentIds, segments: count, distinct };
    });
  }

  gatherIds(table: Ints, ids: Ints, width: number): CudaMemory<'i32'> {
    return this.reclaimOnFailure(() => {
      const out = this.ints(ids.length * width, 'any');
      translated(() => this.native.gatherIds(out.handle, onCard(table).handle, onCard(ids).handle, width));
      return out;
    });
  }

  shuffledIds(n: number, { key }: RandomStream): CudaMemory<'i32'> {
    return this.reclaimOnFailure(() => {
      const out = this.ints(n, 'any');
      translated(() => this.native.shuffledIds(out.handle, key.k0, key.k1));
      return out;
    });
  }

  memory(): { usedBytes: number; pooledBytes: number; peakBytes: number } {
    const { usedBytes, pooledBytes, peakBytes } = this.native.usage();
    return { usedBytes, pooledBytes, peakBytes };
  }

  /** See `Device.trim`. */
  trim(): void {
    translated(() => this.native.trim());
  }

  /** Seconds that what `run` launches takes by the card's own clock (device events), gaps between launches included. Waits. */
  secondsOf(run: () => void): number {
    translated(() => this.native.startTimer());
    run();
    return translated(() => this.native.stopTimer());
  }

  /** Memory and copies since the device was opened. */
  usage(): CudaUsage {
    return this.native.usage();
  }

  /** Ids are read in parts (a batch of an epoch's) more than once: the whole crosses the bus at the first part. */
  private readIds({ handle, length, start, block }: CudaMemory<'f32' | 'i32'>): Int32Array {
    if (block.length > KEPT_IDS) {
      const values = new Int32Array(length);
      translated(() => this.native.read(handle, values));
      return values;
    }
    if (!block.values) {
      const values = new Int32Array(block.length);
      translated(() => this.native.read(block.handle, values));
      block.values = values;
    }
    return block.values.slice(start, start + length);
  }

  private allocate<T extends 'f32' | 'i32'>(dtype: T, length: number, content: MemoryContent): CudaMemory<T> {
    const handle = translated(() => this.native.allocate(length, dtype === 'i32', content === 'zeros'));
    const block: Block = { handle, length, values: undefined };
    this.taken.taken(block);
    return new CudaMemory(this.native, dtype, block, { handle, start: 0, length });
  }
}

function tooManyIds(count: number): AmrError {
  return new AmrError({
    what: 'sortIds',
    got: `${count} ids`,
    expected: `at most ${MOST_IDS}`,
    hint: 'take a smaller batch',
  });
}

/** Opens the card of an addon that has a CUDA back end. What stands in the way is the caller's to see: `kind: 'input'`. */
export function openCudaDevice(
  name: 'cuda' | 'cuda-emulated',
  open: OpenCuda,
  { memoryLimitBytes, blasLibrary, recordsWork, card }: CudaOptions,
): CudaDevice {
  return new CudaDevice(
    name,
    translated(() => open(memoryLimitBytes, blasLibraries(blasLibrary), rangeLibraries(), card), 'input'),
    recordsWork,
  );
}
