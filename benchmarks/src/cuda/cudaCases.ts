import { RandomStreams } from '@agentmmrec/core';
import { bipartiteAdjacency } from '@agentmmrec/graphs';
import {
  type CallOf,
  type Device,
  type Floats,
  type HostCall,
  type Ints,
  type KernelDefinition,
  type KernelName,
  specs,
} from '@agentmmrec/kernels';
import type { Size } from '../sizes.js';

/** One kernel at one shape: what is launched, and what it moves and computes at least. */
export interface CudaCase {
  readonly kernel: KernelName;
  readonly shape: string;
  readonly bytes: number;
  readonly flops: number;
  run(): void;
  /** the same for torch on the card: an operation of peers/cudaPeer.py and its numbers */
  readonly peer?: { readonly operation: string; readonly numbers: Readonly<Record<string, number>> };
}

/** Widths and counts of the cases that do not follow from the graph. */
export interface CudaShapes {
  readonly d: number;
  readonly wide: number;
  readonly batch: number;
  readonly features: number;
  readonly hidden: number;
}

/** Those of the models: blocks of 64, four of them, batches of 2,048, image features of 4,096 through 256. */
export const modelShapes: CudaShapes = { d: 64, wide: 256, batch: 2048, features: 4096, hidden: 256 };

/** Every kernel of the contract at the shapes of a training step on the size's graph. Memory is the cases' until they are dropped. */
export function cudaCases(device: Device, size: Size, shapes: CudaShapes): CudaCase[] {
  const make = new Inputs(device, size, shapes);
  return [
    ...propagation(make),
    ...rows(make),
    ...elements(make),
    ...products(make),
    ...losses(make),
    ...selections(make),
  ];
}

/** Seeded inputs on the card, and the way from a call to a case. */
class Inputs {
  private readonly stream = new RandomStreams(7).stream('cuda benchmark');
  private readonly values = new Float32Array(99_991);
  private nextValue = 0;
  readonly graph;
  readonly nodes: number;
  readonly a;

  constructor(
    readonly device: Device,
    readonly size: Size,
    readonly shapes: CudaShapes,
  ) {
    for (let i = 0; i < this.values.length; i++) this.values[i] = this.stream.uniform() - 0.5;
    this.graph = bipartiteAdjacency(size.train, 'symmetric');
    this.nodes = this.graph.rows;
    this.a = device.uploadCsr(this.graph);
  }

  /** All arrays repeat the same values, each from a place of its own: drawing every one would take longer than the benchmark. */
  floats(length: number): Floats {
    const memory = this.device.floats(length, 'any');
    const { values } = this;
    this.nextValue = (this.nextValue + 7919) % values.length;
    for (let start = 0, from = this.nextValue; start < length; from = 0) {
      const end = Math.min(length, start + values.length - from);
      this.device.write(memory.subarray(start, end), values.subarray(from, from + end - start));
      start = end;
    }
    return memory;
  }

  zeros(length: number): Floats {
    return this.device.floats(length);
  }

  ids(length: number, bound: number): Ints {
    return this.device.upload(Int32Array.from({ length }, () => this.stream.integer(bound)));
  }

  case<N extends KernelName>(
    kernel: N,
    shape: string,
    call: CallOf<N>,
    more: Pick<CudaCase, 'peer'> & { bytes?: number; flops?: number } = {},
  ): CudaCase {
    const definition = specs.find(({ name }) => name === kernel) as unknown as KernelDefinition<N>;
    const launch = this.device.kernels[kernel] as (call: CallOf<N>) => void;
    // Sizes are all that the counts read, and arrays on the card have them too.
    const sizes = call as unknown as HostCall<N>;
    const { bytes = definition.bytes(sizes), flops = definition.flops(sizes), peer } = more;
    return { kernel, shape, bytes, flops, run: () => launch(call), ...(peer && { peer }) };
  }
}

function propagation(make: Inputs): CudaCase[] {
  const { a, nodes, graph, shapes } = make;
  const { d, wide, batch } = shapes;
  const spmm = (columns: number) =>
    make.case(
      'spmm',
      `${nodes} nodes, ${a.nnz} entries, ${columns} wide`,
      { out: make.zeros(nodes * columns), a, x: make.floats(nodes * columns), d: columns },
      { peer: { operation: 'spmm', numbers: { nodes, entries: a.nnz, d: columns } } },
    );
  const rowIds = make.ids(3 * batch, nodes);
  const entries = [...make.device.read(rowIds)].reduce(
    (sum, row) => sum + graph.offsets[row + 1] - graph.offsets[row],
    0,
  );
  const x = make.floats(nodes * d);
  const scratch = make.zeros(2 * nodes * d);
  const k = 10;
  return [
    spmm(d),
    spmm(wide),
    make.case(
      'spmmRows',
      `${3 * batch} rows with ${entries} entries, ${d} wide`,
      { out: make.zeros(3 * batch * d), a, rowIds, x, d },
      { bytes: entries * (8 + 4 * d) + 3 * batch * (12 + 4 * d), flops: 2 * entries * d },
    ),
    make.case('lightgcnReadout', `2 layers, ${d} wide`, {
      out: make.zeros(nodes * d),
      scratch,
      a,
      e0: x,
      d,
      layers: 2,
      weight: 1 / 3,
    }),
    make.case('neighbourMean', `${nodes} rows, k ${k}, ${d} wide`, {
      out: make.zeros(nodes * d),
      neighbours: make.ids(nodes * k, nodes),
      x,
      k,
      d,
    }),
    make.case('entryDots', `${nodes} nodes, ${a.nnz} entries, ${d} wide`, {
      out: make.zeros(a.nnz),
      pattern: { ...a, values: null },
      a: x,
      b: x,
      d,
    }),
  ];
}

