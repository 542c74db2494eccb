import { constant, type SparseMatrix, type Tape, type Tensor } from '@agentmmrec/autograd';
import type { Features } from '@agentmmrec/datasets';
import type { PartContext } from '../contract/model.js';
import { linearLayer } from './linear.js';
import { nodesOf, rowTable } from './tables.js';

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
export function featureBranch(context: PartContext, name: string, features: Tensor, d: number): FeatureBranch {
  const { users } = context.data;
  const preference = rowTable(context, `${name}.preference`, users, d);
  const widen = linearLayer(context, `${name}.widen`, { inputs: features.cols, outputs: 4 * d });
  const narrow = linearLayer(context, `${name}.narrow`, { inputs: 4 * d, outputs: d });
  return {
    parameters: { [preference.name]: preference, ...widen.parameters, ...narrow.parameters },
    preference,
    represent: (tape, graph, after = (layer) => layer) => {
      const projected = narrow.apply(tape, tape.unary(widen.apply(tape, features), 'leakyRelu')); // [items, d]
      const x = tape.normalizeRows(nodesOf(tape, { users: preference, items: projected }));
      const once = after(tape.spmm(graph, x));
      const twice = after(tape.spmm(graph, once));
      return tape.total([x, once, twice]);
    },
  };
}

/** The features of a modality as a tensor that is not trained: [items, width]. */
export function constantFeatures({ device }: Pick<PartContext, 'device'>, { modality, matrix }: Features): Tensor {
  return constant(device, matrix, `${modality} features`);
}
