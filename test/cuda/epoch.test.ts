import { RandomStreams } from '@agentmmrec/core';
import { loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { buildModel, findModel, ModelOptimizer } from '@agentmmrec/models';
import { EpochBatches, EpochSteps } from '@agentmmrec/training';
import { expect, test } from '@jest/globals';
import { seededInteractions } from '../../benchmarks/src/sizes.js';
import { checkerboardData } from '../../packages/models/src/testing/checkerboard.js';

// What an epoch costs besides its kernels: counted on the emulated card, for two sizes of data.

const { counters } = loadEmulatedAddon();
const BATCH = 32;

/** Counts of the second epoch: of drawing it, and of its steps. */
function costs(model: 'lightgcn' | 'agentmmrec', interactions: number, negatives: 'all' | 'trained') {
  const device = openDevice('cuda-emulated');
  const train = seededInteractions({ users: 80, items: 60, interactions });
  const random = new RandomStreams(1);
  const data = checkerboardData(openDevice('cpu'), train);
  const options = model === 'lightgcn' ? { dimensions: 4 } : { dimensions: 4, hidden: 5 };
  const built = buildModel(findModel(model), { data, device, random }, options);
  const optimizer = new ModelOptimizer(device, built, { learningRate: 1e-3 });
  const batches = new EpochBatches({ device, model: built, train, batchSize: BATCH, negatives });
  const epoch = (at: number) => {
    const begun = counters();
    batches.startEpoch(at, random);
    const drawn = counters();
    const steps = new EpochSteps(device, optimizer, batches, 0, null);
    for (let step = 0; step < batches.steps; step++) steps.run(step, random.within(at, step));
    expect(steps.takeLosses()).toHaveLength(batches.steps);
    steps.release();
    const ended = counters();
    const between = (from: Record<string, number>, to: Record<string, number>) => {
      const change = (name: string) => to[name] - from[name];
      return {
        copiesToDevice: change('copiesToDevice'),
        bytesToDevice: change('bytesToDevice'),
        copiesToHost: change('copiesToHost'),
        bytesToHost: change('bytesToHost'),
        waits: change('synchronisations'),
        launched: change('launches'),
        graphs: change('graphLaunches'),
      };
    };
    return { draw: between(begun, drawn), train: between(drawn, ended), steps: batches.steps };
  };
  epoch(0);
  return epoch(1);
}

test.each([
  ['lightgcn', 'all'],
  ['lightgcn', 'trained'],
  ['agentmmrec', 'all'],
] as const)(
  'an epoch of %s (negatives from %s): drawn on the card, two clocks up, one copy of losses down',
  (model, negatives) => {
    const [small, large] = [costs(model, 5 * BATCH, negatives), costs(model, 16 * BATCH, negatives)];
    const silent = { copiesToDevice: 0, bytesToDevice: 0, copiesToHost: 0, bytesToHost: 0, waits: 0, graphs: 0 };
    for (const { draw } of [small, large]) expect(draw).toEqual({ ...silent, launched: draw.launched });
    for (const { train, steps } of [small, large]) {
      expect(train).toMatchObject({ copiesToDevice: 2, bytesToDevice: 8, copiesToHost: 1, graphs: steps - 1 });
      expect(train.bytesToHost % (4 * steps)).toBe(0);
      expect(train.bytesToHost).toBeLessThanOrEqual(8 * steps);
    }
    expect(large.steps).toBeGreaterThan(2 * small.steps);
    expect(large.train.waits).toBe(small.train.waits);
  },
);
