import { RandomStreams } from '@agentmmrec/core';
import { loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { buildModel, findModel, ModelOptimizer } from '@agentmmrec/models';
import { TripleSampler } from '@agentmmrec/training';
import { expect, test } from '@jest/globals';
import { LAUNCHES } from '../../benchmarks/src/cuda/predictions.js';
import { seededInteractions } from '../../benchmarks/src/sizes.js';
import { checkerboardData } from '../../packages/models/src/testing/checkerboard.js';

// Sizes at which everything happens that happens at full size: batches of 2,048, rows that are cut into pieces.
const train = seededInteractions({ users: 400, items: 200, interactions: 2400 });
const { counters } = loadEmulatedAddon();

test.each([
  ['lightgcn', { dimensions: 4 }],
  ['agentmmrec', { dimensions: 4, k: 3, hidden: 5 }],
] as const)('a step of %s takes as many launches as cuda/README.md says', (name, options) => {
  const device = openDevice('cuda-emulated');
  const random = new RandomStreams(1);
  const data = checkerboardData(openDevice('cpu'), train);
  const model = buildModel(findModel(name), { data, device, random }, options);
  const optimizer = new ModelOptimizer(device, model, { learningRate: 1e-3 });
  const sampler = new TripleSampler(device, train, train, 2048);
  sampler.startEpoch(0, random);
  optimizer.step(sampler.batch(0));
  const before = counters().launches;
  optimizer.step(sampler.batch(0));
  expect(counters().launches - before).toBe(LAUNCHES[name]);
});
