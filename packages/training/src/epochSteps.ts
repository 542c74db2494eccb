import type { Adam } from '@agentmmrec/autograd';
import type { RandomStreams } from '@agentmmrec/core';
import {
  type Device,
  type Floats,
  type Ints,
  type RecordedWork,
  type Recorder,
  Unrecordable,
} from '@agentmmrec/kernels';
import type { Batch, ModelOptimizer } from '@agentmmrec/models';
import type { EpochBatches } from './epochBatches.js';

/** How often the host waits for the device, so that progress stays true: every so many steps. */
const STEPS_AHEAD = 64;

/**
 * The steps of an epoch. Where the device records work, the first whole batch is launched kernel by kernel, the second is recorded, and
 * from then on a step is one launch: which step it is, its batch, Adam's count and its loss are the device's. A rest of a batch is launched
 * kernel by kernel. Same kernels on same values: the same bits either way.
 *
 * A recording lives for one epoch, because what a model makes anew between epochs lies elsewhere.
 */
export class EpochSteps {
  private readonly counted: Counted | null;
  /** losses on the host that `takeLosses` has not handed out */
  private readonly losses: number[] = [];

  /**
   * @param firstStep where the epoch goes on
   * @param unrecordable why this run's steps were not to be recorded in an epoch before
   */
  constructor(
    device: Device,
    private readonly optimizer: ModelOptimizer,
    private readonly batches: EpochBatches,
    firstStep: number,
    private unrecordable: string | null,
  ) {
    const adam = optimizer.onlyOptimizer(0);
    const { recorder } = device;
    adam?.countBy(null);
    this.counted =
      recorder && adam && unrecordable === null && batches.steps - firstStep > 2 && batches.canBeCounted
        ? device.reclaimOnFailure(() => new Counted(device, recorder, adam, batches, firstStep))
        : null;
  }

  /** Why steps are not recorded, where they were to be. */
  get obstacle(): string | null {
    return this.unrecordable;
  }

  /** Launches a step; on a device that records, its loss is there later. */
  run(step: number, random: Pick<RandomStreams, 'stream'>): void {
    const { counted, optimizer } = this;
    if (!counted || this.unrecordable !== null) {
      const { batch, pass } = this.batches.at(step);
      this.losses.push(optimizer.step(batch, random, pass));
      return;
    }
    const { batch } = this.batches.at(step);
    const isWhole = batch.size === counted.batch.size;
    if (isWhole && counted.hasLaunched && !counted.work) this.record(counted);
    if (this.unrecordable !== null) this.run(step, random);
    else if (isWhole && counted.work) counted.repeat();
    else counted.launch((note) => optimizer.step(batch, random, 0, note));
    if (counted.pending === STEPS_AHEAD) this.losses.push(...counted.read());
  }

  /** The losses of the steps since the last call, in order; waits for the device. */
  takeLosses(): number[] {
    if (this.counted) this.losses.push(...this.counted.read());
    return this.losses.splice(0);
  }

  /** Gives the memory back. */
  release(): void {
    this.counted?.release();
  }

  private record(counted: Counted): void {
    try {
      counted.record((note) => this.optimizer.step(counted.batch, NO_DRAWS, 0, note));
    } catch (error) {
      if (!(error instanceof Unrecordable)) throw error;
      this.unrecordable = error.got;
      this.losses.push(...counted.read());
      counted.stop();
    }
  }
}

/** What a recorded step draws it would draw again each time. */
const NO_DRAWS: Pick<RandomStreams, 'stream'> = {
  stream: (name) => {
    throw new Unrecordable(`random numbers of each step (${name})`);
  },
};

type Note = (loss: Floats) => number;

/** Steps that the device counts. */
class Counted {
  readonly batch: Batch;
  work: RecordedWork | null = null;
  hasLaunched = false;
  /** the step in the epoch, and Adam's; [1] each */
  private readonly clocks: readonly [step: Ints, adam: Ints];
  private readonly take: (clock: Ints) => void;
  /** of all steps of the epoch */
  private losses: Floats | null = null;
  private parts = 0;
  private readFrom: number;
  private next: number;

  constructor(
    private readonly device: Device,
    private readonly recorder: Recorder,
    private readonly adam: Adam,
    private readonly batches: EpochBatches,
    firstStep: number,
  ) {
    this.clocks = [device.upload(Int32Array.of(firstStep)), device.upload(Int32Array.of(adam.stepsTaken))];
    const { batch, take } = batches.countedBatch(recorder);
    this.batch = batch;
    this.take = take;
    this.readFrom = firstStep;
    this.next = firstStep;
    adam.countBy(this.clocks[1]);
  }

  /** Steps whose loss was not read yet. */
  get pending(): number {
    return this.next - this.readFrom;
  }

  launch(step: (note: Note) => void): void {
    step((loss) => this.note(loss));
    this.next++;
    this.hasLaunched = true;
  }

  record(step: (note: Note) => void): void {
    const { adam } = this;
    const taken = adam.stepsTaken;
    adam.prepareRepeat();
    try {
      this.work = this.recorder.record(() => {
        this.take(this.clocks[0]);
        step((loss) => this.note(loss));
      });
    } finally {
      while (adam.stepsTaken > taken) adam.recorded();
    }
  }

  repeat(): void {
    this.adam.prepareRepeat();
    this.work?.run();
    this.adam.repeated();
    this.next++;
  }

  read(): number[] {
    const { losses, parts, readFrom, next } = this;
    this.readFrom = next;
    if (!losses || next === readFrom) return [];
    const values = this.device.read(losses.subarray(readFrom * parts, next * parts));
    return Array.from({ length: next - readFrom }, (_, step) =>
      values.subarray(step * parts, (step + 1) * parts).reduce((sum, part) => sum + part, 0),
    );
  }

  /** The host counts again. */
  stop(): void {
    this.adam.countBy(null);
  }

  release(): void {
    this.stop();
    this.work?.release();
    const { users, positives, negatives } = this.batch;
    for (const memory of [...this.clocks, users, positives, negatives]) this.device.release(memory);
    if (this.losses) this.device.release(this.losses);
  }

  /** Keeps a loss on the device, and counts. */
  private note(loss: Floats): number {
    this.parts ||= loss.length;
    this.losses ??= this.device.floats(this.batches.steps * this.parts);
    this.recorder.noteLoss(this.losses, loss, this.clocks);
    return 0;
  }
}
