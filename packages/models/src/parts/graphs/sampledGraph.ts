import { type SparseMatrix, type Tape, uploadSparse } from '@agentmmrec/autograd';
import type { Interactions } from '@agentmmrec/datasets';
import { bipartiteAdjacency, sampleEdges } from '@agentmmrec/graphs';
import type { PartContext } from '../../contract/model.js';
import { propagationGraph } from './propagation.js';

/** The symmetric user-item graph, of which training sees a new sample of edges each epoch. */
export interface SampledGraph {
  /** [users + items, users + items]: in training steps the sample, in ranking all edges */
  over(tape: Tape): SparseMatrix;
  /** [users + items, users + items]: what training steps of this epoch see */
  inTraining(): SparseMatrix;
  /** [users + items, users + items]: all edges */
  readonly whole: SparseMatrix;
  /** Draws the sample of an epoch: for `Recommender.beforeEpoch`. */
  beforeEpoch(epoch: number): void;
}

/**
 * Degree-sensitive edge dropping (Zhou and Shen 2023, "A Tale of Two Graphs", eq. 7-9): a part 1 - dropout of the edges, drawn without
 * replacement with probabilities proportional to 1 / sqrt(|N(u)| |N(i)|), and normalised by the degrees that are left.
 */
export function sampledGraph(context: PartContext, dropout: number): SampledGraph {
  const { random } = context;
  return epochGraph(context, dropout, (interactions, part, epoch) =>
    sampleInteractions(interactions, part, random.stream('edges', epoch)),
  );
}

/** A graph of which training sees in each epoch what `choose` keeps, a part 1 - dropout of the training interactions. */
export function epochGraph(
  context: PartContext,
  dropout: number,
  choose: (interactions: Interactions, part: number, epoch: number) => Interactions,
): SampledGraph {
  const { device, data } = context;
  const graph = propagationGraph(context, 'symmetric');
  let sample: SparseMatrix | null = null;
  const inTraining = () => sample ?? graph;
  return {
    over: (tape) => (tape.recording ? inTraining() : graph),
    inTraining,
    whole: graph,
    beforeEpoch: (epoch) => {
      if (dropout === 0) return;
      const kept = choose(data.train, 1 - dropout, epoch);
      sample = uploadSparse(device, bipartiteAdjacency(kept, 'symmetric'), { symmetric: true });
    },
  };
}

/**
 * A part of the interactions, those of users and items with few of them rather kept.
 * @param worth [items] multiplies the weights of an item's interactions; default: all alike
 */
export function sampleInteractions(
  interactions: Interactions,
  part: number,
  stream: Parameters<typeof sampleEdges>[2],
  worth?: ArrayLike<number>,
): Interactions {
  const count = keptCount(interactions, part);
  return onlyEdges(interactions, sampleEdges(edgeWeights(interactions, worth), count, stream));
}

/** As `sampleInteractions`, of the interactions with the largest weights; of equal ones the first. */
export function heaviestInteractions(interactions: Interactions, part: number, worth: ArrayLike<number>): Interactions {
  const weights = edgeWeights(interactions, worth);
  const order = Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || a - b);
  return onlyEdges(interactions, Int32Array.from(order.slice(0, keptCount(interactions, part))).sort());
}

function keptCount({ itemIds }: Interactions, part: number): number {
  return Math.floor(itemIds.length * part);
}

/** 1 / sqrt(|N(u)| |N(i)|), times what the item is worth. */
function edgeWeights({ users, items, offsets, itemIds }: Interactions, worth?: ArrayLike<number>): Float64Array {
  const popularity = new Int32Array(items);
  for (const item of itemIds) popularity[item]++;
  const weights = new Float64Array(itemIds.length);
  for (let user = 0; user < users; user++) {
    const degree = offsets[user + 1] - offsets[user];
    for (let e = offsets[user]; e < offsets[user + 1]; e++) {
      weights[e] = (worth?.[itemIds[e]] ?? 1) / Math.sqrt(degree * popularity[itemIds[e]]);
    }
  }
  return weights;
}

/** @param kept places of edges, ascending */
function onlyEdges({ users, items, offsets, itemIds }: Interactions, kept: Int32Array): Interactions {
  const keptOffsets = new Int32Array(users + 1);
  for (let user = 0, at = 0; user < users; user++) {
    while (at < kept.length && kept[at] < offsets[user + 1]) at++;
    keptOffsets[user + 1] = at;
  }
  return { users, items, offsets: keptOffsets, itemIds: kept.map((e) => itemIds[e]) };
}
