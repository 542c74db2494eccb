import type { Tape } from '@agentmmrec/autograd';
import { integer, real } from '@agentmmrec/core';
import { defineModel } from '../contract/model.js';
import { featureTables, trainFeaturesOption } from '../parts/features/featureTables.js';
import { meanWithSelfGraph } from '../parts/graphs/propagation.js';
import { linearLayer } from '../parts/linear.js';
import { egoRegulariser, l2Option } from '../parts/losses/regulariser.js';
import { nodeTable, sidesOf } from '../parts/tables.js';
import { learnedItemGraph } from './learnedItemGraph.js';

/**
 * LATTICE: the item graph S is learned from the projected features (see `learnedItemGraph`). Users: mean of the layers of A^l E with
 * A = D^-1 (A + I); items: the same plus the unit rows of S^L E_items. Loss: BPR plus l2 / (2 B) * squared norm of the batch's rows.
 *
 * Source: Zhang et al. 2021, "Mining Latent Structures for Multimedia Recommendation", eq. 1-10, over LightGCN, with its code's choices:
 * the graph is learned in the first step of each epoch, and stands still with no gradient until the next; ranking makes it anew; features
 * trained along, learning rate times .96^(epoch / 50).
 */
export const lattice = defineModel({
  name: 'lattice',
  source: 'Zhang et al. 2021, ACM Multimedia, eq. 1-10',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding and of projected features' }),
    layers: integer(2, { min: 1, max: 8, help: 'propagation layers over the user-item graph' }),
    itemLayers: integer(1, { min: 1, max: 8, help: 'propagation layers over the item graph' }),
    k: integer(10, { min: 1, help: 'neighbours of an item in a modality, itself among them' }),
    frozen: real(0.9, {
      min: 0,
      max: 1,
      help: 'weight of the graph of the features as they came; the learned one has the rest',
    }),
    l2: l2Option(1e-3),
    trainFeatures: trainFeaturesOption,
  },
  learningRate: 5e-4,
  build: (context) => {
    const { users } = context.data;
    const { dimensions, layers, itemLayers, k, frozen, l2, trainFeatures } = context.options;
    const embedding = nodeTable(context, 'embedding', dimensions, 'xavierUniform'); // [users + items, dimensions]
    const features = featureTables(context, trainFeatures);
    const projections = features.tables.map(({ modality, values }) => ({
      values, // [items, width]
      layer: linearLayer(context, `projection.${modality}`, { inputs: values.cols, outputs: dimensions }),
    }));
    const project = (tape: Tape) => projections.map(({ values, layer }) => layer.apply(tape, values));
    const itemGraph = learnedItemGraph(context, project, { k, frozen });
    const graph = meanWithSelfGraph(context);

    return {
      parameters: Object.assign(
        { embedding, ...features.parameters, ...itemGraph.parameters },
        ...projections.map(({ layer }) => layer.parameters),
      ),
      state: itemGraph.state,
      beforeEpoch: itemGraph.beforeEpoch,
      learningRateFactor: (epoch) => 0.96 ** (epoch / 50),
      forward: (tape, batch) => {
        const moment = batch === undefined ? 'now' : (batch.step ?? 0) === 0 ? 'learn' : 'kept';
        const h = itemGraph.propagate(tape, sidesOf(tape, embedding, users).items, itemLayers, moment);
        const e = tape.lightgcnReadout(graph, embedding, layers, 1 / (layers + 1));
        const propagated = sidesOf(tape, e, users);
        return { users: propagated.users, items: tape.add(propagated.items, tape.normalizeRows(h)) };
      },
      terms: (tape, batch, made) => [egoRegulariser(tape, made, batch.size, l2)],
    };
  },
});
