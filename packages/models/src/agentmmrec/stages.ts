import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Represented } from '../contract/data.js';
import type { Stage, Stages } from '../contract/recommender.js';
import type { Convolution } from '../parts/graphs/convolution.js';
import type { HomogeneousGraphs } from './graphs.js';
import type { LinearTables } from './linearTables.js';

/** How the tables grow: the propagated ones, each graph of users and of items added to them, and the linear scores beside. */
export function stagesOf(
  tape: Tape,
  { users, items }: Represented<Tensor>,
  graphs: HomogeneousGraphs,
  linear: LinearTables | null,
): Stages {
  return {
    users: grown(tape, users, graphs.users, graphs.userNames),
    items: grown(tape, items, graphs.items, graphs.itemNames),
    beside: linear ? [{ name: 'linear', ...linear.weighed(tape) }] : [],
  };
}

function grown(tape: Tape, e: Tensor, convolutions: readonly Convolution[], names: readonly string[]): Stage[] {
  const stages = [{ name: 'own', table: e }];
  convolutions.forEach((graph, at) => {
    stages.push({ name: names[at], table: graph.addWhole(tape, e, stages[at].table) });
  });
  return stages;
}
