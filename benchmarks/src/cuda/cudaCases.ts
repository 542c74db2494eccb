import { RandomStreams } from '@agentmmrec/core';
import { bipartiteAdjacency } from '@agentmmrec/graphs';
import {
  type Device,
  type Floats,
  type Ints,
  type KernelName,
  type Sizes,
  type StepInputs,
  specs,
} from '@agentmmrec/kernels';
import type { Size } from '../sizes.js';

/** One kernel at one shape: what is launched, and what it moves and computes at least. */
export interface CudaCase {
  readonly kernel: KernelName;
  readonly shape: string;
  /** what the second cache moves at least (every visit), and what the card's memory does */
  readonly bytes: number;
  readonly leastBytes: number;
  readonly flops: number;
  run(): void;
  /** The same call on memory of its own. */
  another(): () => void;
  /** the same for torch on the card: an operation of peers/cudaPeer.py and its numbers */
  readonly peer?: { readonly operation: string; readonly numbers: Readonly<Record<string, number>> };
}

/** Widths and counts of a training step that do not follow from the graph; see StepInputs. */
export type StepWidths = Pick<StepInputs, 'd' | 'wide' | 'batch' | 'features' | 'hidden'>;

/** Those of the models: blocks of 64, four of them, batches of 2,048, image features of 4,096 through 256. */
export const modelWidths: StepWidths = { d: 64, wide: 256, batch: 2048, features: 4096, hidden: 256 };

/** Every kernel (or those of the names) at the shapes of a training step on the size's graph. Memory is the cases' until they are dropped. */
export function cudaCases(
  device: Device,
  size: Size,
  widths: StepWidths,
  kernels: readonly KernelName[] = specs.map(({ name }) => name),
): CudaCase[] {
  const step = stepInputs(device, size, widths);
  const wanted = specs.filter(({ name }) => kernels.includes(name));
  return wanted.flatMap(({ name: kernel, bytes, flops, typical }) =>
    typical({ ...step, ids: drawnIds(device, kernel) }).map(({ shape, call, host, peer }, at) => {
      const launch = device.kernels[kernel] as (call: unknown) => void;
      const sizes = call as Sizes<typeof call>;
      const visited = bytes.count(sizes, host);
      return {
        kernel,
        shape,
        bytes: visited,
        leastBytes: leastBytes(visited, call),
        flops: flops.count(sizes, host),
        run: () => launch(call),
        another: () => {
          const again = typical({ ...step, ids: drawnIds(device, kernel) })[at].call;
          return () => launch(again);
        },
        ...(peer && { peer }),
      };
    }),
  );
}

/**
 * What a call moves at least where a cache holds all that it visits again: every array once. What is visited no more than twice is read and
 * written, and there is nothing to hold.
 */
export function leastBytes(visited: number, call: object): number {
  const arrays = bytesOf(call);
  return visited <= 2 * arrays ? visited : arrays;
}

function bytesOf(call: object): number {
  return Object.values(call).reduce((sum: number, value: unknown) => {
    if (typeof value !== 'object' || value === null) return sum;
    return sum + ('subarray' in value && 'length' in value ? 4 * Number(value.length) : bytesOf(value));
  }, 0);
}

/** Ids of the kernel's own stream: another kernel in the list changes none of them. */
function drawnIds(device: Device, kernel: string): StepInputs['ids'] {
  const stream = new RandomStreams(7).stream(`ids for ${kernel}`);
  return (length, bound) => device.upload(Int32Array.from({ length }, () => stream.integer(bound)));
}

/** What all kernels share: sizes, graphs and seeded values on a device. */
function stepInputs(device: Device, { train }: Size, widths: StepWidths): Omit<StepInputs, 'ids'> {
  const stream = new RandomStreams(7).stream('values of a step');
  const values = Float32Array.from({ length: 99_991 }, () => stream.uniform() - 0.5);
  const graph = bipartiteAdjacency(train, 'symmetric');
  let next = 0;
  /** All arrays repeat the same values, each from a place of its own: drawing every one would take longer than the benchmark. */
  const floats = (length: number): Floats => {
    const memory = device.floats(length, 'any');
    next = (next + 7919) % values.length;
    for (let start = 0, from = next; start < length; from = 0) {
      const end = Math.min(length, start + values.length - from);
      device.write(memory.subarray(start, end), values.subarray(from, from + end - start));
      start = end;
    }
    return memory;
  };
  const { users, items, offsets, itemIds: indices } = train;
  return {
    ...widths,
    bfloatPanel: device.bfloatPanel,
    users,
    items,
    nodes: graph.rows,
    graph: { ...graph, nnz: graph.indices.length },
    a: device.uploadCsr(graph),
    train: { rows: users, cols: items, nnz: indices.length, offsets, indices, values: null },
    floats,
    zeros: (length) => device.floats(length),
    ints: (length) => device.ints(length),
    upload: (ids) => device.upload(ids),
    uploadCsr: (csr) => device.uploadCsr(csr),
    read: (ids: Ints) => device.read(ids),
    segments: (ids) => {
      const { order, segmentOffsets, segmentIds } = device.sortIds([{ ids }]);
      return { order, segmentOffsets, segmentIds };
    },
  };
}
