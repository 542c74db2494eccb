import type { SparseMatrix, Tape, Tensor } from '@agentmmrec/autograd';
import { flag, integer, real } from '@agentmmrec/core';
import { defineModel } from '../contract/model.js';
import { constantFeatures } from '../parts/features/featureTables.js';
import { frozenItemGraph } from '../parts/graphs/itemGraphs.js';
import { carried } from '../parts/graphs/propagation.js';
import { sampledGraph } from '../parts/graphs/sampledGraph.js';
import { coOccurrenceGraph } from '../parts/graphs/userGraph.js';
import { widenedLayer } from '../parts/linear.js';
import { l2MeanOption, meanSquare } from '../parts/losses/regulariser.js';
import { parametersOf, tableOf } from '../parts/parameters.js';
import { nodesOf, rowTable, sidesOf } from '../parts/tables.js';
import { blockLoss } from './blockLoss.js';

/**
 * COHESION: early fusion of each modality's features with the ids, f = sqrt((id^2 + MLP(x)^2) / 2); a composite propagation of the unit
 * rows x of [preferences; f], whose layers are weighted by their cosine to x, summed; ids and modalities side by side; users add the
 * softmax of shared items over other users, items their frozen item graph. Loss: -mean log2 sigmoid(sum_m a_m d_m) with d_m the difference of
 * the two scores in block m and a_m = 1 - softmax_m(d), without gradient, plus l2 times the mean squares of the batch's preferences.
 *
 * Source: Xu et al. 2025, "COHESION: Composite Graph Convolutional Network with Dual-Stage Fusion for Multimodal Recommendation",
 * eq. 3-18, with its library's choices: no gradient reaches the block of ids unless `trainIdBlock`, ranking without a_m. Here ranking
 * propagates over all edges anew, not what the last step left; a weight that only the code's regulariser sees is left out.
 */
export const cohesion = defineModel({
  name: 'cohesion',
  source: 'Xu et al. 2025, SIGIR, eq. 3-18',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of each block' }),
    layers: integer(1, { min: 0, max: 8, help: 'layers of the composite propagation' }),
    itemLayers: integer(1, { min: 0, max: 8, help: 'propagation layers over the item graph' }),
    k: integer(10, { min: 1, help: 'neighbours of an item in a modality, itself among them' }),
    userNeighbours: integer(40, { min: 1, help: 'users with most items in common that a user takes from' }),
    imageWeight: real(0.1, { min: 0, max: 1, help: 'weight of the image graph; the others share the rest' }),
    dropout: real(0, { min: 0, max: 0.99, help: 'part of the user-item edges that an epoch goes without' }),
    trainIdBlock: flag(false, 'gradients reach the block of ids; off: as in the source'),
    l2: l2MeanOption(1e-3),
  },
  build: (context) => {
    const { users, items, features } = context.data;
    const {
      dimensions: d,
      layers,
      itemLayers,
      k,
      userNeighbours,
      imageWeight,
      dropout,
      trainIdBlock,
      l2,
    } = context.options;
    const ids = rowTable(context, 'ids', items, d); // [items, d]
    const block = (name: string, values: Tensor) => {
      const preference = rowTable(context, `${name}.preference`, users, d);
      const project = widenedLayer(context, name, { inputs: values.cols, outputs: d });
      return { values, preference, project, parameters: parametersOf(tableOf(preference), project) }; // values [items, width]
    };
    type Block = ReturnType<typeof block>;
    const idBlock = block('id', ids);
    const modalities = features.map((of) => block(of.modality, constantFeatures(context, of)));
    const graph = sampledGraph(context, dropout);
    const alike = coOccurrenceGraph(context, userNeighbours); // [users, users]
    const itemGraph = frozenItemGraph(context, { k, self: 'include', imageWeight });

    const propagated = (tape: Tape, a: SparseMatrix, { values, preference, project }: Block): Tensor => {
      const projected = project.apply(tape, values);
      const squares = tape.add(tape.unary(ids, 'square'), tape.unary(projected, 'square'), 0.5, 0.5);
      const fused = tape.unary(tape.unary(squares, 'shift', 1e-8), 'sqrt');
      const ego = tape.normalizeRows(nodesOf(tape, { users: preference, items: fused }));
      let [layer, sum] = [ego, ego];
      for (let l = 0; l < layers; l++) {
        const next = tape.spmm(a, layer);
        layer = tape.scaleRows(next, tape.rowDot(tape.normalizeRows(next), ego));
        sum = tape.add(sum, layer);
      }
      return sum; // [users + items, d]
    };
    const blocksOf = (tape: Tape): Tensor => {
      const a = graph.over(tape);
      const id = propagated(tape, a, idBlock);
      return tape.concatenate([
        trainIdBlock ? id : tape.detach(id),
        ...modalities.map((one) => propagated(tape, a, one)),
      ]);
    };

    return {
      parameters: parametersOf(tableOf(ids), trainIdBlock ? idBlock : null, ...modalities),
      ...(!trainIdBlock && {
        state: Object.fromEntries(Object.entries(idBlock.parameters).map(([name, tensor]) => [name, tensor.data])),
      }),
      beforeEpoch: graph.beforeEpoch,
      forward: (tape) => {
        const e = sidesOf(tape, blocksOf(tape), users);
        return {
          users: tape.add(e.users, tape.spmm(alike, e.users)),
          items: tape.add(e.items, carried(tape, itemGraph, e.items, itemLayers)),
        };
      },
      loss: (tape, batch, made) => {
        const bpr = blockLoss(tape, made, d);
        const squares = modalities.map(({ preference }) =>
          meanSquare(tape, [tape.gatherRows(preference, batch.users)]),
        );
        return tape.total([bpr, ...squares.map((square) => tape.scale(square, l2))]);
      },
    };
  },
});
