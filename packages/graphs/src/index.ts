export { type AdjacencyNorm, bipartiteAdjacency, interactionMatrix } from './bipartite.js';
export { type CoOccurrence, coOccurrence } from './coOccurrence.js';
export { coPurchaseGraph } from './coPurchaseGraph.js';
export { type CoPurchases, coPurchases } from './coPurchases.js';
export { withoutInteractions } from './folds.js';
export { modalityWeights } from './modalityWeights.js';
export { type NeighbourGraph, type NeighbourOptions, neighbourGraph } from './neighbourGraph.js';
export { checkNeighbours, type Orientation, orientNeighbours } from './orientation.js';
export { sampleEdges } from './sampleEdges.js';
