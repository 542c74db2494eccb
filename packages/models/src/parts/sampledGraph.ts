import { type SparseMatrix, type Tape, uploadSparse } from '@agentmmrec/autograd';
import type { Interactions } from '@agentmmrec/datasets';
import { bipartiteAdjacency, sampleEdges } from '@agentmmrec/graphs';
import type { PartContext } from '../contract/model.js';
import type { Edges } from '../contract/trainingEdges.js';
import { propagationGraph } from './propagation.js';

/** The symmetric user-item graph, of which training sees a new sample of edges each epoch. */
export interface SampledGraph {
  /** [users + items, users + items]: in training steps the sample, in ranking all edges */
  over(tape: Tape, edges: Edges): SparseMatrix;
  /** Draws the sample of an epoch: for `Recommender.beforeEpoch`. */
  beforeEpoch(epoch: number): void;
}

/**
 * Degree-sensitive edge dropping (Zhou and Shen 2023, "A Tale of Two Graphs", eq. 7-9): a part 1 - dropout of the edges, drawn without
 * replacement with probabilities proportional to 1 / sqrt(|N(u)| |N(i)|), and normalised by the degrees that are left.
 */
export function sampledGraph(context: PartContext, dropout: number): SampledGraph {
  const { device, edges, random } = context;
  const graph = propagationGraph(context, 'symmetric');
  let sample: SparseMatrix | null = null;
  edges.derive(() => {
    sample = null; // of other edges than training sees now
  });
  return {
    over: (tape, which) => (tape.recording && sample) || graph(which),
    beforeEpoch: (epoch) => {
      if (dropout === 0) return;
      const kept = sampleInteractions(edges.of('training'), 1 - dropout, random.stream('edges', epoch));
      sample = uploadSparse(device, bipartiteAdjacency(kept, 'symmetric'), { symmetric: true });
    },
  };
}

/** A part of the interactions, those of users and items with few of them rather kept. */
export function sampleInteractions(
  interactions: Interactions,
  part: number,
  stream: Parameters<typeof sampleEdges>[2],
): Interactions {
  const { users, items, offsets, itemIds } = interactions;
  const popularity = new Int32Array(items);
  for (const item of itemIds) popularity[item]++;
  const weights = new Float64Array(itemIds.length);
  for (let user = 0; user < users; user++) {
    const degree = offsets[user + 1] - offsets[user];
    for (let e = offsets[user]; e < offsets[user + 1]; e++) weights[e] = 1 / Math.sqrt(degree * popularity[itemIds[e]]);
  }
  const kept = sampleEdges(weights, Math.floor(itemIds.length * part), stream);
  const keptOffsets = new Int32Array(users + 1);
  for (let user = 0, at = 0; user < users; user++) {
    while (at < kept.length && kept[at] < offsets[user + 1]) at++;
    keptOffsets[user + 1] = at;
  }
  return { users, items, offsets: keptOffsets, itemIds: kept.map((e) => itemIds[e]) };
}
