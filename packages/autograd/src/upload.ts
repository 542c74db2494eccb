import { type Csr, type NeighbourLists, neighboursToCsr, transpose, transposeWithOrder } from '@agentmmrec/core';
import { bfloatElements, type Device, type DeviceCsr, type Floats, type Ints } from '@agentmmrec/kernels';
import type { PackedMatrix } from './primitives/packed.js';
import type { SparseMatrix } from './primitives/sparse.js';
import type { SparsePattern } from './primitives/sparseValues.js';

/** The matrix and its transpose on the device; a symmetric one is uploaded once and serves as both. */
export function uploadSparse(device: Device, a: Csr, options: { symmetric?: boolean } = {}): SparseMatrix {
  const forward = device.uploadCsr(a);
  return { forward, transposed: options.symmetric ? forward : device.uploadCsr(transpose(a)) };
}

/** The matrix x [rows, cols] in bfloat16 with its transpose, as `Tape.packedLinear` takes it: a copy of half the size each. */
export function packMatrix(device: Device, x: Floats, [rows, cols]: readonly [number, number]): PackedMatrix {
  const { bfloatPanel: panel } = device;
  const forward = device.ints(bfloatElements(rows, cols, panel), 'any');
  const packed = { rows, cols, panel, forward, transposed: device.ints(bfloatElements(cols, rows, panel), 'any') };
  packMatrixInto(device, x, packed);
  return packed;
}

/** Packs other values of the same shape in their place. */
export function packMatrixInto(device: Device, x: Floats, { cols: d, panel, forward, transposed }: PackedMatrix): void {
  device.kernels.packBfloat({ packed: forward, x, d, panel, transpose: false });
  device.kernels.packBfloat({ packed: transposed, x, d, panel, transpose: true });
}

/** Gives the memory of both halves back; on the CPU, where uploads are views, nothing happens. */
export function releaseSparse(device: Device, a: SparseMatrix): void {
  for (const { offsets, indices, values } of new Set([a.forward, a.transposed])) {
    for (const memory of [offsets, indices, values]) if (memory) device.release(memory);
  }
}

/** Where a sparse matrix has entries, both ways, for operations whose values are tensors; values of `a` are left out. */
export function uploadPattern(device: Device, a: Omit<Csr, 'values'>): SparsePattern {
  const { order, ...transposed } = transposeWithOrder(a);
  return {
    forward: device.uploadCsr({ ...a, values: null }),
    transposed: device.uploadCsr(transposed),
    order: device.upload(order),
  };
}

/** Neighbour lists over `nodes` nodes as a pattern: entry i * k + j is neighbour j of row i, in the order of the list. */
export function uploadNeighbourPattern(device: Device, lists: NeighbourLists, nodes: number): SparsePattern {
  const { rows, k, indices } = lists;
  const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * k);
  return uploadPattern(device, { rows, cols: nodes, offsets, indices });
}

/** Neighbour lists over `nodes` nodes with their transpose, as `Tape.neighbourMean` takes them. */
export function uploadNeighbours(
  device: Device,
  lists: NeighbourLists,
  nodes: number,
): { neighbours: Ints; k: number; transposed: DeviceCsr } {
  const transposed = device.uploadCsr(transpose(neighboursToCsr(lists, nodes)));
  return { neighbours: device.upload(lists.indices), k: lists.k, transposed };
}
