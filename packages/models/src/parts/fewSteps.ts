/**
 * How a model whose steps pass over the whole graph is trained in less time: a step for a sixteenth of the edges, so that an epoch costs
 * as many passes however large the data are, and validation every three epochs on at most 10,000 users, stopped by a mean of three
 * (docs/measurements.md#fast-training).
 */
export const fewSteps = {
  stepsPerEpoch: 16,
  evaluateEvery: 3,
  validationUsers: 10_000,
  smoothing: 3,
  patience: 20,
} as const;
