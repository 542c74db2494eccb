import type { Model } from '@agentmmrec/models';

/** Products of two rows that a validation costs for each user: its earlier list, and the share of users who are ranked whole. */
const listProducts = 33;
const rankedShare = 0.08;
/** Products of two rows that a triple of a step over rows costs, with its part of Adam. */
const tripleProducts = { adam: 300, 'lazy-adam': 200 } as const;
/** Rankings that an epoch has to be worth to be followed by one; the first of a run, which is whole, comes on top of them. */
const rankingsAnEpoch = 10;
/** A quarter of the usual patience: beyond it too little is seen of where a run turns. */
const longest = 5;

/**
 * Epochs from one validation to the next where nobody says: 1, but for models whose epochs cost less than ranking everyone as many as
 * keep validation under a fifth of the training. Counted and not timed, so that equal runs are equal on any machine and resumed
 * anywhere. Counts: docs/measurements.md#validation.
 * @param size.users whom validation is measured on  @param size.items ranked for each of them
 */
export function usualEvaluateEvery(
  model: Pick<Model, 'rowSteps'>,
  optimizer: 'adam' | 'lazy-adam',
  size: { readonly positives: number; readonly users: number; readonly items: number },
): number {
  if (!model.rowSteps) return 1;
  const validation = size.users * (listProducts + rankedShare * size.items);
  const epoch = size.positives * tripleProducts[optimizer];
  return Math.max(1, Math.min(longest, Math.ceil((rankingsAnEpoch * validation) / epoch)));
}
