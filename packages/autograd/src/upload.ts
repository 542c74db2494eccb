import { type Csr, type NeighbourLists, neighboursToCsr, transpose } from '@agentmmrec/core';
import type { Device, DeviceCsr, Ints } from '@agentmmrec/kernels';
import type { SparseMatrix } from './primitives/sparse.js';

/** The matrix and its transpose on the device; a symmetric one is uploaded once and serves as both. */
export function uploadSparse(device: Device, a: Csr, options: { symmetric?: boolean } = {}): SparseMatrix {
  const forward = device.uploadCsr(a);
  return { forward, transposed: options.symmetric ? forward : device.uploadCsr(transpose(a)) };
}

/** Gives the memory of both halves back; on the CPU, where uploads are views, nothing happens. */
export function releaseSparse(device: Device, a: SparseMatrix): void {
  for (const { offsets, indices, values } of new Set([a.forward, a.transposed])) {
    for (const memory of [offsets, indices, values]) if (memory) device.release(memory);
  }
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
