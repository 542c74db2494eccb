import { AmrError, matrix, RandomStreams } from '@agentmmrec/core';
import { type Device, type Kernels, openDevice } from '@agentmmrec/kernels';
import { buildModel, findModel, type ModelName, ModelOptimizer, models } from '@agentmmrec/models';
import { describe, expect, test } from '@jest/globals';
import { TripleSampler } from './sampler.js';
import { checkerboard } from './testing/tinyModel.js';
import { trainModel } from './trainModel.js';

const { data, validation } = checkerboard(8, 20);
const image = matrix(data.items, 5);
image.data.forEach((_, i) => {
  image.data[i] = Math.sin(i);
});
const withFeatures = { ...data, features: [{ modality: 'image', matrix: image, synthetic: true }] };

/** The CPU, with a kernel that fails when `failAt` calls of kernels have been made; 0 for none. */
function failingDevice() {
  const cpu = openDevice('cpu', { threads: 1 });
  const calls = { made: 0, failAt: 0 };
  const run =
    (name: string, kernel: (call: never) => void) =>
    (call: never): void => {
      if (++calls.made === calls.failAt) {
        throw new AmrError({ what: name, got: 'a fault', expected: 'none', hint: 'none', kind: 'failed' });
      }
      kernel(call);
    };
  const kernels = Object.fromEntries(
    Object.entries<(call: never) => void>({ ...cpu.kernels }).map(([name, kernel]) => [name, run(name, kernel)]),
  ) as unknown as Kernels;
  const device: Device = Object.create(cpu, { kernels: { value: kernels } });
  const countFrom = (failAt: number) => Object.assign(calls, { made: 0, failAt });
  return { device, calls, countFrom };
}

function ready(name: ModelName) {
  const failing = failingDevice();
  const { device } = failing;
  const random = new RandomStreams(1);
  const model = buildModel(findModel(name), { data: withFeatures, device, random }, { dimensions: 4 });
  const optimizer = new ModelOptimizer(device, model, { learningRate: 0.01 });
  const sampler = new TripleSampler(device, data.train, { batchSize: 16 });
  sampler.startEpoch(0, random);
  const batch = sampler.batch(0);
  return { ...failing, step: () => optimizer.step(batch), model };
}

/** Models that train by steps; sweeps take nothing that outlives a call of a kernel. */
const names = (Object.keys(models) as ModelName[]).filter((name) => {
  const { device } = failingDevice();
  return !buildModel(findModel(name), { data: withFeatures, device, random: new RandomStreams(1) }).sweeps;
});

describe.each(names)('a step of %s that fails', (name) => {
  test('leaves neither memory nor part of a gradient, wherever it fails', () => {
    const { device, calls, countFrom, step, model } = ready(name);
    countFrom(0);
    step();
    const kernels = calls.made;
    const { usedBytes } = device.memory();
    expect(kernels).toBeGreaterThan(1);
    for (let failAt = 1; failAt <= kernels; failAt++) {
      countFrom(failAt);
      expect(step).toThrow('got a fault');
      expect([failAt, device.memory().usedBytes]).toEqual([failAt, usedBytes]);
      expect(Object.values(model.parameters).map(({ gradient }) => gradient)).toEqual(
        Object.values(model.parameters).map(() => null),
      );
    }
    countFrom(0);
    expect(Number.isFinite(step())).toBe(true);
  });
});

test('a training that fails, while it is set up or later, leaves no memory', async () => {
  const { device, calls, countFrom } = failingDevice();
  const run = (failAt: number) => {
    countFrom(failAt);
    const training = { epochs: 2, batchSize: 64 };
    return trainModel({ model: models.lightgcn, data, validation, device, seed: 1, training });
  };
  const result = await run(0);
  result.model.release();
  const kernels = calls.made;
  const { usedBytes } = device.memory();
  for (const failAt of [1, 2, 10, Math.floor(kernels / 2), kernels]) {
    await expect(run(failAt)).rejects.toThrow('got a fault');
    expect([failAt, device.memory().usedBytes]).toEqual([failAt, usedBytes]);
  }
});
