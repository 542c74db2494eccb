/**
 * Numbers living on a device. On `cpu` and `reference` these are plain typed arrays, so nothing is ever copied; on a CUDA
 * device they are handles of device memory that only that device's kernels can read.
 */
export type Floats = Float32Array | DeviceMemory<'f32'>;
/** Memory of int32 on a device. */
export type Ints = Int32Array | DeviceMemory<'i32'>;

/** Device memory owned by its device; freed by `Device.release` or when the device closes. */
export interface DeviceMemory<T extends 'f32' | 'i32'> {
  readonly dtype: T;
  /** elements */
  readonly length: number;
  /** the view of `length` elements from `start` on the same memory */
  subarray(start: number, end: number): DeviceMemory<T>;
}

/** A sparse matrix whose arrays live on the device. */
export interface DeviceCsr {
  readonly rows: number;
  readonly cols: number;
  readonly nnz: number;
  readonly offsets: Ints;
  readonly indices: Ints;
  readonly values: Floats | null;
}

/** Runs of equal ids in sorted order: what `scatterRows` needs to add rows without two threads meeting in one target. */
export interface Segments<I extends Ints = Ints> {
  /** [n] positions of ids (over `perRow` of `Device.sortIds`), ids ascending, equal ids in their original order */
  readonly order: I;
  /** [segments + 1] where each run starts in `order` */
  readonly segmentOffsets: I;
  /** [segments] the id of each run, ascending */
  readonly segmentIds: I;
}
