import type { SparseMatrix } from '@agentmmrec/autograd';
import { type Csr, RandomStreams, transpose } from '@agentmmrec/core';
import type { DeviceCsr, Floats } from '@agentmmrec/kernels';
import type { PartContext } from '../contract/model.js';
import { symmetricWithSelf } from '../parts/graphs/propagation.js';
import { listedInteractions } from '../parts/graphs/sideGraphs.js';

/** User-item graphs, one a modality, of lists that are written piece by piece; see `listGraphs`. */
export interface ListGraphs {
  readonly state: Readonly<Record<string, Floats>>;
  /** Says in which epoch what is written now is drawn: for `Recommender.beforeEpoch`. */
  beforeEpoch(epoch: number): void;
  /** For `Recommender.restored`. */
  restored(): void;
  /** Replaces the lists of these users in modality m: itemIds [userIds.length, k], best first. */
  write(m: number, userIds: Int32Array, itemIds: Int32Array): void;
  /** D^-1/2 (A + I) D^-1/2 of modality m, a part `dropout` of its entries left out and the others scaled. */
  graph(m: number): SparseMatrix;
}

/**
 * The graphs that DiffMM rebuilds (Jiang et al. 2024, section 3.2.4): a user and k items in each modality; before anything is written each node
 * alone. The lists are the state, with two numbers drawn for their epoch, by which entries are left out. The matrices stand in
 * memory of a fixed size, so that steps may write them.
 */
export function listGraphs(context: PartContext, k: number, dropout: number): ListGraphs {
  const { device, data, random } = context;
  const { users, items, features } = data;
  const size = users * k;
  const nodes = users + items;
  const entries = 2 * size + nodes;
  const state = { lists: device.floats(features.length * size, 'any'), draw: device.floats(2) };
  device.write(state.lists, new Float32Array(state.lists.length).fill(-1));
  const memory = () => ({
    offsets: device.ints(nodes + 1),
    indices: device.ints(entries),
    values: device.floats(entries),
  });
  const memories = features.map(() => ({ forward: memory(), transposed: memory() }));
  let graphs: SparseMatrix[] | null = null;
  let draw = new Float32Array(2);

  const placed = (to: ReturnType<typeof memory>, a: Csr & { readonly values: Float32Array | null }): DeviceCsr => {
    const nnz = a.indices.length;
    const own = { offsets: to.offsets, indices: to.indices.subarray(0, nnz), values: to.values.subarray(0, nnz) };
    device.write(own.offsets, a.offsets);
    device.write(own.indices, a.indices);
    if (a.values) device.write(own.values, a.values);
    return { rows: a.rows, cols: a.cols, nnz, ...own };
  };
  const read = (): SparseMatrix[] => {
    const lists = device.read(state.lists);
    const [first, second] = device.read(state.draw);
    return memories.map(({ forward, transposed }, m) => {
      const a = symmetricWithSelf(listedInteractions(lists.subarray(m * size, (m + 1) * size), users, items));
      const stream = new RandomStreams(first).stream('entries left out', second, m);
      const values = dropout > 0 ? a.values.map((v) => (stream.uniform() < dropout ? 0 : v / (1 - dropout))) : a.values;
      const kept = { ...a, values };
      return { forward: placed(forward, kept), transposed: placed(transposed, transpose(kept)) };
    });
  };
  return {
    state,
    beforeEpoch: (epoch) => {
      const stream = random.stream('entries left out', epoch);
      draw = Float32Array.from([0, 0], () => stream.integer(2 ** 24)); // whole in float32
    },
    restored: () => {
      graphs = null;
    },
    write: (m, userIds, itemIds) => {
      const lists = device.read(state.lists).slice();
      userIds.forEach((user, at) => {
        lists.set(itemIds.subarray(at * k, (at + 1) * k), m * size + user * k);
      });
      device.write(state.lists, lists);
      device.write(state.draw, draw);
      graphs = null;
    },
    graph: (m) => {
      graphs ??= read();
      return graphs[m];
    },
  };
}
