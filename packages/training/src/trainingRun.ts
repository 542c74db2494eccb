import { AmrError, Breather, type Progress, RandomStreams, removeUnfinished, silentLog } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { type Evaluation, Evaluator, rankUsers, usersOf } from '@agentmmrec/evaluation';
import { type BuiltModel, buildModel, learningRateOf, ModelOptimizer, type Sweeps } from '@agentmmrec/models';
import {
  type Checkpoint,
  checkPosition,
  type EpochRecord,
  type RunIdentity,
  type RunPosition,
  writeCheckpoint,
} from './checkpoint.js';
import { EpochBatches } from './epochBatches.js';
import { EpochSteps } from './epochSteps.js';
import { endsPeriod, type FeedbackContext, type FeedbackHook, periodOf } from './hooks.js';
import { identityOf, savedRun } from './resume.js';
import { copyValues, currentValues, type ModelValues, restoreValues } from './tensorValues.js';
import { evaluateOnValidation, interruption, type TrainCall } from './trainCall.js';
import { type SettledOptions, settleOptions } from './trainOptions.js';
import { usualEvaluateEvery } from './validationSchedule.js';
import { someUsers } from './validationUsers.js';

const selectionMetric = 'recall@20';

/**
 * A run as a small machine: `position` says what comes next, and everything that later steps depend on is in `position`,
 * parameters, optimizer, model state, history and best values. A checkpoint is exactly that, so it can be taken between any
 * two steps and a resumed run cannot tell that it was interrupted.
 */
export class TrainingRun {
  readonly identity: RunIdentity;
  readonly model: BuiltModel;
  readonly history: EpochRecord[] = [];
  readonly feedbackReports: { period: number; report: unknown }[] = [];
  bestEpoch: number | null = null;
  private best: ModelValues | null = null;
  private position: RunPosition = startOf(0);
  private readonly options: SettledOptions & { readonly learningRate: number };
  /** what validation is measured on while training */
  private readonly validation: Interactions;
  private readonly streams: RandomStreams;
  private readonly optimizer: ModelOptimizer;
  private readonly breather = new Breather();
  private batches: EpochBatches | null = null;
  /** made when validation is first read */
  private evaluator: Evaluator | null = null;
  private steps: EpochSteps | null = null;
  /** why steps are not recorded on a device that could */
  private obstacle: string | null = null;
  private savedAt = performance.now();
  private trainedSeconds = 0;
  private trainedEpochs = 0;
  private validatedSeconds = 0;

  constructor(private readonly call: TrainCall) {
    const { model, data, device, seed } = call;
    const { options = {} } = call;
    const positives = data.train.itemIds.length;
    const validated = { positives, users: usersOf(call.validation).length, items: data.items };
    const training = settleOptions(model, options, call.training ?? {}, positives, (optimizer) =>
      usualEvaluateEvery(model, optimizer, validated),
    );
    this.options = { ...training, learningRate: training.learningRate ?? learningRateOf(model, options) };
    this.streams = new RandomStreams(seed);
    this.validation = someUsers(call.validation, training.validationUsers, this.streams.stream('validation users'));
    this.identity = identityOf(call, this.options);
    const saved = call.resume ? savedRun(call, this.identity) : null;
    this.model = buildModel(
      model,
      { data, device, random: this.streams, precision: this.identity.precision },
      call.options,
    );
    const lazy = training.optimizer === 'lazy-adam';
    this.optimizer = new ModelOptimizer(device, this.model, { learningRate: this.options.learningRate, lazy });
    if (saved) this.takeOver(saved);
  }

  /** Trains until the epochs are done or patience is at its end. */
  async train(): Promise<void> {
    const facts = { begun: this.position.epoch, mayEndEarly: true };
    const log = this.call.log ?? silentLog;
    const progress = log.progress(`training ${this.identity.model}`, this.options.epochs, facts);
    try {
      if (this.call.checkpointPath) removeUnfinished(this.call.checkpointPath);
      this.save();
      while (!this.isOver()) {
        if (this.position.stage === 'steps')
          await (this.model.sweeps ? this.sweep(this.model.sweeps, progress) : this.trainEpoch(progress));
        else if (this.position.stage === 'validation') this.finishEpoch();
        else await this.feedbackRound();
        if (this.position.stage === 'steps') this.saveWhenDue();
      }
      this.save();
    } finally {
      progress.end();
    }
  }

  /** Puts the parameters of the best epoch into the model, and measures them on all users of validation; null without selection. */
  restoreBest(): Evaluation | null {
    if (!this.best) return null;
    restoreValues(this.call.device, this.model, this.best);
    const sawAll = this.evaluator !== null && this.validation === this.call.validation;
    return sawAll ? this.evaluate() : evaluateOnValidation(this.call, this.model);
  }

  /** What a report says of the training besides the model's own remarks. */
  get remarks(): readonly string[] {
    return this.obstacle === null ? [] : [`steps were launched kernel by kernel, because they need ${this.obstacle}`];
  }

