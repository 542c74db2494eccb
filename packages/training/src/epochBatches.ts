import type { RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import type { Device, Recorder } from '@agentmmrec/kernels';
import type { BuiltModel, UserBatch } from '@agentmmrec/models';
import { type CountedBatch, TripleSampler } from './sampler.js';
import type { TrainOptions } from './trainOptions.js';
import { UserSampler } from './userSampler.js';

/** A batch and the pass of the model that it belongs to. */
export interface EpochBatch {
  readonly pass: number;
  readonly batch: UserBatch;
}

/** The batches of an epoch: those of the model's first pass, then of the second, and so on. */
export class EpochBatches {
  readonly steps: number;
  /** by pass; passes over the same thing share one */
  private readonly samplers: readonly (TripleSampler | UserSampler)[];

  /**
   * @param call.train the pairs to train on: none of them is ever a negative
   * @throws AmrError input: see `TripleSampler`
   */
  constructor(call: {
    device: Device;
    model: BuiltModel;
    train: Interactions;
    /** the data set's own ids, for a refusal */
    userIds?: readonly string[] | undefined;
    batchSize: number;
    negatives: TrainOptions['negatives'];
  }) {
    const { device, model, train, userIds, batchSize, negatives } = call;
    const made = new Map<'triples' | 'users', TripleSampler | UserSampler>();
    const make = (over: 'triples' | 'users') =>
      over === 'triples'
        ? new TripleSampler(device, train, { batchSize, negatives, userIds })
        : new UserSampler(device, train.users, batchSize);
    this.samplers = model.passes.map(({ over }) => {
      const sampler = made.get(over) ?? make(over);
      made.set(over, sampler);
      return sampler;
    });
    this.steps = this.samplers.reduce((sum, { steps }) => sum + steps, 0);
  }

  /** Draws an epoch. */
  startEpoch(epoch: number, streams: RandomStreams): void {
    for (const sampler of new Set(this.samplers)) sampler.startEpoch(epoch, streams);
  }

  /**
   * The batch of a step of this epoch, and which of the model's passes it belongs to.
   * @param step 0 to `steps` - 1
   * @throws RangeError for another
   */
  at(step: number): EpochBatch {
    let first = 0;
    for (const [pass, sampler] of this.samplers.entries()) {
      if (step < first + sampler.steps) return { pass, batch: sampler.batch(step - first) };
      first += sampler.steps;
    }
    throw new RangeError(`step ${step} of ${this.steps}`);
  }

  /** Whether an epoch is one pass over triples with more than a rest of a batch: see `countedBatch`. */
  get canBeCounted(): boolean {
    const [only, ...others] = this.samplers;
    return others.length === 0 && only instanceof TripleSampler && only.steps > 1;
  }

  /** See `TripleSampler.countedBatch`. */
  countedBatch(recorder: Recorder): CountedBatch {
    const [only] = this.samplers;
    if (only instanceof TripleSampler) return only.countedBatch(recorder);
    throw new RangeError('no triples to count');
  }

  /** Gives the memory back; batches must not be used again. */
  release(): void {
    for (const sampler of new Set(this.samplers)) sampler.release();
  }
}
