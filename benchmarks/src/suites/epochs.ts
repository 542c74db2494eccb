import { RandomStreams } from '@agentmmrec/core';
import { bipartiteAdjacency } from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';
import { buildModel, ModelOptimizer, models } from '@agentmmrec/models';
import { TripleSampler } from '@agentmmrec/training';
import { lightgcnEpochWork } from '../kernelWork.js';
import { seededInteractions } from '../sizes.js';
import type { BenchmarkCase, Suite } from '../suite.js';

/** Steps that are run of an epoch; its time is that of drawing it and of all steps at their pace. */
const STEPS = 3;
const LARGEST = 10_000_000;

/**
 * How an epoch of LightGCN grows with the edges at eight interactions a user: with batches of 2,048, each of which passes over the whole
 * graph, and with sixteen steps whatever the edges (`--preset fast`).
 */
export const epochs: Suite = {
  name: 'epochs',
  byDefault: false,
  perSize: false,
  *cases(device): Generator<BenchmarkCase> {
    for (const steps of [16, null]) {
      for (const edges of [100_000, 1_000_000, LARGEST]) yield epoch(device, edges, steps);
    }
  },
};

function epoch(device: Device, edges: number, steps: number | null): BenchmarkCase {
  const [users, items] = [Math.round(edges / 8), Math.round(edges / 13)];
  const train = seededInteractions({ users, items, interactions: edges });
  const batch = steps === null ? 2048 : Math.max(2048, Math.ceil(edges / steps));
  const random = new RandomStreams(4);
  const data = { users, items, train, features: [], knowledge: null };
  const model = buildModel(models.lightgcn, { data, device, random }, {});
  const optimizer = new ModelOptimizer(device, model, { learningRate: 1e-3 });
  const sampler = new TripleSampler(device, train, { batchSize: batch });
  const shape = { d: 64, layers: 2, batch, positives: sampler.count };
  return {
    name: `LightGCN epoch, ${edges} interactions, ${sampler.steps} steps of ${batch}`,
    bytes: 0,
    flops: 0,
    rounds: 1,
    work: (rates) => lightgcnEpochWork(rates, bipartiteAdjacency(train, 'symmetric'), shape),
    scaling: {
      of: steps === null ? 'epochs of batches of 2,048' : `epochs of ${steps} steps`,
      axis: 'edges',
      at: edges,
    },
    run: () => {
      const began = performance.now();
      sampler.startEpoch(0, random);
      const drawn = performance.now();
      const counted = Math.min(STEPS, sampler.steps);
      for (let step = 0; step < counted; step++) optimizer.step(sampler.batch(step));
      return (drawn - began + ((performance.now() - drawn) / counted) * sampler.steps) / 1000;
    },
    release: () => {
      sampler.release();
      optimizer.release();
      model.release();
    },
    peers: [],
  };
}
