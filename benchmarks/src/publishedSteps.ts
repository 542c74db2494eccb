import { parseArgs } from 'node:util';
import { RandomStreams, silentLog } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { openDevice } from '@agentmmrec/kernels';
import { buildModel, findModel, learningRateOf, ModelOptimizer } from '@agentmmrec/models';
import { EpochBatches } from '@agentmmrec/training';

/**
 * Training steps of a model on one thread: processor seconds of each, and peak memory. Beside it stands `peers/referenceEpochs.py`,
 * which does the same to the library a model comes from; processor seconds, because others may be busy on the machine.
 *
 *   node benchmarks/dist/publishedSteps.js --model freedom --data ../shared/data/tiktok --steps 5 --options '{"dropout": 0.8}'
 *   node benchmarks/dist/publishedSteps.js --model diffmm --data ../shared/data/clothing --features synthetic --batch 1024 --steps 2
 */
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: '' },
    data: { type: 'string', default: '' },
    features: { type: 'string' },
    steps: { type: 'string', default: '5' },
    batch: { type: 'string', default: '2048' },
    options: { type: 'string', default: '{}' },
  },
});

const device = openDevice('cpu', { threads: 1 });
const { training } = await loadDataset(values.data, {
  workspace: '.agentmmrec',
  splitSeed: 999,
  log: silentLog,
  ...(values.features && { features: values.features }),
});
const given = JSON.parse(values.options) as Record<string, unknown>;
const definition = findModel(values.model);
const random = new RandomStreams(999);
const model = buildModel(definition, { data: { ...training, knowledge: null }, device, random }, given);
const optimizer = new ModelOptimizer(device, model, { learningRate: learningRateOf(definition, given) });
const { train } = training;
const batches = new EpochBatches({ device, model, train, batchSize: Number(values.batch), negatives: 'all' });

/** Processor seconds of what `body` does. */
function spent(body: () => void): number {
  const begin = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
}

const peak = () => process.resourceUsage().maxRSS * 1024;

const beforeEpoch = spent(() => {
  model.beforeEpoch(0);
  optimizer.startEpoch(0);
  batches.startEpoch(0, random);
});
/** by pass: all steps of an epoch, those made, and the peak of the process after them */
const passes = model.passes.map(() => ({ stepsPerEpoch: 0, steps: [] as number[], peakRssBytes: 0 }));
for (let step = 0; step < batches.steps; step++) {
  const { pass, batch } = batches.at(step);
  const own = passes[pass];
  own.stepsPerEpoch++;
  if (own.steps.length === Number(values.steps)) continue;
  own.steps.push(spent(() => optimizer.step(batch, random.within(0, step), pass)));
  own.peakRssBytes = peak();
}
const ranking = spent(() => model.ranking());
const { description } = device;
process.stdout.write(
  `${JSON.stringify({ model: values.model, passes, beforeEpoch, ranking, peakRssBytes: peak(), device: description })}\n`,
);
