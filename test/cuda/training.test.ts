import { Adam } from '@agentmmrec/autograd';
import { RandomStreams } from '@agentmmrec/core';
import { CudaDevice, type Device, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { buildModel, models } from '@agentmmrec/models';
import { trainModel } from '@agentmmrec/training';
import { describe, expect, test } from '@jest/globals';
import { checkerboard, checkerboardData, epochBatch } from '../../packages/models/src/testing/checkerboard.js';
import { trainStep } from '../../packages/training/src/epochSteps.js';

const train = checkerboard(12, 1);
const small = { dimensions: 4, k: 3, hidden: 5 };
const STEPS = 3;

function build(name: keyof typeof models, device: Device) {
  const model = models[name];
  const options = Object.fromEntries(Object.entries(small).filter(([option]) => option in model.options));
  // The neighbour graphs are made on the CPU for both, so that a near-tie cannot give them different edges.
  const data = checkerboardData(openDevice('cpu'), train);
  return buildModel(model, { data, device, random: new RandomStreams(1) }, options);
}

function steps(name: keyof typeof models, device: Device) {
  const model = build(name, device);
  const adam = new Adam(model.parameters, { learningRate: 0.01 });
  const stream = new RandomStreams(2).stream('batches');
  const losses = Array.from({ length: STEPS }, () => trainStep(device, model, adam, epochBatch(device, train, stream)));
  const parameters = Object.entries(model.parameters).map(([key, tensor]) => [key, tensor.read()] as const);
  const { users, items } = model.represent();
  return {
    losses,
    arrays: [...parameters, ['users', device.read(users)] as const, ['items', device.read(items)] as const],
  };
}

describe.each(['lightgcn', 'vbpr', 'agentmmrec', 'bpr'] as const)('three steps of %s', (name) => {
  test.each([false, true])('equal the CPU’s, threads backwards: %s', (reverse) => {
    const { setReverseOrder } = loadEmulatedAddon();
    setReverseOrder(reverse);
    const [card, cpu] = [steps(name, openDevice('cuda-emulated')), steps(name, openDevice('cpu'))];
    setReverseOrder(false);
    card.losses.forEach((loss, step) => {
      expect(Math.abs(loss - cpu.losses[step])).toBeLessThan(1e-5);
    });
    cpu.arrays.forEach(([key, values], a) => {
      const found = card.arrays[a][1];
      // Adam divides a gradient by its own size: where both are rounding errors the step may differ by as much as the rate.
      const far = values.findIndex((value, i) => !(Math.abs(found[i] - value) <= 2e-4 + 1e-4 * Math.abs(value)));
      expect([key, far]).toEqual([key, -1]);
    });
  });

  test('a step reads back nothing but its loss, and memory does not grow', () => {
    const device = openDevice('cuda-emulated');
    if (!(device instanceof CudaDevice)) throw new Error('not a card');
    const model = build(name, device);
    const adam = new Adam(model.parameters, { learningRate: 0.01 });
    const batch = epochBatch(device, train, new RandomStreams(2).stream('batches'));
    trainStep(device, model, adam, batch);
    trainStep(device, model, adam, batch);
    const before = device.usage();
    for (let step = 0; step < STEPS; step++) trainStep(device, model, adam, batch);
    const after = device.usage();
    expect(after.copiesToHost - before.copiesToHost).toBeLessThanOrEqual(STEPS);
    expect(after.bytesToHost - before.bytesToHost).toBeLessThanOrEqual(STEPS * 64);
    expect(after.usedBytes).toBe(before.usedBytes);
    expect(after.peakBytes).toBe(before.peakBytes);
  });
});

test('a training run ends with the CPU’s metrics', async () => {
  const data = { ...checkerboardData(openDevice('cpu'), train), name: 'checkerboard', fingerprint: 'checkerboard' };
  const run = async (device: Device) =>
    trainModel({
      model: models.lightgcn,
      options: { dimensions: 8 },
      data,
      validation: oneAnswerEach(),
      device,
      seed: 3,
      training: { epochs: 6, batchSize: 32, learningRate: 0.05 },
    });
  const [card, cpu] = [await run(openDevice('cuda-emulated')), await run(openDevice('cpu'))];
  expect(card.epochs).toBe(cpu.epochs);
  expect(card.validation?.metrics).toEqual(cpu.validation?.metrics);
  card.history.forEach(({ loss }, epoch) => {
    expect(loss).toBeCloseTo(cpu.history[epoch].loss, 4);
  });
});

/** The item each user of the checkerboard lacks. */
function oneAnswerEach() {
  const offsets = Int32Array.from({ length: train.users + 1 }, (_, user) => Math.min(user, 12));
  return {
    users: train.users,
    items: train.items,
    offsets,
    itemIds: Int32Array.from({ length: 12 }, (_, item) => item),
  };
}