function rows(make: Inputs): CudaCase[] {
  const { nodes, shapes } = make;
  const { d, wide, batch } = shapes;
  const [n, m] = [nodes * d, 3 * batch];
  const ids = make.ids(m, nodes);
  const [x, out] = [make.floats(n), make.zeros(n)];
  const { order, segmentOffsets, segmentIds } = make.device.sortIds([{ ids }]);
  const norms = make.zeros(nodes);
  const batchRows = make.floats(m * d);
  const gather = { operation: 'gather', numbers: { rows: nodes, picked: m, d } };
  return [
    make.case(
      'gatherRows',
      `${m} of ${nodes} rows, ${d} wide`,
      { out: make.zeros(m * d), x, ids, d },
      { peer: gather },
    ),
    make.case('scatterRows', `${m} rows into ${nodes}, ${d} wide`, {
      out,
      rows: batchRows,
      order,
      segmentOffsets,
      segmentIds,
      d,
    }),
    make.case('sortSegments', `${m} ids below ${nodes}`, {
      order: make.device.ints(m),
      places: make.device.ints(m),
      segmentOffsets: make.device.ints(m + 1),
      segmentIds: make.device.ints(m),
      ids,
    }),
    make.case('copyColumns', `${nodes} x ${d} into ${wide}`, {
      out: make.zeros(nodes * wide),
      x,
      width: wide,
      at: 0,
      d,
    }),
    make.case('addColumns', `${nodes} x ${d} of ${wide}`, { out, x: make.floats(nodes * wide), width: wide, at: 0, d }),
    make.case('scaleRows', `${nodes} x ${d}`, { out, x, scale: make.floats(nodes), d }),
    make.case('scaleColumns', `${nodes} x ${d}`, { out, x, scale: make.floats(d), d }),
    make.case('transpose', `${nodes} x ${d}`, { out, x, d }),
    make.case('hypercomplex', `${nodes} x ${d}, 4 parts`, {
      out,
      left: x,
      right: make.floats(n),
      d: d / 4,
      components: 4,
      part: 'product',
      conjugates: true,
    }),
    make.case('addBias', `${nodes} x ${d}`, { out, x, bias: make.floats(d), d }),
    make.case('addRowSums', `${nodes} x ${d}`, { out: make.zeros(d), x, d }),
    make.case('rowDot', `${nodes} x ${d}`, { out: make.zeros(nodes), a: x, b: make.floats(n), d }),
    make.case('normalizeRows', `${nodes} x ${d}`, { out, norms, x, d }),
    make.case('normalizeRowsBackward', `${nodes} x ${d}`, { dx: make.zeros(n), dOut: x, out, norms, d }),
    make.case('softmaxRows', `${nodes} x ${d}`, { out, logSumExp: norms, x, d }),
    make.case('softmaxRowsBackward', `${nodes} x ${d}`, { dx: make.zeros(n), dOut: x, out, d }),
  ];
}

function elements(make: Inputs): CudaCase[] {
  const n = make.nodes * make.shapes.d;
  const [out, a, b] = [make.zeros(n), make.floats(n), make.floats(n)];
  const shape = `${n} elements`;
  const moments = { m: make.zeros(n), v: make.zeros(n), gradient: b, step: 1, learningRate: 1e-3 };
  return [
    make.case('axpby', shape, { out, x: a, alpha: 2, beta: 1 }),
    make.case('multiply', shape, { out, a, b }),
    make.case('unary', shape, { out, x: a, f: 'leakyRelu', parameter: 0.2 }),
    make.case('unaryBackward', shape, { dx: make.zeros(n), dOut: b, x: a, out, f: 'leakyRelu', parameter: 0.2 }),
    make.case('randomValues', shape, { out, law: 'normal', key0: 1, key1: 2 }),
    make.case('dropout', shape, { out, x: a, rate: 0.1, key0: 1, key1: 2 }),
    make.case('sum', shape, { out: make.zeros(1), x: a }),
    make.case('dot', shape, { out: make.zeros(1), a, b }),
    make.case('adam', shape, { parameter: a, ...moments }, { peer: { operation: 'adam', numbers: { elements: n } } }),
    adamRows(make),
  ];
}

