import { RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { bipartiteAdjacency } from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';
import { buildModel, ModelOptimizer, models } from '@agentmmrec/models';
import { EpochBatches } from '@agentmmrec/training';
import { inDeviceMemory, seededMatrix } from '../inputs.js';
import { adamRowsWork, cachedShare, gemmWork, pairsWork, rankingWork, spmmWork, triplesWork } from '../kernelWork.js';
import type { Size } from '../sizes.js';
import type { BenchmarkCase, Suite } from '../suite.js';

const ONE = '1 thread';

/** How much faster the run's threads are than one: each case beside itself on one thread, the copy that bounds it first. */
export const threads: Suite = {
  name: 'threads',
  byDefault: false,
  async *cases(device, size, context): AsyncGenerator<BenchmarkCase> {
    const single = context.withThreads(1);
    if (!single || single === device) return;
    const beside = (run: (on: Device) => void) => ({
      run: () => run(device),
      others: [{ name: ONE, run: () => run(single) }],
      peers: [],
    });
    const { last } = (await context.ratesOf(device)).caches;
    const [from, to] = [device.floats(2 * last), device.floats(2 * last)];
    yield {
      name: `stream over ${(16 * last) / 2 ** 20} MiB (y = 2 x)`,
      bytes: 16 * last,
      flops: 2 * last,
      work: () => [{ streams: [{ busBytes: 24 * last, arrayBytes: 16 * last }] }],
      ...beside(({ kernels }) => kernels.axpby({ out: to, x: from, alpha: 2, beta: 0 })),
    };
    device.release(from);
    device.release(to);
    // what the copy gains from a second thread bounds a propagation whose rows come from memory
    const streamGain = lastRate(await context.ratesOf(single)) / lastRate(await context.ratesOf(device));
    const graph = bipartiteAdjacency(size.train, 'symmetric');
    const a = device.uploadCsr(graph);
    for (const { d, gain } of [
      { d: 64, gain: 1.8 },
      { d: 192, gain: 0.9 * streamGain },
    ]) {
      const x = inDeviceMemory(device, seededMatrix('threads', graph.cols, d).data);
      const out = device.floats(graph.rows * d);
      yield {
        name: `spmm ${size.name} d=${d}`,
        bytes: graph.indices.length * (4 * d + 8) + graph.rows * 4 * d,
        flops: 2 * graph.indices.length * d,
        work: (rates) => [spmmWork(rates, graph, d)],
        ...beside(({ kernels }) => kernels.spmm({ out, a, x, d })),
        targets: size.name === 'clothing' ? { [ONE]: gain } : {},
      };
    }
    yield neighbourSearch(device, size.train.items, beside, size.name === 'clothing');
    yield* products(device, size.train.items, beside);
    yield bprEpoch([device, single], size, beside);
  },
};

type Beside = (run: (on: Device) => void) => Pick<BenchmarkCase, 'run' | 'others' | 'peers'>;

function lastRate({ streams }: { streams: readonly { readonly seconds: number }[] }): number {
  return streams[streams.length - 1].seconds;
}

function neighbourSearch(device: Device, items: number, beside: Beside, held: boolean): BenchmarkCase {
  const [d, k] = [384, 10];
  const keys = inDeviceMemory(device, seededMatrix('threads keys', items, d).data);
  const [indices, scores] = [device.ints(items * k), device.floats(items * k)];
  return {
    name: `cosine top-${k} ${items} x ${d}`,
    bytes: 4 * items * d,
    flops: items * items * d,
    work: () => [pairsWork(items, d, k)],
    ...beside(({ kernels }) => kernels.cosineTopK({ indices, scores, queries: keys, keys, d, k })),
    targets: held ? { [ONE]: 1.8 } : {},
  };
}

/** An epoch as it is trained: drawn, sorted and stepped. */
function bprEpoch(devices: readonly Device[], { name, train }: Size, beside: Beside): BenchmarkCase {
  const { users, items } = train;
  const [d, batch] = [64, 2048];
  const trained = new Map(devices.map((device) => [device, epochsOf(device, train, batch)]));
  const steps = Math.ceil(train.itemIds.length / batch);
  const distinct = (rows: number, draws: number) => rows * (1 - Math.exp(-draws / rows));
  const touched = distinct(users, batch) + distinct(items, 2 * batch);
  return {
    name: `BPR epoch ${name} as trained d=${d}`,
    bytes: steps * touched * d * 4 * 8,
    flops: steps * ((users + items) * d * 13 + batch * d * 15),
    work: (rates) => [
      { sortedIds: 3 * batch * steps },
      ...adamRowsWork(steps * (users + items) * d, steps * touched * d, cachedShare(rates, 12 * (users + items) * d)),
      { ...triplesWork(batch, d, 1), times: steps },
    ],
    ...beside((device) => trained.get(device)?.()),
    targets: { [ONE]: 1.7 },
    bound:
      'What one thread does alone: the order of the positives, the runs of equal ids of each batch, and the way from kernel to kernel.',
  };
}

/** @returns what trains the next epoch */
function epochsOf(device: Device, train: Interactions, batchSize: number): () => void {
  const random = new RandomStreams(4);
  const { users, items } = train;
  const data = { users, items, train, features: [], knowledge: null };
  const model = buildModel(models.bpr, { data, device, random }, {});
  const optimizer = new ModelOptimizer(device, model, { learningRate: 1e-3 });
  const batches = new EpochBatches({ device, model, train, batchSize, negatives: 'all' });
  let epoch = 0;
  return () => {
    batches.startEpoch(epoch++, random);
    for (let step = 0; step < batches.steps; step++) optimizer.step(batches.at(step).batch, random);
  };
}

function* products(device: Device, items: number, beside: Beside): Generator<BenchmarkCase> {
  const [d, k, users] = [64, 50, 8192];
  const itemRows = inDeviceMemory(device, seededMatrix('threads items', items, d).data);
  const userRows = inDeviceMemory(device, seededMatrix('threads users', users, d).data);
  const [indices, scores] = [device.ints(users * k), device.floats(users * k)];
  const [maskOffsets, maskIndices] = [device.ints(users + 1), device.upload(new Int32Array(0))];
  const call = { indices, scores, users: userRows, items: itemRows, maskOffsets, maskIndices, d, k };
  yield {
    name: `rank ${users} x ${items} top-${k} d=${d}`,
    bytes: 4 * d * (users + items),
    flops: 2 * users * items * d,
    work: () => [rankingWork(users, items, d, k)],
    ...beside(({ kernels }) => kernels.rankTopK(call)),
  };
  const shape = { m: items, n: 256, k: 384 };
  const a = inDeviceMemory(device, seededMatrix('threads a', shape.m, shape.k).data);
  const b = inDeviceMemory(device, seededMatrix('threads b', shape.k, shape.n).data);
  const out = device.floats(shape.m * shape.n);
  yield {
    name: `gemm ${shape.m} x ${shape.k} x ${shape.n}`,
    bytes: 4 * (shape.m * shape.k + shape.k * shape.n + shape.m * shape.n),
    flops: 2 * shape.m * shape.n * shape.k,
    work: () => [gemmWork(shape.m, shape.n, shape.k)],
    ...beside(({ kernels }) => kernels.gemm({ out, a, b, ...shape })),
  };
}
