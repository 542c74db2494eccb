import { RandomStreams } from '@agentmmrec/core';
import { bipartiteAdjacency } from '@agentmmrec/graphs';
import {
  type CudaDevice,
  type Device,
  type DeviceChoice,
  type Floats,
  type Ints,
  loadEmulatedAddon,
  openDevice,
  type StepInputs,
  specs,
} from '@agentmmrec/kernels';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkerboard } from '../../packages/models/src/testing/checkerboard.js';

/** Which arrays that cards could share by columns they do share, in the order in which a call takes them. */
type Layout = (nth: number) => boolean;
const LAYOUTS: Readonly<Record<string, Layout>> = {
  all: () => true,
  none: () => false,
  'every other': (nth) => nth % 2 === 0,
  'the others': (nth) => nth % 2 === 1,
};

const { counters } = loadEmulatedAddon();
const train = checkerboard(12, 1);
const graph = bipartiteAdjacency(train, 'symmetric');
const WIDTHS = { d: 64, wide: 128, batch: 32, features: 96, hidden: 64 };

/** Seeded arrays of a small step on the device; `table` says which of them are taken as tables. */
function stepOn(device: Device, kernel: string, isTable: Layout): StepInputs {
  const stream = new RandomStreams(3).stream(`values for ${kernel}`);
  let taken = 0;
  const floats = (length: number, draw: () => number): Floats => {
    const memory = isTable(taken++) ? device.table(1, length) : device.floats(length);
    device.write(
      memory,
      Float32Array.from({ length }, () => draw()),
    );
    return memory;
  };
  const { users, items, offsets, itemIds: indices } = train;
  return {
    ...WIDTHS,
    bfloatPanel: device.bfloatPanel,
    users,
    items,
    nodes: graph.rows,
    graph: { ...graph, nnz: graph.indices.length },
    a: device.uploadCsr(graph),
    train: { rows: users, cols: items, nnz: indices.length, offsets, indices, values: null },
    floats: (length) => floats(length, () => stream.uniform() - 0.5),
    zeros: (length) => floats(length, () => 0),
    ints: (length) => device.ints(length),
    ids: (length, bound) => device.upload(Int32Array.from({ length }, () => stream.integer(bound))),
    upload: (ids) => device.upload(ids),
    uploadCsr: (csr) => device.uploadCsr(csr),
    read: (ids: Ints) => device.read(ids),
    segments: (ids) => {
      const { order, segmentOffsets, segmentIds } = device.sortIds([{ ids }]);
      return { order, segmentOffsets, segmentIds };
    },
  };
}

const bytesOf = (device: Device, memory: unknown) =>
  Buffer.from((device.read(memory as Floats) as Float32Array).slice().buffer).toString('base64');

/** What the outputs of a kernel's calls at the shapes of a step hold afterwards. */
function outputsOf(device: Device, name: string, isTable: Layout): string[] {
  const definition = specs.find((one) => one.name === name) as (typeof specs)[number];
  const calls = definition
    .typical(stepOn(device, name, isTable))
    .map(({ call }) => call as unknown as Record<string, unknown>);
  return calls.flatMap((call) => {
    (device.kernels[definition.name] as (given: unknown) => void)(call);
    return (definition.outputs as readonly string[]).flatMap((output) =>
      call[output] === undefined ? [] : [bytesOf(device, call[output])],
    );
  });
}

const one = openDevice('cuda-emulated') as CudaDevice;
/** Those that cards have; ids are sorted by the device itself. */
const names = specs.map(({ name }) => name).filter((name) => one.hasKernel(name) && name !== 'sortSegments');
let races = 0;
beforeAll(() => {
  races = counters().racesBetweenCards;
});
afterAll(() => {
  expect(counters().racesBetweenCards - races).toBe(0);
});

describe.each(['cuda-emulated:0,1', 'cuda-emulated:2,0,3,1'] as DeviceChoice[])('on %s', (choice) => {
  const cards = openDevice(choice);

  test.each(names)('%s has the bits of one card, whichever arrays are shared', (name) => {
    const expected = outputsOf(one, name, () => false);
    const used = cards.memory().usedBytes;
    const scope = cards.scope();
    for (const [layout, isTable] of Object.entries(LAYOUTS)) {
      expect({ layout, bits: scope.run(() => outputsOf(cards, name, isTable)) }).toEqual({ layout, bits: expected });
      scope.release();
    }
    expect(cards.memory().usedBytes).toBe(used);
  });

  test('transposed products and accumulating ones have the bits of one card too', () => {
    const [m, n, k] = [70, 128, 320];
    for (const transposes of [
      { transposeA: false, transposeB: false },
      { transposeA: true, transposeB: false },
      { transposeA: false, transposeB: true },
      { transposeA: true, transposeB: true },
    ]) {
      const product = (device: Device, isTable: Layout) => {
        const step = stepOn(device, 'products', isTable);
        const [out, a, b] = [m * n, m * k, k * n].map((length) => step.floats(length));
        device.kernels.gemm({ out, a, b, m, n, k, ...transposes, alpha: 0.5, beta: 0.25 });
        return bytesOf(device, out);
      };
      const expected = product(one, () => false);
      for (const isTable of Object.values(LAYOUTS)) expect(product(cards, isTable)).toBe(expected);
    }
  });
});

test('a product over a long inner dimension is cut into the slices of one card', () => {
  const [m, n, k] = [64, 128, 4096];
  const product = (device: Device) => {
    const step = stepOn(device, 'slices', () => true);
    const [out, a, b] = [m * n, m * k, k * n].map((length) => step.floats(length));
    device.kernels.gemm({ out, a, b, m, n, k });
    return bytesOf(device, out);
  };
  const expected = product(one);
  expect(product(openDevice('cuda-emulated:0,1'))).toBe(expected);
  expect(product(openDevice('cuda-emulated:0,1,2,3'))).toBe(expected);
});
