import { AmrError, type RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { type Device, type DeviceCsr, type Ints, type Recorder, Unrecordable } from '@agentmmrec/kernels';
import type { Batch } from '@agentmmrec/models';
import { type TrainOptions, trainingOptions } from './trainOptions.js';

/** A batch in memory of its own. */
export interface CountedBatch {
  readonly batch: Batch;
  /** Fills it with the batch of the step where the clock ([1]) stands. */
  take(clock: Ints): void;
}

/** How the triples of an epoch are drawn. */
export interface TripleSamplerOptions {
  readonly batchSize: number;
  /** `trained`: drawn from the items that somebody has alone, for data that hold items back; default: from all */
  readonly negatives?: TrainOptions['negatives'];
  /** the data set's own ids, for a refusal */
  readonly userIds?: readonly string[] | undefined;
}

/**
 * Training triples of an epoch: every positive once, in an order drawn from the stream ('positives', epoch), each with one
 * item drawn uniformly from those outside the user's training items (of all, or of those that somebody has), from the stream ('negatives', epoch). An epoch is a
 * function of seed and epoch alone, so that any step of it can be made again.
 */
export class TripleSampler {
  readonly count: number;
  readonly steps: number;
  private readonly batchSize: number;
  /** of the pairs in the order of the data */
  private readonly pairs: { readonly users: Ints; readonly items: Ints };
  /** of this epoch, in its order; null before the first one */
  private epoch: { readonly users: Ints; readonly positives: Ints; readonly negatives: Ints } | null = null;
  private readonly train: DeviceCsr;
  /** items that negatives are drawn from, ascending; null: all */
  private readonly pool: Ints | null;
  private readonly items: number;

  /**
   * @param interactions what to train on: each once, and none of them is ever a negative
   * @throws AmrError input: no positives; a user who has every item, for whom there is no negative
   */
  constructor(
    private readonly device: Device,
    interactions: Interactions,
    { batchSize, negatives = trainingOptions.negatives.default, userIds }: TripleSamplerOptions,
  ) {
    const { offsets, itemIds } = interactions;
    this.batchSize = batchSize;
    const pool = negatives === 'all' ? null : trainedItems(interactions);
    this.items = pool?.length ?? interactions.items;
    checkPairs(interactions, this.items, userIds);
    this.count = itemIds.length;
    this.steps = Math.ceil(this.count / batchSize);
    const users = new Int32Array(this.count);
    for (let user = 0; user < interactions.users; user++) users.fill(user, offsets[user], offsets[user + 1]);
    this.pairs = { users: device.upload(users), items: device.upload(itemIds) };
    this.pool = pool && device.upload(pool);
    this.train = device.uploadCsr({
      rows: interactions.users,
      cols: this.items,
      offsets,
      indices: pool === null ? itemIds : placesIn(pool, interactions),
      values: null,
    });
  }

  /** Draws the triples of an epoch; batches of the one before are overwritten. */
  startEpoch(epoch: number, streams: RandomStreams): void {
    this.releaseEpoch();
    this.epoch = this.device.reclaimOnFailure(() => this.draw(epoch, streams));
  }

  private draw(epoch: number, streams: RandomStreams): NonNullable<TripleSampler['epoch']> {
    const { device, pairs, pool } = this;
    const order = device.shuffledIds(this.count, streams.stream('positives', epoch));
    const [users, positives] = [pairs.users, pairs.items].map((of) => device.gatherIds(of, order, 1));
    device.release(order);
    const drawn = device.ints(this.count, 'any');
    const { k0, k1 } = streams.stream('negatives', epoch).key;
    device.kernels.sampleNegatives({
      negatives: drawn,
      userIds: users,
      train: this.train,
      items: this.items,
      key0: k0,
      key1: k1,
      first: 0,
    });
    const negatives = pool === null ? drawn : device.gatherIds(pool, drawn, 1);
    if (negatives !== drawn) device.release(drawn);
    return { users, positives, negatives };
  }

  /** The triples of one step: views that stay valid until the next epoch. The last batch holds what is left. */
  batch(step: number): Batch {
    const start = step * this.batchSize;
    const end = Math.min(start + this.batchSize, this.count);
    const { users, positives, negatives } = this.drawn;
    return {
      users: users.subarray(start, end),
      positives: positives.subarray(start, end),
      negatives: negatives.subarray(start, end),
      size: end - start,
      step,
    };
  }

  /** A whole batch for steps that the device counts. The caller releases its three arrays. */
  countedBatch(recorder: Recorder): CountedBatch {
    const [users, positives, negatives] = Array.from({ length: 3 }, () => this.device.ints(this.batchSize));
    const { drawn } = this;
    const tables = [drawn.users, drawn.positives, drawn.negatives];
    const batch: Batch = {
      users,
      positives,
      negatives,
      size: this.batchSize,
      get step(): number {
        throw new Unrecordable('what differs from step to step of an epoch');
      },
    };
    return { batch, take: (clock) => recorder.sliceIds([users, positives, negatives], tables, clock) };
  }

  /** Gives the memory back; the sampler and its batches must not be used again. */
  release(): void {
    const { offsets, indices } = this.train;
    this.releaseEpoch();
    for (const memory of [this.pairs.users, this.pairs.items, offsets, indices]) this.device.release(memory);
    if (this.pool) this.device.release(this.pool);
  }

  private get drawn(): NonNullable<TripleSampler['epoch']> {
    if (!this.epoch) throw new RangeError('a batch before the epoch was drawn');
    return this.epoch;
  }

  private releaseEpoch(): void {
    if (this.epoch) for (const memory of Object.values(this.epoch)) this.device.release(memory);
    this.epoch = null;
  }
}

/** The items that somebody has, ascending. */
function trainedItems(train: Interactions): Int32Array {
  return Int32Array.from(new Set(train.itemIds)).sort();
}

/** The items of training as places in the pool: ascending ids stay ascending. */
function placesIn(pool: Int32Array, train: Interactions): Int32Array {
  const places = new Int32Array(train.items);
  pool.forEach((item, place) => {
    places[item] = place;
  });
  return train.itemIds.map((item) => places[item]);
}

function checkPairs({ users, offsets, itemIds }: Interactions, items: number, userIds?: readonly string[]): void {
  if (itemIds.length === 0) {
    throw new AmrError({
      what: 'training interactions',
      got: 'none',
      expected: 'at least one',
      hint: 'check the split of the data set with agentmmrec data stats',
    });
  }
  for (let user = 0; user < users; user++) {
    const owned = offsets[user + 1] - offsets[user];
    if (owned === 0 || owned < items) continue;
    throw new AmrError({
      what: `training interactions of user ${userIds?.[user] ?? user}`,
      got: `all ${items} items`,
      expected: 'at least one item the user does not have, to draw negatives from',
      hint: 'leave that user out of the data set',
    });
  }
}
