import { RandomStreams } from '@agentmmrec/core';
import type { CudaDevice } from '@agentmmrec/kernels';
import { buildModel, findModel, type ModelData, ModelOptimizer } from '@agentmmrec/models';
import { EpochBatches, EpochSteps } from '@agentmmrec/training';
import type { Size } from '../sizes.js';
import { CountingDevice } from './countingDevice.js';
import type { StepWidths } from './cudaCases.js';
import {
  EPOCH_MODELS,
  type EpochModel,
  epochData,
  NEIGHBOURS,
  repeatedValues,
  sizeOnly,
  trueWidths,
} from './epochModels.js';

/** An epoch of a model as training runs it, sampling and recording included, beside a torch loop. By the card's clock. */
export function measureEpoch(name: EpochModel, device: CudaDevice, { name: size, train }: Size, widths: StepWidths) {
  const { d, batch, features, hidden } = widths;
  const random = new RandomStreams(7);
  const content = { image: features, text: Math.min(features, trueWidths.text) };
  const { layers, ...own } = EPOCH_MODELS[name];
  const options = { ...own, layers, dimensions: d, ...(name === 'agentmmrec' && { hidden }) };
  const data = epochData(name, train, content, repeatedValues);
  const model = buildModel(findModel(name), { data, device, random }, options);
  const optimizer = new ModelOptimizer(device, model, { learningRate: 1e-3 });
  const batches = new EpochBatches({ device, model, train, batchSize: batch, negatives: 'all' });
  let epoch = 0;
  const run = () => {
    batches.startEpoch(epoch, random);
    const steps = new EpochSteps(device, optimizer, batches, 0, null);
    for (let step = 0; step < batches.steps; step++) steps.run(step, random.within(epoch, step));
    steps.takeLosses();
    steps.release();
    epoch++;
  };
  run();
  const step = countedStep(name, epochData(name, train, content, sizeOnly), options, batch);
  const { users, items } = data;
  const sizes = { users, items, positives: train.itemIds.length, d, layers, batch };
  return {
    task: {
      kernel: `epoch of ${name}`,
      size,
      shape: `${batches.steps} steps of ${batch}, ${layers} layers, ${d} wide`,
      bytes: step.bytes * batches.steps,
      leastBytes: step.leastBytes * batches.steps,
      flops: step.flops * batches.steps,
      copies: 1,
      isRecorded: device.recorder !== null,
      round: () => device.secondsOf(run),
      peers: [
        {
          operation: name,
          numbers: { ...sizes, ...(name === 'agentmmrec' && { hidden, ...content, k: NEIGHBOURS }) },
          name: 'torch loop',
        },
      ],
    },
    release: () => {
      batches.release();
      optimizer.release();
      model.release();
    },
  };
}

/** What a step moves and computes by the kernels' own counts. */
function countedStep(name: EpochModel, data: ModelData, options: Readonly<Record<string, unknown>>, batch: number) {
  const device = new CountingDevice();
  const random = new RandomStreams(7);
  const model = buildModel(findModel(name), { data, device, random }, options);
  const optimizer = new ModelOptimizer(device, model, { learningRate: 1e-3 });
  const batches = new EpochBatches({ device, model, train: data.train, batchSize: batch, negatives: 'all' });
  batches.startEpoch(0, random);
  device.calls.length = 0;
  optimizer.step(batches.at(0).batch);
  const sum = (of: 'bytes' | 'leastBytes' | 'flops') => device.calls.reduce((total, call) => total + call[of], 0);
  return { bytes: sum('bytes'), leastBytes: sum('leastBytes'), flops: sum('flops') };
}
