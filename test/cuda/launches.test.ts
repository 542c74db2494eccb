import { RandomStreams } from '@agentmmrec/core';
import { type CudaDevice, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { buildModel, findModel, ModelOptimizer } from '@agentmmrec/models';
import { EpochBatches, EpochSteps } from '@agentmmrec/training';
import { expect, test } from '@jest/globals';
import { LAUNCHES } from '../../benchmarks/src/cuda/predictions.js';
import { seededInteractions } from '../../benchmarks/src/sizes.js';
import { checkerboardData } from '../../packages/models/src/testing/checkerboard.js';

// Sizes at which everything happens that happens at full size: batches of 2,048, rows that are cut into pieces.
const BATCH = 2048;
const train = seededInteractions({ users: 1200, items: 400, interactions: 4 * BATCH });
const { counters } = loadEmulatedAddon();

test.each([
  ['lightgcn', { dimensions: 4 }],
  ['agentmmrec', { dimensions: 4, hidden: 5 }],
] as const)('a step of %s is one launch of as many kernels as cuda/predictions.md says', (name, options) => {
  const device = openDevice('cuda-emulated') as CudaDevice;
  const random = new RandomStreams(1);
  const data = checkerboardData(openDevice('cpu'), train);
  const model = buildModel(findModel(name), { data, device, random }, options);
  const optimizer = new ModelOptimizer(device, model, { learningRate: 1e-3 });
  const call = { device, model, train, batchSize: BATCH, negatives: 'all' as const };
  const batches = new EpochBatches(call);
  batches.startEpoch(0, random);
  const steps = new EpochSteps(device, optimizer, batches, 0, null);
  const [launch, record, repeat] = [0, 1, 2].map((step) => () => steps.run(step, random.within(0, step)));
  launch();
  record();
  const [before, moved] = [counters(), device.usage()];
  repeat();
  const after = counters();
  expect(after.graphLaunches - before.graphLaunches).toBe(1);
  expect(after.launches - before.launches).toBe(LAUNCHES[name]);
  expect(device.usage()).toEqual(moved); // nothing crossed the bus, no memory was taken
  expect(steps.takeLosses()).toHaveLength(3);
});
