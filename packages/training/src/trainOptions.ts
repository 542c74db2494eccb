import { choice, integer, type OptionValues, optional, readOptions, real } from '@agentmmrec/core';
import { PRECISIONS } from '@agentmmrec/kernels';
import { type Model, trainingOf } from '@agentmmrec/models';

const usualBatchSize = 2048;
const usualPatience = 20;

/** How every model is trained, as the command line asks for it (docs/method.md#recommender). */
export const trainingOptions = {
  epochs: integer(1000, {
    min: 1,
    help: 'epochs at most; training stops earlier where validation does not get better',
  }),
  patience: integer(usualPatience, { min: 1, help: 'epochs without a better validation Recall@20 before stopping' }),
  batchSize: integer(usualBatchSize, { min: 1, help: 'triples an optimiser step' }),
  stepsPerEpoch: optional({
    type: 'integer',
    min: 1,
    help: 'optimiser steps an epoch, whatever the data: batches of --batch-size or larger, so that an epoch grows with the edges and not with their square',
  }),
  learningRate: optional({
    type: 'real',
    min: 1e-9,
    max: 10,
    help: "learning rate of Adam; default: the model's own, which is 0.001 for most",
  }),
  optimizer: optional({
    type: 'choice',
    choices: ['adam', 'lazy-adam'],
    help: 'lazy-adam: rows of a table that a batch does not name keep their moments and stay (for models whose step names its rows, as bpr); default: adam',
  }),
  negatives: choice(
    'all',
    ['all', 'trained'],
    'what the other item of a triple is drawn from: all items, or those with training interactions',
  ),
  precision: optional({
    type: 'choice',
    choices: PRECISIONS,
    help: 'how products round what they multiply: tf32 (cards with cuBLAS), or bf16 (item features of AgentMMRec are also stored so; on the CPU their products, and propagation over graphs of sixteen entries a row or more); default: fp32',
  }),
  evaluateEvery: optional({
    type: 'integer',
    min: 1,
    help: 'epochs from one validation to the next; default: 1, for bpr up to 5, so that validation costs less than a fifth of training',
  }),
  validationUsers: optional({
    type: 'integer',
    min: 1,
    help: 'users that validation is measured on while training, drawn once; the kept epoch is measured on all; default: all',
  }),
  smoothing: optional({
    type: 'integer',
    min: 1,
    max: 100,
    help: 'validations whose mean has to get better for training to go on; default: 1',
  }),
} as const;

/** What a caller may choose besides. */
const runOptions = {
  ...trainingOptions,
  selection: choice(
    'validation',
    ['validation', 'none'],
    'validation: evaluate, stop early, end with the best parameters; none: train all epochs, end with the last ' +
      'parameters, and leave the validation split unread',
  ),
  checkpointEverySeconds: real(30, { min: 0, help: 'seconds between checkpoints; 0 = after every epoch' }),
} as const;

/** How a run is trained, besides the model's own options. */
export type TrainOptions = OptionValues<typeof runOptions>;

/**
 * Fills the defaults and checks the bounds.
 * @throws AmrError input: a value out of bounds
 */
export function readTrainOptions(given: Partial<TrainOptions>): TrainOptions {
  return readOptions('training', runOptions, given);
}

/** The options with nothing left open but the learning rate and the users: what was given, else the preset's, else the usual. */
export interface SettledOptions extends TrainOptions {
  readonly optimizer: 'adam' | 'lazy-adam';
  readonly evaluateEvery: number;
  readonly smoothing: number;
}

/**
 * @param positives pairs of an epoch
 * @param usualEvery epochs from one validation to the next where neither caller nor preset says, by the optimizer
 * @throws AmrError input: a value out of bounds
 */
export function settleOptions(
  model: Model,
  options: Readonly<Record<string, unknown>>,
  given: Partial<TrainOptions>,
  positives: number,
  usualEvery: (optimizer: SettledOptions['optimizer']) => number = () => 1,
): SettledOptions {
  const own = readTrainOptions(given);
  const preset = readTrainOptions(trainingOf(model, options));
  // a batch size of one's own is not overruled by a preset's steps
  const steps = own.stepsPerEpoch ?? (own.batchSize === usualBatchSize ? preset.stepsPerEpoch : null);
  const optimizer = own.optimizer ?? preset.optimizer ?? 'adam';
  return {
    ...own,
    patience: own.patience === usualPatience ? preset.patience : own.patience,
    batchSize: steps === null ? own.batchSize : Math.max(own.batchSize, Math.ceil(positives / steps)),
    optimizer,
    evaluateEvery: own.evaluateEvery ?? preset.evaluateEvery ?? usualEvery(optimizer),
    validationUsers: own.validationUsers ?? preset.validationUsers,
    smoothing: own.smoothing ?? preset.smoothing ?? 1,
  };
}
