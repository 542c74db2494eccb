import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { PartContext } from '../contract/model.js';
import { constantFeatures } from '../parts/features/featureTables.js';
import { propagationGraph } from '../parts/graphs/propagation.js';
import { widenedLayer } from '../parts/linear.js';
import { nodesOf, nodeTable, rowTable } from '../parts/tables.js';

/** Ids and modalities as hypercomplex numbers of every user and item; see `componentBlocks`. */
export interface ComponentBlocks {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** the users' own rows of each block and component, [users, d] each */
  readonly users: readonly Tensor[];
  /** The ids, then the modalities as their product with the ids joins them: [users + items, components * d] each. */
  numbers(tape: Tape): Tensor[];
  /** [1, 1]: mean |real - mean of the imaginary components| of such a table. */
  spread(tape: Tape, x: Tensor): Tensor;
}

/** The blocks of HPMRec (Zheng et al. 2025, eq. 1-12): components are propagated over the user-item graph and prompts added. */
export function componentBlocks(
  context: PartContext,
  options: {
    readonly dimensions: number;
    readonly components: number;
    readonly layers: number;
    readonly product: number;
  },
): ComponentBlocks {
  const { data, device } = context;
  const { users, items, features } = data;
  const { dimensions: d, components, layers, product } = options;
  const ids = rowTable(context, 'ids', items, d); // [items, d]
  const block = (name: string, values: Tensor) => ({
    values, // [items, width]
    users: Array.from({ length: components }, (_, c) =>
      rowTable(context, `${name}.user${c}`, users, d, 'xavierUniform'),
    ),
    project: widenedLayer(context, name, { inputs: values.cols, outputs: d }),
    prompt: nodeTable(context, `${name}.prompt`, components * d), // [users + items, components * d]
  });
  const blocks = [block('id', ids), ...features.map((of) => block(of.modality, constantFeatures(context, of)))];
  const graph = propagationGraph(context, 'symmetric');
  /** rows of a component in a table [nodes, components * d] taken as one [nodes * components, d] */
  const componentIds = Array.from({ length: components }, (_, c) =>
    device.upload(Int32Array.from({ length: users + items }, (_, node) => node * components + c)),
  );
  return {
    parameters: Object.assign(
      { ids },
      ...blocks.map(({ users: own, project, prompt }) => ({
        ...Object.fromEntries([...own, prompt].map((tensor) => [tensor.name, tensor])),
        ...project.parameters,
      })),
    ) as Record<string, Tensor>,
    users: blocks.flatMap((one) => one.users),
    numbers: (tape) => {
      const [id, ...others] = blocks.map(({ values, users: own, project, prompt }) => {
        const projected = project.apply(tape, values);
        const [first, ...rest] = own.map((rows) =>
          tape.normalizeRows(nodesOf(tape, { users: rows, items: projected })),
        );
        let layer = tape.concatenate([first, ...rest]); // [users + items, components * d]
        let sum = prompt;
        for (let l = 0; l < layers; l++) {
          layer = tape.spmm(graph, layer);
          sum = tape.add(sum, layer);
        }
        return sum;
      });
      const modalities = others.map((x) =>
        tape.add(x, tape.hypercomplex(id, x, components, { conjugates: false }), 1, product),
      );
      return [id, ...modalities];
    },
    spread: (tape, x) => {
      const parts = tape.reshape(x, x.rows * components, d);
      const [real, first, ...others] = componentIds.map((of) => tape.gatherRows(parts, of));
      return tape.meanAbsolute(tape.add(real, tape.total([first, ...others]), 1, -1 / (components - 1)));
    },
  };
}
