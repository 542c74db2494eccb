import type { Csr, RandomStream } from '@agentmmrec/core';
import type { DeviceCsr, Floats, Ints, Segments } from './arrays.js';
import type { Precision } from './precision.js';
import type { Recorder } from './recorder.js';
import type { Kernels } from './specs.js';

/** Where kernels run: `cuda-emulated` and `reference` are for tests. */
export type DeviceName = 'cpu' | 'cuda' | 'cuda-emulated' | 'reference';

/** What can be asked for: `cuda:1` is one card by its number, `cuda:0,1` are several that share the columns of tables. */
export type DeviceChoice = 'auto' | DeviceName | `${'cuda' | 'cuda-emulated'}:${string}`;

/** What pooled memory holds when it is handed out; `zeros` is the default. */
export type MemoryContent = 'zeros' | 'any';

/** Ids that take part in a sort, each plus `add` (default 0). */
export interface IdPart {
  readonly ids: Ints;
  readonly add?: number;
}

/** Ids sorted into runs of equal ones, as `scatterRows` takes them. The caller releases the arrays. */
export interface SortedIds extends Segments {
  /** [n] the ids of all parts one after the other */
  readonly ids: Ints;
  /** [n] for each of them, which of the segments it is in */
  readonly places: Ints;
  /**
   * The distinct ids; on a card n, because only the card knows how many are distinct: segments beyond those are empty and repeat
   * the last id. `scatterRows` leaves their rows alone.
   */
  readonly segments: number;
  /** [1] how many are distinct, where only the device knows; null: `segments` */
  readonly distinct: Ints | null;
}

/** See `Device.scope`. */
export interface MemoryScope {
  /**
   * Runs `body`; the memory taken inside and not released yet belongs to the scope (of scopes inside each other: to the inner one).
   * What a failing body took is given back at once. Not for asynchronous bodies.
   */
  run<Result>(body: () => Result): Result;
  /** Gives back all that belongs to the scope and has not been released since. The scope is empty again. */
  release(): void;
}

/** Where tensors live and kernels run. Everything above this package is written against it and never asks which one it is. */
export interface Device {
  readonly name: DeviceName;
  /** One line for reports: instruction set and threads, or card, driver and memory. */
  readonly description: string;
  /** Cards that share the columns of tables; 1 for anything but a group of cards. */
  readonly cards: number;
  readonly kernels: Kernels;
  /** Rows of a panel of `packBfloat` that its products read without copying. */
  readonly bfloatPanel: 1 | 12;
  /**
   * The kernels, with the products in that precision that the device makes in it: see `Precision`.
   * @throws AmrError input: a precision that the device lacks
   */
  kernelsIn(precision: Precision): Kernels;
  /** For launching many kernels as one; null where a call costs nothing beside its kernel. */
  readonly recorder: Recorder | null;
  /**
   * Memory of `length` elements from the pool: zero-filled, or with `any` whatever the last owner left, for memory that is
   * overwritten whole before it is read (filling a table costs as much as a pass of a kernel over it).
   */
  floats(length: number, content?: MemoryContent): Floats;
  /**
   * `floats` for a table [rows, columns]. Of a group of cards each holds some of the columns, if they can be shared; views of it are whole
   * rows then.
   */
  table(rows: number, columns: number, content?: MemoryContent): Floats;
  /** `floats` as many as `memory`, which lie on the cards of a group as those do. */
  alike(memory: Floats, content?: MemoryContent): Floats;
  /** As `floats`, of int32. */
  ints(length: number, content?: MemoryContent): Ints;
  /** Gives memory back to the pool. The caller must not use it, or a view of it, again. */
  release(memory: Floats | Ints): void;
  /**
   * Runs `body`, and when it throws gives back all memory that was taken inside and not released yet; so work of several steps
   * needs no clean-up of its own. Where it ends well, nothing is released. Guards may stand inside each other. Not for
   * asynchronous bodies.
   */
  reclaimOnFailure<Result>(body: () => Result): Result;
  /** A new, empty scope: memory with one owner, who gives it back at once without listing it. */
  scope(): MemoryScope;
  /** Copies host values into `target` (same length). */
  write(target: Floats, source: Float32Array): void;
  /** The same of int32. */
  write(target: Ints, source: Int32Array): void;
  /** Host values of the memory: the array itself on the CPU (not a copy), a copy from a CUDA device. */
  read(memory: Floats): Float32Array;
  /** The same of int32. */
  read(memory: Ints): Int32Array;
  /** Device copies of host arrays; on the CPU the very same arrays. */
  upload(source: Float32Array): Floats;
  /** The same of int32. */
  upload(source: Int32Array): Ints;
  /** A device copy of a sparse matrix; on the CPU its very arrays. */
  uploadCsr(csr: Csr): DeviceCsr;
  /**
   * The runs of equal ids (not negative), where the ids are: nothing is copied between host and device. With `perRow` > 1 the
   * ids are a table [rows, perRow] and `order` names its rows.
   */
  sortIds(parts: readonly IdPart[], perRow?: number): SortedIds;
  /** The rows `ids` of table [.., width] as new memory [ids.length, width]; the caller releases it. */
  gatherIds(table: Ints, ids: Ints, width: number): Ints;
  /** 0 to n - 1 in the order that `stream.shuffle` leaves them, drawn where the device is; the caller releases it. `stream` stays as it is. */
  shuffledIds(n: number, stream: RandomStream): Ints;
  /** Bytes handed out, bytes kept in the pool and the highest sum so far. */
  memory(): { usedBytes: number; pooledBytes: number; peakBytes: number };
  /** Gives the pool's memory to the machine: for the end of work that took other sizes than what follows. Waits. */
  trim(): void;
}
