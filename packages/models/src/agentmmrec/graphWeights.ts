import { constant, parameter, type Tape, type Tensor } from '@agentmmrec/autograd';
import { matrix } from '@agentmmrec/core';
import type { PartContext } from '../contract/model.js';
import type { Convolution } from '../parts/graphs/convolution.js';

/** Weights of several graphs over the same entities that are learned together. */
export interface GraphWeights {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** x [n, d] of graph `at`, times its weight */
  weigh(tape: Tape, x: Tensor, at: number): Tensor;
}

/**
 * Weights count * softmax(logits) of `count` graphs, trained; logits begin at 0, so that each weight begins at 1. One graph alone has
 * weight 1 and nothing to learn.
 */
export function graphWeights({ device }: Pick<PartContext, 'device'>, name: string, count: number): GraphWeights {
  if (count < 2) return { parameters: {}, weigh: (_, x) => x };
  const logits = parameter(device, [1, count], device.floats(count), `weights.${name}`);
  const rowOfOnes = new Map<number, Tensor>();
  const ones = (d: number): Tensor => {
    const made = rowOfOnes.get(d) ?? constant(device, matrix(1, d, new Float32Array(d).fill(1)), 'ones');
    rowOfOnes.set(d, made);
    return made;
  };
  return {
    parameters: { [logits.name]: logits },
    weigh: (tape, x, at) => {
      const weight = tape.scale(tape.columns(tape.softmaxRows(logits), at, 1), count); // [1, 1]
      return tape.scaleColumns(x, tape.gemm(weight, ones(x.cols)));
    },
  };
}

/** Graphs whose sums are weighed by learned weights, beside the weights that they have. */
export function weighedGraphs(weights: GraphWeights, graphs: readonly Convolution[]): Convolution[] {
  return graphs.map((graph, at) => ({
    addRows: (tape, e, ids, base) =>
      tape.add(base, weights.weigh(tape, graph.addRows(tape, e, ids, tape.filled([base.rows, base.cols], 0)), at)),
    addWhole: (tape, e, base) =>
      tape.add(base, weights.weigh(tape, graph.addWhole(tape, e, tape.filled([base.rows, base.cols], 0)), at)),
    replace: (lists) => graph.replace(lists),
  }));
}
