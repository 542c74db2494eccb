import type { SparseMatrix, Tape, Tensor } from '@agentmmrec/autograd';
import type { PartContext } from '../../contract/model.js';
import { widenedLayer } from '../linear.js';
import { type Inputs, nodesOf, rowTable } from '../tables.js';

/** Users' preferences and projected item features of one modality, propagated together. */
export interface FeatureBranch {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** trainable [users, d] */
  readonly preference: Tensor;
  /**
   * X + A X + A A X with X the unit rows of [preferences; projected features]: [users + items, d]. `after` is applied to each A X
   * before it goes on.
   */
  represent(tape: Tape, graph: SparseMatrix, after?: (layer: Tensor) => Tensor): Tensor;
}

/** `<name>.preference`, Xavier normal, and Linear(width, 4 d), LeakyReLU(0.01), Linear(4 d, d) (DualGNN; MENTOR). */
export function featureBranch(
  context: PartContext,
  name: string,
  features: Tensor,
  d: number,
  inputs: number | Inputs = features.cols,
): FeatureBranch {
  const { users } = context.data;
  const preference = rowTable(context, `${name}.preference`, users, d);
  const project = widenedLayer(context, name, { inputs, outputs: d });
  return {
    parameters: { [preference.name]: preference, ...project.parameters },
    preference,
    represent: (tape, graph, after = (layer) => layer) => {
      const projected = project.apply(tape, features); // [items, d]
      const x = tape.normalizeRows(nodesOf(tape, { users: preference, items: projected }));
      const once = after(tape.spmm(graph, x));
      const twice = after(tape.spmm(graph, once));
      return tape.total([x, once, twice]);
    },
  };
}
