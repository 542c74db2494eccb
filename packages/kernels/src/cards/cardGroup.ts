import { AmrError, type Csr, type RandomStream } from '@agentmmrec/core';
import type { DeviceCsr, Floats, Ints } from '../arrays.js';
import { blasLibraries } from '../blasLibraries.js';
import { CudaDevice, type CudaOptions } from '../cuda/cudaDevice.js';
import { type CudaMemory, onCard, translated } from '../cuda/cudaMemory.js';
import { recordedWork } from '../cuda/cudaRecorder.js';
import type { Device, IdPart, MemoryContent, MemoryScope, SortedIds } from '../device.js';
import { type NativeCudaGroup, ncclLibraries, type OpenCudaGroup, rangeLibraries } from '../native.js';
import { noSuchPrecision, type Precision } from '../precision.js';
import type { Recorder } from '../recorder.js';
import type { Kernels } from '../specs.js';
import { cardKernels } from './cardKernels.js';
import { CardMemory, COLUMNS_OF_BLOCK, columnsOf, onCards, putColumns } from './cardMemory.js';
import type { Cards } from './cardTransfers.js';

/**
 * Cards of one machine that share the columns of tables; everything else each of them has. Propagation takes every column by itself, so a
 * card sums its own; sums over columns are made in blocks that are handed round and added in one order, which is that of a single card:
 * the same bits for any number of cards (docs/decisions/columns-over-cards.md). Reading and writing are in whole tables, so files are those
 * of one card too.
 */
export class CardGroup implements Device {
  readonly kernels: Kernels;
  readonly recorder: Recorder | null;
  readonly bfloatPanel = 1;
  /** by card */
  readonly devices: readonly CudaDevice[];

  constructor(
    readonly name: 'cuda' | 'cuda-emulated',
    private readonly native: NativeCudaGroup,
    recordsWork = true,
  ) {
    this.devices = native.devices.map((device) => new CudaDevice(name, device, recordsWork));
    const cards: Cards = {
      devices: this.devices,
      share: (arrays, bounds) => {
        const handles = arrays.map((array) => onCard(array).handle);
        translated(() => native.share(handles, bounds));
      },
    };
    this.kernels = cardKernels(cards);
    this.recorder = recordsWork ? groupRecorder(native, this.devices) : null;
  }

  get cards(): number {
    return this.devices.length;
  }

  get description(): string {
    const each = this.devices.map(({ description }) => description).join('; ');
    return `${this.cards} cards that share columns by ${this.native.transport}: ${each}`;
  }

  kernelsIn(precision: Precision): Kernels {
    if (precision === 'fp32') return this.kernels;
    throw noSuchPrecision(precision, 'several cards', 'use --precision fp32, or one card');
  }

  floats(length: number, content?: MemoryContent): CardMemory<'f32'> {
    return this.onEach((device) => device.floats(length, content));
  }

  table(rows: number, columns: number, content?: MemoryContent): CardMemory<'f32'> {
    const isShared = columns > 0 && columns % (COLUMNS_OF_BLOCK * this.cards) === 0;
    if (!isShared) return this.floats(rows * columns, content);
    const { parts } = this.floats((rows * columns) / this.cards, content);
    return new CardMemory(parts, true);
  }

  alike(memory: Floats, content?: MemoryContent): CardMemory<'f32'> {
    const { length, isShared } = onCards(memory);
    return isShared ? this.table(1, length, content) : this.floats(length, content);
  }

  ints(length: number, content?: MemoryContent): CardMemory<'i32'> {
    return this.onEach((device) => device.ints(length, content));
  }

  release(memory: Floats | Ints): void {
    onCards(memory).parts.forEach((part, card) => {
      this.devices[card].release(part);
    });
  }

  reclaimOnFailure<Result>(body: () => Result): Result {
    const guarded = this.devices.reduce<() => Result>((inner, device) => () => device.reclaimOnFailure(inner), body);
    return guarded();
  }

  scope(): MemoryScope {
    const scopes = this.devices.map((device) => device.scope());
    return {
      run: (body) => scopes.reduce<typeof body>((inner, scope) => () => scope.run(inner), body)(),
      release: () => {
        for (const scope of scopes) scope.release();
      },
    };
  }

  write(target: Floats | Ints, source: Float32Array | Int32Array): void {
    const { parts, isShared } = onCards(target);
    (parts as readonly (Floats | Ints)[]).forEach((part, card) => {
      const own = isShared ? columnsOf(source as Float32Array, { cards: this.cards, card }) : source;
      this.devices[card].write(part, own);
    });
  }

  read(memory: Floats): Float32Array;
  read(memory: Ints): Int32Array;
  read(memory: Floats | Ints): Float32Array | Int32Array {
    const from = onCards(memory);
    const { parts, isShared, length } = from;
    if (!isShared) return this.devices[0].read(parts[0] as Floats);
    const table = new Float32Array(length);
    (parts as readonly Floats[]).forEach((part, card) => {
      putColumns(table, this.devices[card].read(part), { cards: this.cards, card });
    });
    return table;
  }

