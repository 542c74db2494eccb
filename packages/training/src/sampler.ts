import { AmrError, type RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { type Device, type DeviceCsr, type Ints, type Recorder, Unrecordable } from '@agentmmrec/kernels';
import type { Batch } from '@agentmmrec/models';
import type { TrainOptions } from './trainOptions.js';

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
  private readonly pairUsers: Int32Array;
  private readonly users: Ints;
  private readonly positives: Ints;
  private readonly negatives: Ints;
  private readonly train: DeviceCsr;
  /** items that negatives are drawn from, ascending; null: all */
  private readonly pool: Int32Array | null;
  private readonly items: number;

  /**
   * @param interactions what to train on: each once, and none of them is ever a negative
   * @throws AmrError input: no positives; a user who has every item, for whom there is no negative
   */
  constructor(
    private readonly device: Device,
    private readonly interactions: Interactions,
    { batchSize, negatives = 'all', userIds }: TripleSamplerOptions,
  ) {
    this.batchSize = batchSize;
    this.pool = negatives === 'all' ? null : trainedItems(interactions);
    this.items = this.pool?.length ?? interactions.items;
    checkPairs(interactions, this.items, userIds);
    this.count = interactions.itemIds.length;
    this.steps = Math.ceil(this.count / batchSize);
    this.pairUsers = new Int32Array(this.count);
    for (let user = 0; user < interactions.users; user++) {
      this.pairUsers.fill(user, interactions.offsets[user], interactions.offsets[user + 1]);
    }
    this.users = device.ints(this.count);
    this.positives = device.ints(this.count);
    this.negatives = device.ints(this.count);
    this.train = device.uploadCsr({
      rows: interactions.users,
      cols: this.items,
      offsets: interactions.offsets,
      indices: this.pool === null ? interactions.itemIds : placesIn(this.pool, interactions),
      values: null,
    });
  }

  /** Draws the triples of an epoch; batches of the one before are overwritten. */
  startEpoch(epoch: number, streams: RandomStreams): void {
    const order = new Int32Array(this.count);
    for (let pair = 0; pair < this.count; pair++) order[pair] = pair; // ten times as fast as from an iterator
    streams.stream('positives', epoch).shuffle(order);
    this.device.write(
      this.users,
      order.map((pair) => this.pairUsers[pair]),
    );
    this.device.write(
      this.positives,
      order.map((pair) => this.interactions.itemIds[pair]),
    );
    const { k0, k1 } = streams.stream('negatives', epoch).key;
    this.device.kernels.sampleNegatives({
      negatives: this.negatives,
      userIds: this.users,
      train: this.train,
      items: this.items,
      key0: k0,
      key1: k1,
      first: 0,
    });
    const { pool } = this;
    if (pool === null) return;
    this.device.write(
      this.negatives,
      this.device.read(this.negatives).map((place) => pool[place]),
    );
  }

  /** The triples of one step: views that stay valid until the next epoch. The last batch holds what is left. */
  batch(step: number): Batch {
    const start = step * this.batchSize;
    const end = Math.min(start + this.batchSize, this.count);
    return {
      users: this.users.subarray(start, end),
      positives: this.positives.subarray(start, end),
      negatives: this.negatives.subarray(start, end),
      size: end - start,
      step,
    };
  }

  /** A whole batch for steps that the device counts. The caller releases its three arrays. */
  countedBatch(recorder: Recorder): CountedBatch {
    const [users, positives, negatives] = Array.from({ length: 3 }, () => this.device.ints(this.batchSize));
    const tables = [this.users, this.positives, this.negatives];
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
    for (const memory of [this.users, this.positives, this.negatives, offsets, indices]) this.device.release(memory);
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