  get secondsPerEpoch(): number | null {
    return this.trainedEpochs === 0 ? null : this.trainedSeconds / this.trainedEpochs;
  }

  /** Says so where validation took more than a fifth as long as training, with what makes it a fifth. */
  sayWhatValidationTook(): void {
    const [trained, validated] = [this.trainedSeconds, this.validatedSeconds];
    if (trained + validated < 10 || validated <= trained / 5) return;
    const every = Math.ceil((5 * this.options.evaluateEvery * validated) / trained);
    this.call.log?.info(
      `validation took ${validated.toFixed(0)} s beside ${trained.toFixed(0)} s of training: --evaluate-every ${every} makes it a fifth`,
    );
  }

  /** Gives the optimizer's and the sampler's memory back; the model stays usable. */
  release(): void {
    this.optimizer.release();
    this.batches?.release();
    this.batches = null;
    this.evaluator?.release();
  }

  private isOver(): boolean {
    const { epoch, stage } = this.position;
    if (stage !== 'steps') return false;
    if (epoch >= Math.min(this.options.epochs, this.model.sweeps?.count ?? Number.POSITIVE_INFINITY)) return true;
    // between two validations nobody knows whether it got better
    if (this.bestEpoch === null || !this.history[epoch - 1]?.validation) return false;
    return epoch - 1 - lastGain(this.history, this.options.smoothing) >= this.options.patience;
  }

  private async trainEpoch(progress: Progress): Promise<void> {
    const { epoch, step: firstStep } = this.position;
    this.batches ??= this.makeBatches();
    const { batches } = this;
    let seconds = 0;
    let started = performance.now();
    this.model.beforeEpoch(epoch, firstStep > 0);
    this.optimizer.startEpoch(epoch);
    batches.startEpoch(epoch, this.streams);
    const steps = new EpochSteps(this.call.device, this.optimizer, batches, firstStep, this.obstacle);
    this.steps = steps;
    try {
      for (let step = firstStep; step < batches.steps; step++) {
        steps.run(step, this.streams.within(epoch, step));
        this.position = { ...this.position, step: step + 1 };
        if (step + 1 === batches.steps) this.addLosses();
        seconds += (performance.now() - started) / 1000;
        await this.breather.breathe();
        this.stopWhenAsked();
        progress.update(epoch + (step + 1) / batches.steps, this.remark());
        started = performance.now();
      }
    } finally {
      this.obstacle = steps.obstacle;
      this.steps = null;
      steps.release();
    }
    if (firstStep === 0) {
      this.trainedSeconds += seconds;
      this.trainedEpochs++;
    }
    this.position = { ...this.position, stage: 'validation' };
  }

  private makeBatches(): EpochBatches {
    const { device, data } = this.call;
    const { batchSize, negatives } = this.options;
    const call = { device, model: this.model, train: data.train, userIds: data.userIds, batchSize, negatives };
    return device.reclaimOnFailure(() => new EpochBatches(call));
  }

  /** An epoch of a model that trains by sweeps. An interrupted sweep is made again from where it began. */
  private async sweep({ sweep }: Sweeps, progress: Progress): Promise<void> {
    const { epoch } = this.position;
    this.save();
    const started = performance.now();
    this.model.beforeEpoch(epoch);
    const pieces = sweep(epoch);
    let piece = pieces.next();
    for (; !piece.done; piece = pieces.next()) {
      progress.update(epoch + piece.value, this.remark());
      await this.breather.breathe();
      if (this.call.signal?.aborted) throw interruption(this.call, epoch);
    }
    this.trainedSeconds += (performance.now() - started) / 1000;
    this.trainedEpochs++;
    this.position = { epoch, stage: 'validation', step: 1, lossSum: piece.value };
    await this.breather.breathe();
  }

  /** Validation, the best values so far, the record of the epoch. */
  private finishEpoch(): void {
    const { epoch, step, lossSum } = this.position;
    const loss = lossSum === null ? null : lossSum / step;
    if (loss !== null && !Number.isFinite(loss)) throw divergence(this.identity.model, epoch, loss);
    const { selection, epochs, evaluateEvery } = this.options;
    const isDue =
      (epoch + 1) % evaluateEvery === 0 || epoch + 1 === Math.min(epochs, this.model.sweeps?.count ?? epochs);
    const validation = selection === 'validation' && isDue ? this.validate() : null;
    const record = { epoch, loss, validation };
    this.history.push(record);
    if (validation && this.isBest(validation[selectionMetric])) {
      this.bestEpoch = epoch;
      this.best = copyValues(this.call.device, this.model);
    }
    const { feedback } = this.call;
    const roundIsDue = feedback && periodOf(feedback, epoch) !== null && endsPeriod(feedback, epoch);
    this.position = roundIsDue ? { ...this.position, stage: 'feedback' } : startOf(epoch + 1);
    this.call.onEpoch?.(record);
  }

