import { choice, integer, type OptionValues, optional, readOptions, real } from '@agentmmrec/core';

/** How every model is trained, as the command line asks for it (docs/method.md#recommender). */
export const trainingOptions = {
  epochs: integer(1000, {
    min: 1,
    help: 'epochs at most; training stops earlier where validation does not get better',
  }),
  patience: integer(20, { min: 1, help: 'evaluations without a better validation Recall@20 before stopping' }),
  batchSize: integer(2048, { min: 1, help: 'triples an optimiser step' }),
  learningRate: optional({
    type: 'real',
    min: 1e-9,
    max: 10,
    help: "learning rate of Adam; default: the model's own, which is 0.001 for most",
  }),
  negatives: choice(
    'all',
    ['all', 'trained'],
    'what the other item of a triple is drawn from: all items, or those with training interactions',
  ),
} as const;

/** What a caller may choose besides. */
const runOptions = {
  ...trainingOptions,
  selection: choice(
    'validation',
    ['validation', 'none'],
    'validation: evaluate each epoch, stop early, end with the best parameters; none: train all epochs, end with the last ' +
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
