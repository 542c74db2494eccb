import type { Tape, Tensor } from '@agentmmrec/autograd';
import { choice, integer, real } from '@agentmmrec/core';
import type { Ints } from '@agentmmrec/kernels';
import { defineModel } from '../contract/model.js';
import { frozenItemGraph } from '../parts/graphs/itemGraphs.js';
import { carried } from '../parts/graphs/propagation.js';
import { pairsOf } from '../parts/losses/pairs.js';
import { l2MeanOption, meanSquare } from '../parts/losses/regulariser.js';
import { sidesOf } from '../parts/tables.js';
import { componentBlocks } from './componentBlocks.js';

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
    const { users } = context.data;
    const { dimensions: d, layers, itemLayers, k, imageWeight, product, alignment, l2 } = context.options;
    const components = Number(context.options.components);
    const blocks = componentBlocks(context, { dimensions: d, components, layers, product });
    const itemGraph = frozenItemGraph(context, { k, self: 'include', imageWeight });
    /** A block's users, and its items with what their graph carries. */
    const ranked = (tape: Tape, x: Tensor) => {
      const own = sidesOf(tape, x, users);
      return { users: own.users, items: tape.add(own.items, carried(tape, itemGraph, own.items, itemLayers)) };
    };
    const joined = (tape: Tape, [first, ...others]: readonly Tensor[]) => tape.concatenate([first, ...others]);
    return {
      parameters: blocks.parameters,
      forward: (tape) => {
        const numbers = blocks.numbers(tape);
        const e = numbers.map((x) => ranked(tape, x));
        const side = (of: 'users' | 'items') =>
          joined(
            tape,
            e.map((sides) => sides[of]),
          );
        return { users: side('users'), items: side('items'), numbers };
      },
      rows: (tape, batch) => {
        const numbers = blocks.numbers(tape);
        const e = numbers.map((x) => ranked(tape, x));
        const rows = (of: 'users' | 'items', ids: Ints) =>
          joined(
            tape,
            e.map((sides) => tape.gatherRows(sides[of], ids)),
          );
        const { users: user, positives, negatives } = batch;
        return {
          user: rows('users', user),
          positive: rows('items', positives),
          negative: rows('items', negatives),
          numbers,
        };
      },
      terms: (tape, batch, { numbers }) => {
        const itemsOf = numbers.map((x) => sidesOf(tape, x, users).items);
        const distances = pairsOf(itemsOf).map(([a, b]) => tape.meanAbsolute(tape.add(a, b, 1, -1)));
        return [
          ...blocks.users.map((rows) => tape.scale(meanSquare(tape, [tape.gatherRows(rows, batch.users)]), l2)),
          ...distances.map((distance) => tape.scale(distance, alignment)),
          ...numbers.map((x) => tape.scale(blocks.spread(tape, x), -alignment)),
        ];
      },
    };
  },
});
