import { RandomStreams, silentLog } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { openDevice } from '@agentmmrec/kernels';
import { buildModel, findModel, learningRateOf, ModelOptimizer } from '@agentmmrec/models';
import { TripleSampler } from '@agentmmrec/training';

/**
 * Training steps of a model on one thread: processor seconds of each, and peak memory. Beside it stands `peers/referenceEpochs.py`,
 * which does the same to the library a model comes from; processor seconds, because others may be busy on the machine.
 *
 *   node benchmarks/dist/publishedSteps.js freedom ../shared/data/tiktok 5 '{"dropout": 0.8}'
 */
const BATCH = 2048;
const [name = '', data = '', steps = '5', options = '{}'] = process.argv.slice(2);

const device = openDevice('cpu', { threads: 1 });
const dataset = await loadDataset(data, { workspace: '.agentmmrec', splitSeed: 999, log: silentLog });
const { training } = dataset;
const given = JSON.parse(options) as Record<string, unknown>;
const definition = findModel(name);
const random = new RandomStreams(999);
const model = buildModel(definition, { data: { ...training, knowledge: null }, device, random }, given);
const optimizer = new ModelOptimizer(device, model, { learningRate: learningRateOf(definition, given) });
const sampler = new TripleSampler(device, training.train, { batchSize: BATCH });

/** Processor seconds of this process so far. */
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

let begin = spent();
model.beforeEpoch(0);
optimizer.startEpoch(0);
sampler.startEpoch(0, random);
const beforeEpoch = spent() - begin;
const seconds: number[] = [];
for (let step = 0; step < Number(steps); step++) {
  begin = spent();
  optimizer.step(sampler.batch(step), random.within(0, step));
  seconds.push(spent() - begin);
}
const peakRssBytes = process.resourceUsage().maxRSS * 1024;
const { description } = device;
process.stdout.write(
  `${JSON.stringify({ model: name, steps: seconds, beforeEpoch, stepsPerEpoch: sampler.steps, peakRssBytes, device: description })}\n`,
);
