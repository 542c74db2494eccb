import { type Csr, RandomStreams } from '@agentmmrec/core';
import { CardGroup, type Device, type DeviceChoice, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { buildModel, findModel, type ModelName, ModelOptimizer } from '@agentmmrec/models';
import { trainModel } from '@agentmmrec/training';
import { describe, expect, test } from '@jest/globals';
import { checkerboard, checkerboardData, epochBatch } from '../../packages/models/src/testing/checkerboard.js';
import { representationsOf } from '../../packages/models/src/testing/scores.js';
import { ncclStub } from './support/cublasStub.js';
import { oneAnswerEach } from './support/trainingSteps.js';

const { counters } = loadEmulatedAddon();
const EPOCHS = 3;
/** Whole batches of an epoch, and the rest of one. */
const STEPS = 4;
const train = checkerboard(12, 1);

function group(...options: [DeviceChoice, Parameters<typeof openDevice>[1]?]): CardGroup {
  const device = openDevice(...options);
  if (!(device instanceof CardGroup)) throw new Error('not a group');
  return device;
}

const data = () => checkerboardData(openDevice('cpu'), train, { modalities: [], knowledge: false });

async function trained(model: ModelName, device: Device, options: Readonly<Record<string, unknown>>) {
  const result = await trainModel({
    model: findModel(model),
    options,
    data: {
      ...data(),
      name: 'checkerboard',
      fingerprint: 'checkerboard',
    },
    validation: oneAnswerEach(),
    device,
    seed: 3,
    training: { epochs: EPOCHS, batchSize: 16, learningRate: 0.05 },
  });
  const { embedding } = result.model.parameters;
  const { users, items } = representationsOf(result.model);
  return {
    losses: result.history.map(({ loss }) => loss),
    metrics: result.validation?.metrics,
    bits: [embedding.read(), device.read(users), device.read(items)].map((values) =>
      Buffer.from(values.slice().buffer),
    ),
  };
}

const LIGHTGCN = { dimensions: 64, layers: 3 };

test.each<[ModelName, Readonly<Record<string, unknown>>, DeviceChoice, boolean]>([
  ['lightgcn', LIGHTGCN, 'cuda-emulated:0,1', true],
  ['lightgcn', LIGHTGCN, 'cuda-emulated:3,1', false],
  ['lightgcn', LIGHTGCN, 'cuda-emulated:0,1,2,3', true],
  ['lightgcn', { dimensions: 128, layers: 1, l2: 0 }, 'cuda-emulated:0,1', true],
  ['bpr', { dimensions: 64 }, 'cuda-emulated:0,1', true],
  ['bpr', { dimensions: 256, l2: 0 }, 'cuda-emulated:1,0', false],
])('%s with %j has the bits of one card on %s, steps recorded: %s', async (model, options, cards, recordsWork) => {
  const one = await trained(model, openDevice('cuda-emulated'), options);
  const before = counters();
  const several = await trained(model, group(cards, { recordsWork }), options);
  expect(several).toEqual(one);
  expect(one.losses).toHaveLength(EPOCHS);
  expect(counters().bytesBetweenCards).toBeGreaterThan(before.bytesBetweenCards);
  expect(counters().racesBetweenCards - before.racesBetweenCards).toBe(0);
  const launches = counters().graphLaunches - before.graphLaunches;
  expect(launches).toBe(recordsWork ? EPOCHS * (STEPS - 2) : 0);
});

/** A row of 500 neighbours, rows of none to seven, and real weights. */
function withHub(n: number): Csr & { readonly values: Float32Array } {
  const random = new RandomStreams(4).stream('matrix');
  const counts = Array.from({ length: n }, (_, row) => (row === 3 ? 500 : row % 8));
  const offsets = Int32Array.from([0, ...counts]);
  for (let row = 0; row < n; row++) offsets[row + 1] += offsets[row];
  const row = (count: number) =>
    Int32Array.from(new Set(Array.from({ length: 4 * count }, () => Math.floor(random.uniform() * n))))
      .subarray(0, count)
      .sort();
  const indices = Int32Array.from(counts.flatMap((count) => [...row(count)]));
  return { rows: n, cols: n, offsets, indices, values: Float32Array.from(indices, () => random.normal()) };
}

describe('a column has the same bits however many lie beside it', () => {
  const n = 700;
  const a = withHub(n);
  const random = new RandomStreams(5).stream('table');
  const x = Float32Array.from({ length: n * 128 }, () => random.normal());
  const columns = (table: Float32Array, width: number) =>
    Float32Array.from({ length: n * 16 }, (_, i) => table[Math.floor(i / 16) * width + (i % 16)]);
  const multiplied = (device: Device, width: number) => {
    const out = device.table(n, width);
    const table = device.table(n, width);
    device.write(
      table,
      Float32Array.from({ length: n * width }, (_, i) => x[Math.floor(i / width) * 128 + (i % width)]),
    );
    device.kernels.spmm({ out, a: device.uploadCsr(a), x: table, d: width });
    return device.read(out);
  };
  const narrow = multiplied(openDevice('cuda-emulated'), 16);

  test.each([17, 32, 48, 64, 100, 128])('of %i', (width) => {
    expect(columns(multiplied(openDevice('cuda-emulated'), width), width)).toEqual(narrow);
  });

  test('on two cards that share them', () => {
    expect(columns(multiplied(group('cuda-emulated:0,1'), 64), 64)).toEqual(narrow);
  });
});

describe('a step between cards', () => {
  /** Bytes that arrive at cards, how often, and the bytes that a card has in use. */
  function counted(model: ModelName, device: CardGroup) {
    const built = buildModel(
      findModel(model),
      { data: data(), device, random: new RandomStreams(1) },
      { dimensions: 64 },
    );
    const optimizer = new ModelOptimizer(device, built, { learningRate: 0.01 });
    const batch = epochBatch(device, train, new RandomStreams(2).stream('batches'));
    optimizer.step(batch);
    const before = device.shared();
    optimizer.step(batch);
    const { bytes, times } = device.shared();
    const used = device.devices.map((one) => one.memory().usedBytes);
    return { batch: batch.size, bytes: bytes - before.bytes, times: times - before.times, used };
  }
  /** Sums of blocks of 16 of 64 columns, of 8 bytes each, go to all other cards. */
  const bytesOf = (rows: number, cards: number) => (rows * 64 * 8 * (cards - 1)) / 16;

  test.each([2, 4])('of lightgcn sends the margins and the lengths of rows, %i cards', (cards) => {
    const { batch, bytes, times } = counted(
      'lightgcn',
      group(cards === 2 ? 'cuda-emulated:0,1' : 'cuda-emulated:0,1,2,3'),
    );
    expect({ bytes, times }).toEqual({ bytes: bytesOf(4 * batch, cards), times: 2 });
  });

  test('of bpr sends the same in one', () => {
    const { batch, bytes, times } = counted('bpr', group('cuda-emulated:0,1'));
    expect({ bytes, times }).toEqual({ bytes: bytesOf(2 * batch, 2), times: 1 });
  });

  test('leaves half of the tables on each of two cards', () => {
    const { used } = counted('bpr', group('cuda-emulated:0,1'));
    const { used: quarters } = counted('bpr', group('cuda-emulated:0,1,2,3'));
    const rows = train.users + train.items;
    expect(used[0]).toBe(used[1]);
    // embedding and two moments; what else a card has does not depend on how many there are
    const less = 3 * rows * 16 * 4;
    expect(used[0] - quarters[0]).toBeGreaterThanOrEqual(less);
    expect(used[0] - quarters[0]).toBeLessThan(1.25 * less); // sizes are rounded up by at most a quarter
  });
});

describe('refused', () => {
  const build = (model: ModelName, options = {}) =>
    buildModel(
      findModel(model),
      { data: data(), device: group('cuda-emulated:0,1'), random: new RandomStreams(1) },
      options,
    );

  test('a model whose columns cards cannot share, in one sentence', () => {
    expect(() => build('ease')).toThrow(
      /^model ease: got 2 cards, expected one card: each of several would do all the work, .+ HINT: use --device cuda/,
    );
  });

  test('a width of which not every card gets whole blocks', () => {
    expect(() => build('lightgcn', { dimensions: 48 })).toThrow('got 48 on 2 cards, expected a multiple of 32');
  });

  test('another precision, a card that is not there, and lists that are none', () => {
    expect(() => group('cuda-emulated:0,1').kernelsIn('tf32')).toThrow('--precision: got tf32 on several cards');
    expect(() => group('cuda-emulated:0,9')).toThrow('device cuda:9: got a machine with the cards 0 to 3');
    expect(() => openDevice('cuda-emulated:9')).toThrow('device cuda:9');
    expect(() => openDevice('cuda-emulated:0,0')).toThrow('numbers of cards, each once');
    expect(() => openDevice('cuda-emulated:one')).toThrow('numbers of cards, each once');
  });

  test('a part of a row', () => {
    const table = group('cuda-emulated:0,1').table(4, 32);
    expect(() => table.subarray(0, 16)).toThrow('expected whole rows, or multiples of 32 elements');
  });
});

test('one card can be named', () => {
  const { description } = openDevice('cuda-emulated:2');
  expect(description).toBe(openDevice('cuda-emulated').description);
});

test('a card is used whichever another library of the process has made the current one', () => {
  const { setCurrentCard } = loadEmulatedAddon();
  const [one, several] = [openDevice('cuda-emulated:2'), group('cuda-emulated:0,1')];
  for (const device of [one, several]) {
    const [x, out] = [device.table(2, 32), device.table(2, 32)];
    setCurrentCard(3);
    device.write(
      x,
      Float32Array.from({ length: 64 }, (_, i) => i),
    );
    setCurrentCard(3);
    device.kernels.axpby({ out, x, alpha: 2, beta: 0 });
    setCurrentCard(3);
    expect(device.read(out)).toEqual(Float32Array.from({ length: 64 }, (_, i) => 2 * i));
  }
});

test('tables go up and come down whole', () => {
  const device = group('cuda-emulated:0,1,2');
  const values = Float32Array.from({ length: 5 * 96 }, (_, i) => i);
  const table = device.table(5, 96);
  device.write(table, values);
  expect(device.read(table)).toEqual(values);
  expect(device.read(table.subarray(96, 3 * 96))).toEqual(values.subarray(96, 3 * 96));
  expect(device.devices.map((one) => one.memory().usedBytes)).toEqual([640, 640, 640]);
});

test('a failing card leaves nothing behind on the others', () => {
  const device = group('cuda-emulated:0,1');
  const { failNext } = loadEmulatedAddon();
  const before = device.memory().usedBytes;
  failNext('cudaMalloc', 2, 2);
  failNext('cudaMalloc', 2, 2); // the second of the rest: once more, with the pool emptied
  try {
    expect(() => device.table(100, 64)).toThrow('device memory');
  } finally {
    failNext('', 0, 0);
  }
  expect(device.memory().usedBytes).toBe(before);
});

describe('NCCL', () => {
  test('carries the pieces where there is one, with the same bits', async () => {
    const nccl = ncclStub('nccl');
    try {
      const one = await trained('lightgcn', openDevice('cuda-emulated'), { dimensions: 64 });
      // the stub copies at once, so steps cannot be recorded with it
      const device = group('cuda-emulated:0,1', { ncclLibrary: nccl.library, recordsWork: false });
      expect(device.description).toContain('2 cards that share columns by NCCL 2.27.3');
      const before = counters().bytesBetweenCards;
      expect(await trained('lightgcn', device, { dimensions: 64 })).toEqual(one);
      expect(counters().bytesBetweenCards).toBe(before);
      expect(nccl.calls('broadcast').length).toBeGreaterThan(0);
      expect(nccl.calls('refused')).toEqual([]);
    } finally {
      nccl.remove();
    }
  });

  test('that does not start is done without, and the description says why', () => {
    const nccl = ncclStub('failing', 'INIT_STATUS=2');
    try {
      const { description } = group('cuda-emulated:0,1', { ncclLibrary: nccl.library });
      expect(description).toContain('copies from card to card because NCCL did not start (status 2)');
    } finally {
      nccl.remove();
    }
  });
});
