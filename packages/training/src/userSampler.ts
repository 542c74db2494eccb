import type { RandomStreams } from '@agentmmrec/core';
import type { Device, Ints } from '@agentmmrec/kernels';
import type { UserBatch } from '@agentmmrec/models';

/** All users once an epoch, in an order drawn from the stream ('users', epoch): for models that learn from whole rows. */
export class UserSampler {
  readonly steps: number;
  private users: Ints | null = null;

  constructor(
    private readonly device: Device,
    private readonly count: number,
    private readonly batchSize: number,
  ) {
    this.steps = Math.ceil(count / batchSize);
  }

  /** Draws the order of an epoch; batches of the one before are overwritten. */
  startEpoch(epoch: number, streams: RandomStreams): void {
    this.release();
    this.users = this.device.shuffledIds(this.count, streams.stream('users', epoch));
  }

  /** The users of one step: a view that stays valid until the next epoch. The last batch holds what is left. */
  batch(step: number): UserBatch {
    const start = step * this.batchSize;
    const end = Math.min(start + this.batchSize, this.count);
    if (!this.users) throw new RangeError('a batch before the epoch was drawn');
    return { users: this.users.subarray(start, end), size: end - start };
  }

  /** Gives the memory back; batches must not be used again. */
  release(): void {
    if (this.users) this.device.release(this.users);
    this.users = null;
  }
}