  upload(source: Float32Array): CardMemory<'f32'>;
  upload(source: Int32Array): CardMemory<'i32'>;
  upload(source: Float32Array | Int32Array): CardMemory<'f32'> | CardMemory<'i32'> {
    return source instanceof Int32Array
      ? this.onEach((device) => device.upload(source))
      : this.onEach((device) => device.upload(source));
  }

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

  sortIds(parts: readonly IdPart[], perRow?: number): SortedIds {
    return this.reclaimOnFailure(() => {
      const sorted = this.devices.map((device, card) =>
        device.sortIds(
          parts.map(({ ids, ...add }) => ({ ...add, ids: onCards(ids).parts[card] })),
          perRow,
        ),
      );
      const joined = (name: Exclude<keyof SortedIds, 'segments'>) =>
        new CardMemory(sorted.map((each) => each[name] as CudaMemory<'i32'>));
      return {
        ids: joined('ids'),
        places: joined('places'),
        order: joined('order'),
        segmentOffsets: joined('segmentOffsets'),
        segmentIds: joined('segmentIds'),
        segments: sorted[0].segments,
        distinct: joined('distinct'),
      };
    });
  }

  gatherIds(table: Ints, ids: Ints, width: number): CardMemory<'i32'> {
    const [from, rows] = [onCards(table).parts, onCards(ids).parts];
    return this.onEach((device, card) => device.gatherIds(from[card], rows[card], width));
  }

  shuffledIds(n: number, stream: RandomStream): CardMemory<'i32'> {
    return this.onEach((device) => device.shuffledIds(n, stream));
  }

  trim(): void {
    for (const device of this.devices) device.trim();
  }

  /** Of all cards together. */
  memory(): { usedBytes: number; pooledBytes: number; peakBytes: number } {
    const all = this.devices.map((device) => device.memory());
    const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
    return {
      usedBytes: sum((one) => one.usedBytes),
      pooledBytes: sum((one) => one.pooledBytes),
      peakBytes: sum((one) => one.peakBytes),
    };
  }

  /** Bytes that arrived at cards from others, and how often that was. Recorded work counts when it is recorded. */
  shared(): { readonly bytes: number; readonly times: number } {
    return this.native.shared();
  }

  private onEach<T extends 'f32' | 'i32'>(take: (device: CudaDevice, card: number) => CudaMemory<T>): CardMemory<T> {
    return this.reclaimOnFailure(() => new CardMemory(this.devices.map(take)));
  }
}

/** Records the launches on all cards as one; what counts is done on each. */
function groupRecorder(native: NativeCudaGroup, devices: readonly CudaDevice[]): Recorder {
  const partOf = <M extends Floats | Ints>(memory: M, card: number) => onCards(memory).parts[card] as unknown as M;
  const partsOf = <M extends Floats | Ints>(arrays: readonly M[], card: number) =>
    arrays.map((array) => partOf(array, card));
  const onEach = (body: (recorder: Recorder, card: number) => void) => {
    devices.forEach(({ recorder }, card) => {
      if (recorder) body(recorder, card);
    });
  };
  return {
    record: (body) => recordedWork(native, body),
    sliceIds: (outs, tables, clock) =>
      onEach((own, card) => own.sliceIds(partsOf(outs, card), partsOf(tables, card), partOf(clock, card))),
    noteLoss: (losses, loss, clocks) =>
      onEach((own, card) => own.noteLoss(partOf(losses, card), partOf(loss, card), partsOf(clocks, card))),
    adamTables: (clock, tables) =>
      onEach((own, card) => {
        const parts = tables.map(({ parameter, m, v, gradient, ...settings }) => {
          requireOneLayout([parameter, m, v, gradient]);
          const [p, first, second, g] = partsOf([parameter, m, v, gradient], card);
          return { ...settings, parameter: p, m: first, v: second, gradient: g };
        });
        own.adamTables(partOf(clock, card), parts);
      }),
  };
}

/** Adam takes element by element what lies alike. */
function requireOneLayout(arrays: readonly Floats[]): void {
  const kinds = new Set(arrays.map((array) => onCards(array).isShared));
  if (kinds.size === 1) return;
  throw new AmrError({
    what: 'adam on several cards',
    got: 'tables of which each card has some columns beside others that it has whole',
    expected: 'a parameter, its moments and its gradient that lie alike',
    hint: 'take the parameter with `Device.table`',
    kind: 'internal',
  });
}

/** Opens cards by their numbers. What stands in the way is the caller's to see: `kind: 'input'`. */
export function openCardGroup(
  name: 'cuda' | 'cuda-emulated',
  open: OpenCudaGroup,
  cards: readonly number[],
  { memoryLimitBytes, blasLibrary, recordsWork, ncclLibrary }: CudaOptions,
): CardGroup {
  const nccl = ncclLibraries(ncclLibrary);
  const opened = () => open(cards, memoryLimitBytes, blasLibraries(blasLibrary), rangeLibraries(), nccl);
  return new CardGroup(name, translated(opened, 'input'), recordsWork);
}
