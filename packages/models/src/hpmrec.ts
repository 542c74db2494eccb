import type { Tape, Tensor } from '@agentmmrec/autograd';
import { choice, integer, real } from '@agentmmrec/core';
import { defineModel } from './contract/model.js';
import { constantFeatures } from './parts/features/featureTables.js';
import { frozenItemGraph } from './parts/graphs/itemGraphs.js';
import { carried, propagationGraph } from './parts/graphs/propagation.js';
import { widenedLayer } from './parts/linear.js';
import { pairsOf } from './parts/losses/pairs.js';
import { l2MeanOption, meanSquare } from './parts/losses/regulariser.js';
import { nodesOf, nodeTable, rowTable, sidesOf } from './parts/tables.js';

/**
 * HPMRec: ids and modalities as hypercomplex numbers of several components. Component c of modality m: unit rows x of [users' own rows
 * of that component; MLP(features)], propagated, sum_l A^l x over layers 1..L, plus a prompt of every node. Modalities add a tenth of their
 * Cayley-Dickson product with the ids. All blocks side by side; items add their frozen item graph. Loss: BPR, l2 times the mean squares of
 * the batch's users in each component, alignment * (mean |a - b| over the items of each two blocks - mean |real - mean imaginary| of each
 * block).
 *
 * Source: Zheng et al. 2025, "Hypercomplex Prompt-aware Multimodal Recommendation", eq. 1-17, with its library's choices (products without
 * conjugations). Mended: the code aligns ids with text twice and never with images, leaves all components of users but the first
 * untrained, and beyond one layer differentiates each as if it were the first.
 */
export const hpmrec = defineModel({
  name: 'hpmrec',
  source: 'Zheng et al. 2025, CIKM, eq. 1-17',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of a component' }),
    components: choice('2', ['2', '4', '8', '16'], 'components of a hypercomplex number'),
    layers: integer(1, { min: 1, max: 8, help: 'propagation layers over the user-item graph' }),
    itemLayers: integer(1, { min: 0, max: 8, help: 'propagation layers over the item graph' }),
    k: integer(10, { min: 1, help: 'neighbours of an item in a modality, itself among them' }),
    imageWeight: real(0.1, { min: 0, max: 1, help: 'weight of the image graph; the others share the rest' }),
    product: real(0.1, { min: 0, help: 'weight of the product with the ids' }),
    alignment: real(1e-3, { min: 0, help: 'weight of the distances of blocks less the spread of components' }),
    l2: l2MeanOption(1e-3),
  },
  learningRate: 1e-4,
  build: (context) => {
    const { users, items, features } = context.data;
    const { dimensions: d, layers, itemLayers, k, imageWeight, product, alignment, l2 } = context.options;
    const components = Number(context.options.components);
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
    const itemGraph = frozenItemGraph(context, { k, self: 'include', imageWeight });

    /** Mean |real - mean of the imaginary components|, [1, 1]. */
    const spread = (tape: Tape, x: Tensor): Tensor => {
      const [real0, first, ...others] = Array.from({ length: components }, (_, c) => tape.columns(x, c * d, d));
      const imaginary = tape.total([first, ...others]);
      return tape.mean(tape.unary(tape.add(real0, imaginary, 1, -1 / (components - 1)), 'abs'));
    };
    return {
      parameters: Object.assign(
        { ids },
        ...blocks.map(({ users: own, project, prompt }) => ({
          ...Object.fromEntries([...own, prompt].map((tensor) => [tensor.name, tensor])),
          ...project.parameters,
        })),
      ) as Record<string, Tensor>,
      forward: (tape) => {
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
        const e = sidesOf(tape, tape.concatenate([id, ...modalities]), users);
        return {
          users: e.users,
          items: tape.add(e.items, carried(tape, itemGraph, e.items, itemLayers)),
          numbers: [id, ...modalities],
        };
      },
      terms: (tape, batch, { numbers }) => {
        const itemsOf = numbers.map((x) => sidesOf(tape, x, users).items);
        const distances = pairsOf(itemsOf).map(([a, b]) => tape.mean(tape.unary(tape.add(a, b, 1, -1), 'abs')));
        return [
          ...blocks.flatMap((one) =>
            one.users.map((rows) => tape.scale(meanSquare(tape, [tape.gatherRows(rows, batch.users)]), l2)),
          ),
          ...distances.map((distance) => tape.scale(distance, alignment)),
          ...numbers.map((x) => tape.scale(spread(tape, x), -alignment)),
        ];
      },
    };
  },
});