/** The rows of a batch with their gradients, in a table whose other rows wait. */
function adamRows(make: Inputs): CudaCase {
  const { nodes } = make;
  const { d, batch } = make.shapes;
  const { segmentIds } = make.device.sortIds([{ ids: make.ids(3 * batch, nodes) }]);
  const tables = { parameter: make.floats(nodes * d), m: make.zeros(nodes * d), v: make.zeros(nodes * d) };
  const gradient = make.floats(3 * batch * d);
  const rows = { stepsTaken: make.device.ints(nodes), rowIds: segmentIds, gradient, d };
  return make.case('adamRows', `${3 * batch} rows of ${nodes}, ${d} wide`, {
    ...tables,
    ...rows,
    step: 1,
    learningRate: 1e-3,
  });
}

function products(make: Inputs): CudaCase[] {
  const { features, hidden, batch } = make.shapes;
  const items = make.size.train.items;
  const product = (m: number, n: number, k: number, transposeA = false) =>
    make.case(
      'gemm',
      `${m} x ${k} by ${k} x ${n}${transposeA ? ', a transposed' : ''}`,
      { out: make.zeros(m * n), a: make.floats(m * k), b: make.floats(k * n), m, n, k, transposeA },
      { peer: { operation: 'gemm', numbers: { m, n, k, transposeA: transposeA ? 1 : 0 } } },
    );
  return [product(items, hidden, features), product(features, hidden, items, true), product(batch, hidden, hidden)];
}

function losses(make: Inputs): CudaCase[] {
  const { d, batch } = make.shapes;
  const { users, items } = make.size.train;
  const [user, positive, negative] = [1, 2, 3].map(() => make.floats(batch * d));
  const gradients = {
    dUser: make.zeros(batch * d),
    dPositive: make.zeros(batch * d),
    dNegative: make.zeros(batch * d),
  };
  const loss = make.zeros(1);
  const logSumExp = make.zeros(batch);
  const targets = make.device.upload(Int32Array.from({ length: batch }, (_, i) => i));
  const contrast = { a: user, b: positive, targets, d, temperature: 0.2 };
  const nodes = make.ids(3 * batch, users + items);
  const { order, segmentOffsets, segmentIds } = make.device.sortIds([{ ids: nodes }]);
  const shape = `batch ${batch}, ${d} wide`;
  return [
    make.case('bpr', shape, { loss, ...gradients, user, positive, negative, d }),
    make.case('bprStep', shape, {
      loss,
      dRows: make.zeros(segmentIds.length * d),
      slopes: make.zeros(batch),
      table: make.floats((users + items) * d),
      nodes,
      order,
      segmentOffsets,
      segmentIds,
      d,
      l2: 1e-3,
    }),
    make.case(
      'infonce',
      shape,
      { loss, logSumExp, ...contrast },
      { peer: { operation: 'infonce', numbers: { n: batch, d } } },
    ),
    make.case('infonceBackward', shape, {
      da: make.zeros(batch * d),
      db: make.zeros(batch * d),
      ...contrast,
      logSumExp,
      upstream: 1,
    }),
  ];
}

function selections(make: Inputs): CudaCase[] {
  const { d, batch, hidden } = make.shapes;
  const { train } = make.size;
  const found = (n: number, k: number) => ({ indices: make.device.ints(n * k), scores: make.zeros(n * k) });
  const features = make.floats(train.items * hidden);
  const csr = make.device.uploadCsr({
    rows: train.users,
    cols: train.items,
    offsets: train.offsets,
    indices: train.itemIds,
    values: null,
  });
  const ranked = Math.min(batch, train.users);
  const mask = {
    maskOffsets: make.device.upload(train.offsets.slice(0, ranked + 1)),
    maskIndices: make.device.upload(train.itemIds.slice(0, train.offsets[ranked])),
  };
  const all = train.itemIds.length;
  const topk = { operation: 'topk', numbers: { n: train.items, d: hidden, k: 10 } };
  return [
    make.case(
      'cosineTopK',
      `${train.items} x ${hidden}, k 10`,
      { ...found(train.items, 10), queries: features, keys: features, d: hidden, k: 10 },
      { peer: topk },
    ),
    make.case('rankTopK', `${ranked} users, ${train.items} items, ${d} wide, k 50`, {
      ...found(ranked, 50),
      users: make.floats(ranked * d),
      items: make.floats(train.items * d),
      ...mask,
      d,
      k: 50,
    }),
    make.case('sampleNegatives', `${all} positions`, {
      negatives: make.device.ints(all),
      userIds: make.ids(all, train.users),
      train: csr,
      items: train.items,
      key0: 1,
      key1: 2,
      first: 0,
    }),
  ];
}
