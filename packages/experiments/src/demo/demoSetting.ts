/** Catalog seeds that options, graphs and the reasoner were developed on. No reported number comes from them. */
export const developmentSeeds = [1, 2, 3] as const;

/** Catalog seeds of the demo's table: never looked at while anything was chosen. A training seed of its own goes with each. */
export const evaluationSeeds = [101, 102, 103] as const;

/** One size and one way of training for every row, chosen on the development seeds' validation. */
export const demoTraining = { epochs: 200, patience: 10, batchSize: 1024, learningRate: 5e-3 } as const;

/** What LightGCN may choose from, on the validation split of each catalog. */
export const lightgcnGrid = { layers: [1, 2, 3], l2: [1e-4, 1e-3, 1e-2, 1e-1] } as const;

/** What VBPR may choose from there. */
export const vbprGrid = { l2: [1e-3, 1e-2, 1e-1, 1] } as const;

/** What AgentMMRec and the same without knowledge may choose from there, one option after the other: pairs are the default loss. */
export const agentmmrecGrid = { l2: [1e-3, 1e-2, 1e-1], loss: ['softmax'] } as const;
