import type { Csr } from '@agentmmrec/core';
import type { DeviceCsr, DeviceMemory, Floats, Ints } from './arrays.js';

/** Host numbers a reference computes on: float32 when it stands in for a device, float64 when it is the truth of a test. */
export type Numbers = Float32Array | Float64Array;

/** A sparse matrix on the host, as references take it. */
export interface HostCsr {
  readonly rows: number;
  readonly cols: number;
  readonly nnz: number;
  readonly offsets: Int32Array;
  readonly indices: Int32Array;
  readonly values: Numbers | null;
}

type OnHost<T> = T extends Float32Array | DeviceMemory<'f32'>
  ? Numbers
  : T extends Int32Array | DeviceMemory<'i32'>
    ? Int32Array
    : T extends DeviceCsr
      ? HostCsr
      : T;

/** The named arguments of a kernel with every array on the host. */
export type HostCall<Call> = { [K in keyof Call]: OnHost<Call[K]> };

/** What counts see of a sparse matrix. */
export interface CsrSizes extends Pick<DeviceCsr, 'rows' | 'cols' | 'nnz'> {
  readonly values: { readonly length: number } | null;
}

type SizeOf<T> = T extends Floats | Ints ? { readonly length: number } : T extends DeviceCsr ? CsrSizes : T;

/** The named arguments of a kernel with nothing of its arrays but their sizes. */
export type Sizes<Call> = { readonly [K in keyof Call]: SizeOf<Call[K]> };

/** A count in words for readers, and in numbers. */
export interface Count<Call> {
  readonly formula: string;
  /** `host`: the arrays whose values the count depends on, where it does */
  count(sizes: Sizes<Call>, host?: Partial<HostCall<Call>>): number;
}

/** A call at sizes of a training step. */
export interface TypicalCall<Call> {
  readonly shape: string;
  readonly call: Call;
  /** the arrays whose values the counts depend on */
  readonly host?: Partial<HostCall<Call>>;
  /** the same for torch on a card: an operation of benchmarks/peers/cudaPeer.py and its numbers */
  readonly peer?: { readonly operation: string; readonly numbers: Readonly<Record<string, number>> };
}

/** The sizes of a training step, and seeded arrays on the device where a kernel is measured or counted. */
export interface StepInputs {
  readonly users: number;
  readonly items: number;
  /** users and items together */
  readonly nodes: number;
  /** columns of a block, and of all blocks beside each other */
  readonly d: number;
  readonly wide: number;
  /** triples */
  readonly batch: number;
  /** columns of raw features, and of what projections make of them */
  readonly features: number;
  readonly hidden: number;
  /** of the device that is measured or counted */
  readonly bfloatPanel: number;
  /** the normalised adjacency [nodes, nodes], on the host and on the device */
  readonly graph: HostCsr;
  readonly a: DeviceCsr;
  /** the training interactions [users, items], without values */
  readonly train: HostCsr & Csr;
  /** Seeded values. */
  floats(length: number): Floats;
  /** Zeros. */
  zeros(length: number): Floats;
  /** Room for int32, as an output. */
  ints(length: number): Ints;
  /** `length` ids below `bound` */
  ids(length: number, bound: number): Ints;
  /** A device copy. */
  upload(values: Int32Array): Ints;
  /** A device copy. */
  uploadCsr(csr: Csr): DeviceCsr;
  /** Host values. */
  read(ids: Ints): Int32Array;
  /** The runs of equal ids, as `scatterRows` takes them. */
  segments(ids: Ints): { readonly order: Ints; readonly segmentOffsets: Ints; readonly segmentIds: Ints };
}

/** One set of arguments to try a kernel on. Arrays are float32 or int32; outputs hold the values they have before the call. */
export interface KernelCase<Call> {
  readonly label: string;
  readonly call: HostCall<Call>;
  /** Every intermediate is an integer below 2^24, so the result must be equal, not close. */
  readonly exact?: boolean;
}

/** |actual - expected| <= absolute + relative * |expected|, and why that is the right size. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
  readonly reason: string;
}

/** What a gradient check needs of a device: memory, and kernels by their specs. */
export interface GradientDevice {
  floats(length: number): Floats;
  upload(source: Float32Array): Floats;
  upload(source: Int32Array): Ints;
  uploadCsr(csr: Csr): DeviceCsr;
  read(memory: Floats): Float32Array;
  run<Call>(kernel: KernelSpec<Call>, call: Call): void;
}

/** A comparison of a kernel's gradient with central differences of the float64 reference. */
export interface GradientCheck {
  readonly label: string;
  /** The point at which to compare. */
  variables(): Record<string, Float32Array>;
  /** A scalar function of the variables, computed with references only. */
  value(variables: Record<string, Float64Array>): number;
  /** Its gradient by the device's kernels, of the same shapes as the variables. */
  gradients(device: GradientDevice, variables: Record<string, Float32Array>): Record<string, Float32Array>;
  readonly tolerance: Tolerance;
}

/**
 * Everything known about one kernel: how it is called, what it must compute, how closely, and what it costs. The named arguments
 * `Call` say shapes; what holds for all kernels:
 * - The caller allocates outputs; a kernel never returns memory it owns. Outputs come first.
 * - float32 values, int32 ids. Sizes are derived from or checked against the lengths of the arrays; a wrong shape, dtype,
 *   index, or a detached buffer is an AmrError (`kind: 'internal'`) before any pointer is used.
 * - Outputs may alias inputs only where said. No implicit broadcast. No hidden random numbers: samplers take key and counter.
 * - The same bits for any number of threads.
 * - NaN: passes through arithmetic; in top-k selections a NaN score counts as minus infinity.
 * Shapes are written [rows, cols], row-major.
 */
export interface KernelSpec<Call> {
  /** The addon's positional arguments, defaults filled in. */
  positional(call: Call): unknown[];
  /** The arrays it writes and a test compares. */
  readonly outputs: readonly (keyof Call)[];
  /** Arrays it may write anything to. */
  readonly scratch?: readonly (keyof Call)[];
  /** The plain version: float64 inside, no blocking, loops as in the formula. */
  reference(call: HostCall<Call>): void;
  /** Arguments to try it on: sizes around every block length, empty inputs, NaN. */
  cases(): KernelCase<Call>[];
  /** How far a device may be from the reference on this call. */
  tolerance(call: HostCall<Call>): Tolerance;
  /** Replaces the element-wise comparison where ids may swap between near-ties. Returns what is wrong, or undefined. */
  compare?(actual: HostCall<Call>, expected: HostCall<Call>, tolerance: Tolerance): string | undefined;
  readonly gradients?: readonly GradientCheck[];
  /** Bytes that must move to and from memory at least once per visit of an element. */
  readonly bytes: Count<Call>;
  /** Multiplications and additions. */
  readonly flops: Count<Call>;
  /** The kernel at the sizes of a training step: what benchmarks measure and predictions count. */
  typical(step: StepInputs): TypicalCall<Call>[];
}

/** The five positional arguments a sparse matrix takes. */
export function csrPositional(a: DeviceCsr): unknown[] {
  return [a.offsets, a.indices, a.values, a.rows, a.cols];
}

/** Bytes of the matrix itself: offsets, indices and, where present, values. */
export function csrBytes(a: CsrSizes): number {
  return 4 * (a.rows + 1 + a.nnz * (a.values ? 2 : 1));
}
