import type { Kernels } from './contract.js';
import type { Device, DeviceCsr, DeviceMemory } from './device.js';

export type KernelName = keyof Kernels;
/** The named arguments of kernel N. */
export type CallOf<N extends KernelName> = Parameters<Kernels[N]>[0];

/** Host numbers a reference computes on: float32 when it stands in for a device, float64 when it is the truth of a test. */
export type Numbers = Float32Array | Float64Array;

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

/** The arguments of kernel N with every array on the host. */
export type HostCall<N extends KernelName> = { [K in keyof CallOf<N>]: OnHost<CallOf<N>[K]> };

/** One set of arguments to try a kernel on. Arrays are float32 or int32; outputs hold the values they have before the call. */
export interface KernelCase<N extends KernelName> {
  readonly label: string;
  readonly call: HostCall<N>;
  /** Every intermediate is an integer below 2^24, so the result must be equal, not close. */
  readonly exact?: boolean;
}

/** |actual - expected| <= absolute + relative * |expected|, and why that is the right size. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
  readonly reason: string;
}

/** A comparison of a kernel's gradient with central differences of the float64 reference. */
export interface GradientCheck {
  readonly label: string;
  /** The point at which to compare. */
  variables(): Record<string, Float32Array>;
  /** A scalar function of the variables, computed with references only. */
  value(variables: Record<string, Float64Array>): number;
  /** Its gradient by the device's kernels, of the same shapes as the variables. */
  gradients(device: Device, variables: Record<string, Float32Array>): Record<string, Float32Array>;
  readonly tolerance: Tolerance;
}

/** Everything known about one kernel: how it is called, what it must compute, how closely, and what it costs. */
export interface KernelDefinition<N extends KernelName> {
  readonly name: N;
  /** The addon's positional arguments, defaults filled in. */
  positional(call: CallOf<N>): unknown[];
  /** The arrays it writes and a test compares. */
  readonly outputs: readonly (keyof CallOf<N>)[];
  /** Arrays it may write anything to. */
  readonly scratch?: readonly (keyof CallOf<N>)[];
  /** The plain version: float64 inside, no blocking, loops as in the formula. */
  reference(call: HostCall<N>): void;
  cases(): KernelCase<N>[];
  tolerance(call: HostCall<N>): Tolerance;
  /** Replaces the element-wise comparison where ids may swap between near-ties. Returns what is wrong, or undefined. */
  compare?(actual: HostCall<N>, expected: HostCall<N>, tolerance: Tolerance): string | undefined;
  readonly gradients?: readonly GradientCheck[];
  /** Bytes that must move to and from memory at least once per visit of an element; for GB/s and the cost model. */
  bytes(call: HostCall<N>): number;
  /** Multiplications and additions. */
  flops(call: HostCall<N>): number;
}

/** The five positional arguments a sparse matrix takes. */
export function csrPositional(a: DeviceCsr): unknown[] {
  return [a.offsets, a.indices, a.values, a.rows, a.cols];
}

/** Bytes of the matrix itself: offsets, indices and, where present, values. */
export function csrBytes(a: HostCsr): number {
  return 4 * (a.rows + 1 + a.nnz * (a.values ? 2 : 1));
}
