import { bipartiteAdjacency } from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';
import { inDeviceMemory, seededMatrix } from '../inputs.js';
import { pairsWork, rankingWork, spmmWork } from '../kernelWork.js';
import { seededInteractions } from '../sizes.js';
import type { BenchmarkCase, Suite } from '../suite.js';

/** How the time of the kernels grows with edges, nodes, width and k: one thing changes at a time. */
export const scaling: Suite = {
  name: 'scaling',
  byDefault: false,
  perSize: false,
  *cases(device): Generator<BenchmarkCase> {
    for (const edges of [125_000, 250_000, 500_000, 1_000_000]) {
      yield propagation(device, { nodes: 60_000, edges, d: 64 }, 'edges', edges);
    }
    for (const nodes of [15_000, 60_000, 240_000, 960_000]) {
      yield propagation(device, { nodes, edges: 500_000, d: 64 }, 'nodes', nodes);
    }
    for (const d of [16, 32, 64, 128, 256]) {
      yield propagation(device, { nodes: 60_000, edges: 250_000, d }, 'width', d);
    }
    for (const n of [2_000, 4_000, 8_000, 16_000]) yield pairs(device, { n, d: 64, k: 10 }, 'rows', n);
    for (const d of [64, 256, 1024]) yield pairs(device, { n: 4_000, d, k: 10 }, 'width', d);
    for (const k of [5, 10, 20, 50]) yield pairs(device, { n: 8_000, d: 64, k }, 'k', k);
    for (const k of [10, 20, 50, 100]) yield ranking(device, { users: 8_000, items: 16_000, d: 64, k }, 'k', k);
  },
};

function propagation(
  device: Device,
  { nodes, edges, d }: { nodes: number; edges: number; d: number },
  axis: string,
  at: number,
): BenchmarkCase {
  const users = Math.round(0.6 * nodes);
  const graph = bipartiteAdjacency(
    seededInteractions({ users, items: nodes - users, interactions: Math.max(edges / 2, 3.05 * users) }),
    'symmetric',
  );
  const a = device.uploadCsr(graph);
  const x = inDeviceMemory(device, seededMatrix('scaling', graph.cols, d).data);
  const out = device.floats(graph.rows * d);
  const count = graph.indices.length;
  return {
    name: `spmm ${graph.rows} nodes, ${count} edges, d=${d}`,
    bytes: count * (4 * d + 8) + graph.rows * 4 * d,
    flops: 2 * count * d,
    work: (rates) => [spmmWork(rates, graph, d)],
    scaling: { of: 'propagation', axis, at: axis === 'edges' ? count : at },
    run: () => device.kernels.spmm({ out, a, x, d }),
    release: () => releaseAll(device, [x, out]),
    peers: [],
  };
}

function pairs(
  device: Device,
  { n, d, k }: { n: number; d: number; k: number },
  axis: string,
  at: number,
): BenchmarkCase {
  const keys = inDeviceMemory(device, seededMatrix('scaling pairs', n, d).data);
  const [indices, scores] = [device.ints(n * k), device.floats(n * k)];
  return {
    name: `cosine top-${k} of ${n} x ${d}`,
    bytes: 4 * n * d,
    flops: n * n * d,
    work: () => [pairsWork(n, d, k)],
    scaling: { of: 'neighbour search', axis, at },
    run: () => device.kernels.cosineTopK({ indices, scores, queries: keys, keys, d, k }),
    release: () => releaseAll(device, [keys, indices, scores]),
    peers: [],
  };
}

function ranking(
  device: Device,
  { users, items, d, k }: { users: number; items: number; d: number; k: number },
  axis: string,
  at: number,
): BenchmarkCase {
  const rows = inDeviceMemory(device, seededMatrix('scaling users', users, d).data);
  const columns = inDeviceMemory(device, seededMatrix('scaling items', items, d).data);
  const [indices, scores] = [device.ints(users * k), device.floats(users * k)];
  const [maskOffsets, maskIndices] = [device.ints(users + 1), device.upload(new Int32Array(0))];
  const call = { indices, scores, users: rows, items: columns, maskOffsets, maskIndices, d, k };
  return {
    name: `rank ${users} x ${items}, top-${k}, d=${d}`,
    bytes: 4 * d * (users + items),
    flops: 2 * users * items * d,
    work: () => [rankingWork(users, items, d, k)],
    scaling: { of: 'ranking', axis, at },
    run: () => device.kernels.rankTopK(call),
    release: () => releaseAll(device, [rows, columns, indices, scores, maskOffsets, maskIndices]),
    peers: [],
  };
}

function releaseAll(device: Device, memory: readonly Parameters<Device['release']>[0][]): void {
  for (const one of memory) device.release(one);
}
