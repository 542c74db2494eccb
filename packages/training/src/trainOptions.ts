import { AmrError } from '@agentmmrec/core';

/** How a run is trained, besides the model's own options. The defaults are those of method.md section 4. */
export interface TrainOptions {
  /** at most, default 1000 */
  readonly epochs: number;
  /** evaluations in a row without a better validation Recall@20 before the run stops, default 20; Infinity = never */
  readonly patience: number;
  /** triples in an optimiser step, default 2048 */
  readonly batchSize: number;
  /** of Adam, default 1e-3 */
  readonly learningRate: number;
  /**
   * `validation` (default): evaluate each epoch, stop early, end with the best parameters. `none`: train all epochs, end with
   * the last parameters, and leave the validation split unread.
   */
  readonly selection: 'validation' | 'none';
  /** seconds between checkpoints, default 30; 0 = after every epoch */
  readonly checkpointEverySeconds: number;
}

const defaults: TrainOptions = {
  epochs: 1000,
  patience: 20,
  batchSize: 2048,
  learningRate: 1e-3,
  selection: 'validation',
  checkpointEverySeconds: 30,
};

/**
 * Fills the defaults and checks the bounds.
 * @throws AmrError input: a value out of bounds
 */
export function readTrainOptions(given: Partial<TrainOptions>): TrainOptions {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  const options: TrainOptions = { ...defaults, ...Object.fromEntries(present) };
  const { epochs, patience, batchSize, learningRate, checkpointEverySeconds } = options;
  requireOption('epochs', epochs, 'a whole number from 1', Number.isInteger(epochs) && epochs >= 1);
  const patient = patience === Number.POSITIVE_INFINITY || (Number.isInteger(patience) && patience >= 1);
  requireOption('patience', patience, 'a whole number from 1, or Infinity', patient);
  requireOption('batchSize', batchSize, 'a whole number from 1', Number.isInteger(batchSize) && batchSize >= 1);
  requireOption('learningRate', learningRate, 'a number above 0', learningRate > 0 && Number.isFinite(learningRate));
  requireOption('checkpointEverySeconds', checkpointEverySeconds, 'a number from 0', checkpointEverySeconds >= 0);
  return options;
}

function requireOption(name: string, got: number, expected: string, holds: boolean): void {
  if (holds) return;
  throw new AmrError({
    what: `training, option "${name}"`,
    got: String(got),
    expected,
    hint: 'see agentmmrec train --help',
  });
}