  private validate(): EpochRecord['validation'] {
    const started = performance.now();
    const { metrics } = this.evaluate();
    this.validatedSeconds += (performance.now() - started) / 1000;
    return metrics;
  }

  private evaluate(): Evaluation {
    const { device, data } = this.call;
    this.evaluator ??= new Evaluator({ device, train: data.train, truth: this.validation, repeated: true });
    return this.evaluator.evaluate(this.model.ranking());
  }

  /** Brings the sum of losses up to the steps made; waits for the device. */
  private addLosses(): void {
    for (const loss of this.steps?.takeLosses() ?? []) {
      this.position = { ...this.position, lossSum: (this.position.lossSum ?? 0) + loss };
    }
  }

  private isBest(value: number): boolean {
    if (this.bestEpoch === null) return true;
    return value > (this.history[this.bestEpoch].validation?.[selectionMetric] ?? Number.NEGATIVE_INFINITY);
  }

  private async feedbackRound(): Promise<void> {
    const { epoch } = this.position;
    const { feedback } = this.call;
    this.save();
    this.stopWhenAsked();
    const period = periodOf(feedback, epoch);
    if (feedback && period !== null)
      this.feedbackReports.push({ period, report: await this.endPeriod(feedback, period) });
    this.position = startOf(epoch + 1);
    this.save();
  }

  private async endPeriod(feedback: FeedbackHook, period: number): Promise<unknown> {
    const { device, signal } = this.call;
    const rank: FeedbackContext['rank'] = (userIds, mask, k) =>
      rankUsers({ device, ranking: this.model.ranking(), mask, userIds, k });
    try {
      return await feedback.endPeriod(period, { model: this.model, signal, rank });
    } catch (error) {
      // What the round changed in the model is not saved: the resumed run makes the round again from the state before it.
      if (signal?.aborted) throw interruption(this.call, this.position.epoch);
      throw error;
    }
  }

  private stopWhenAsked(): void {
    if (!this.call.signal?.aborted) return;
    this.save();
    throw interruption(this.call, this.position.epoch);
  }

  private saveWhenDue(): void {
    const due = performance.now() - this.savedAt >= this.options.checkpointEverySeconds * 1000;
    if (due) this.save();
  }

  private save(): void {
    if (!this.call.checkpointPath) return;
    this.addLosses();
    const { steps, buffers } = this.optimizer.state({ copied: false }); // written before anything moves
    writeCheckpoint(this.call.checkpointPath, {
      identity: this.identity,
      device: this.call.device.name,
      position: this.position,
      history: this.history,
      feedbackReports: this.feedbackReports,
      bestEpoch: this.bestEpoch,
      optimizerSteps: steps,
      ...currentValues(this.call.device, this.model),
      optimizer: buffers,
      bestParameters: this.best?.parameters ?? {},
      bestState: this.best?.state ?? {},
    });
    this.savedAt = performance.now();
  }

  private takeOver(saved: Checkpoint): void {
    checkPosition(this.call.checkpointPath ?? 'given', saved);
    restoreValues(this.call.device, this.model, saved);
    this.optimizer.load({ steps: saved.optimizerSteps, buffers: saved.optimizer });
    this.history.push(...saved.history);
    this.feedbackReports.push(...saved.feedbackReports);
    this.position = saved.position;
    this.bestEpoch = saved.bestEpoch;
    if (saved.bestEpoch !== null) this.best = { parameters: saved.bestParameters, state: saved.bestState };
  }

  /** The best validation value so far, short enough to stand beside a bar. */
  private remark(): string {
    if (this.bestEpoch === null) return '';
    const best = this.history[this.bestEpoch].validation?.[selectionMetric];
    return `best ${best?.toFixed(4)} in epoch ${this.bestEpoch + 1}`;
  }
}

/** The epoch at which the mean of so many validations was the highest. */
function lastGain(history: readonly EpochRecord[], count: number): number {
  const values: number[] = [];
  let [best, at] = [Number.NEGATIVE_INFINITY, 0];
  for (const { epoch, validation } of history) {
    if (!validation) continue;
    values.push(validation[selectionMetric]);
    const last = values.slice(-count);
    const mean = last.reduce((sum, value) => sum + value, 0) / last.length;
    if (mean > best) [best, at] = [mean, epoch];
  }
  return at;
}

function startOf(epoch: number): RunPosition {
  return { epoch, stage: 'steps', step: 0, lossSum: 0 };
}

function divergence(model: string, epoch: number, loss: number): AmrError {
  return new AmrError({
    what: `training ${model}, epoch ${epoch + 1}`,
    got: `a mean loss of ${loss}`,
    expected: 'a finite number',
    hint: 'lower --learning-rate, and look for huge values in the features with agentmmrec data stats',
    kind: 'failed',
  });
}
