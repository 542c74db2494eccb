import { RandomStreams } from '@agentmmrec/core';
import type { CudaDevice } from '@agentmmrec/kernels';
import { buildModel, findModel, ModelOptimizer } from '@agentmmrec/models';
import { EpochBatches, EpochSteps } from '@agentmmrec/training';
import type { Size } from '../sizes.js';
import { CountingDevice } from './countingDevice.js';
import type { StepWidths } from './cudaCases.js';

const LAYERS = 2;

/** An epoch of LightGCN as training runs it, sampling and recording included, beside a torch loop. By the card's clock. */
export function measureEpoch(device: CudaDevice, { name, train }: Size, { d, batch }: StepWidths) {
  const random = new RandomStreams(7);
  const data = { users: train.users, items: train.items, train, features: [], knowledge: null };
  const options = { dimensions: d, layers: LAYERS };
  const model = buildModel(findModel('lightgcn'), { data, device, random }, options);
  const optimizer = new ModelOptimizer(device, model, { learningRate: 1e-3 });
  const call = { device, model, train, batchSize: batch, negatives: 'all' as const };
  const batches = new EpochBatches(call);
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
  const { bytes, flops } = countedStep(data, options, batch);
  const positives = train.itemIds.length;
  const { users, items } = data;
  return {
    task: {
      kernel: 'epoch of lightgcn',
      size: name,
      shape: `${batches.steps} steps of ${batch}, ${LAYERS} layers, ${d} wide`,
      bytes: bytes * batches.steps,
      leastBytes: bytes * batches.steps,
      flops: flops * batches.steps,
      copies: 1,
      isRecorded: device.recorder !== null,
      round: () => device.secondsOf(run),
      peers: [
        { operation: 'epoch', numbers: { users, items, positives, d, layers: LAYERS, batch }, name: 'torch loop' },
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
function countedStep(
  data: Parameters<typeof buildModel>[1]['data'],
  options: Readonly<Record<string, unknown>>,
  batch: number,
) {
  const device = new CountingDevice();
  const random = new RandomStreams(7);
  const model = buildModel(findModel('lightgcn'), { data, device, random }, options);
  const optimizer = new ModelOptimizer(device, model, { learningRate: 1e-3 });
  const batches = new EpochBatches({
    device,
    model,
    train: data.train,
    batchSize: batch,
    negatives: 'all',
  });
  batches.startEpoch(0, random);
  device.calls.length = 0;
  optimizer.step(batches.at(0).batch);
  const sum = (of: 'bytes' | 'flops') => device.calls.reduce((total, call) => total + call[of], 0);
  return { bytes: sum('bytes'), flops: sum('flops') };
}
