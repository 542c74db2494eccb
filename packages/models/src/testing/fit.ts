import { RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import type { Device } from '@agentmmrec/kernels';
import { type BuiltModel, ModelOptimizer } from '../index.js';
import { epochBatch } from './checkerboard.js';

/** Trains with one batch an epoch (or by the model's sweeps) and returns the loss of each epoch, 0 where there is none. */
export function fit(
  model: BuiltModel,
  call: { device: Device; train: Interactions; epochs: number; learningRate?: number },
): number[] {
  const { device, train, epochs, learningRate = 0.05 } = call;
  const optimizer = new ModelOptimizer(device, model, { learningRate });
  const random = new RandomStreams(2);
  const stream = random.stream('batches');
  const losses = Array.from({ length: epochs }, (_, epoch) => {
    model.beforeEpoch(epoch);
    optimizer.startEpoch(epoch);
    if (model.sweeps) return epoch < model.sweeps.count ? finish(model.sweeps.sweep(epoch)) : 0;
    return model.passes.reduce((sum, { over }, pass) => {
      const triples = epochBatch(device, train, stream);
      const batch = over === 'triples' ? triples : everybody(device, train);
      return sum + optimizer.step(batch, random.within(epoch, pass), pass);
    }, 0);
  });
  optimizer.release();
  return losses;
}

function everybody(device: Device, { users }: Interactions) {
  return { users: device.upload(Int32Array.from({ length: users }, (_, user) => user)), size: users };
}

function finish(pieces: Generator<number, number | null>): number {
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return value ?? 0;
  }
}
