import type { SearchSpace } from '../search/ranges.js';

/** Catalog seeds that options, graphs and the reasoner were developed on. No reported number comes from them. */
export const developmentSeeds = [1, 2, 3] as const;

/** Catalog seeds of the demo's table: never looked at while anything was chosen. A training seed of its own goes with each. */
export const evaluationSeeds = [101, 102, 103] as const;

/** One size and one way of training for every row, chosen on the development seeds' validation. */
export const demoTraining = { epochs: 200, patience: 10, batchSize: 1024, learningRate: 5e-3 } as const;

/**
 * What the rows may choose from, on the validation split of each catalog: one option after the other, six runs a row. What an option
 * is by default counts among its values, for the one before it is tried with it.
 */
export const demoSpaces = {
  lightgcn: { layers: { values: [1, 2, 3] }, l2: { values: [1e-4, 1e-3, 1e-1] } },
  vbpr: { l2: { values: [1e-3, 1e-2, 1e-1, 1] }, learningRate: { values: [1e-3, 1e-2] } },
  agentmmrec: { l2: { values: [1e-3, 1e-2, 1e-1] }, loss: { values: ['softmax'] }, layers: { values: [2, 3] } },
} as const satisfies Readonly<Record<string, SearchSpace>>;
