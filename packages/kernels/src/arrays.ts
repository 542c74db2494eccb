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
