import { integer, real } from '@agentmmrec/core';
import type { Batch } from './contract/data.js';
import { defineModel } from './contract/model.js';
import type { ReadLoss } from './contract/readLoss.js';
import { countsDistinct } from './fused/countsDistinct.js';
import { freedomStep } from './fused/freedomStep.js';
import { featureTables, trainFeaturesOption } from './parts/features/featureTables.js';
import { frozenItemGraph } from './parts/graphs/itemGraphs.js';
import { carried } from './parts/graphs/propagation.js';
import { sampledGraph } from './parts/graphs/sampledGraph.js';
import { linearLayer } from './parts/linear.js';
import { nodeTable, sidesOf } from './parts/tables.js';

/**
 * FREEDOM: the item graph of the features is made once and frozen, S = sum_m w_m S_m with S_m the means over the k nearest items by
 * modality m; the user-item graph is sampled anew each epoch, popular edges dropped rather. Users: mean of the layers of A^l E; items:
 * the same plus S^L E_items. Loss: BPR(u, i) plus modalityLoss * sum_m BPR(u, W_m x_i^m); the code's biases cancel in these differences and are left out.
 *
 * Source: Zhou and Shen 2023, "A Tale of Two Graphs: Freezing and Denoising Graph Structures for Multimodal Recommendation", eq. 1-13,
 * with its code's choices: the features are trained along, no L2, Xavier uniform.
 */
export const freedom = defineModel({
  name: 'freedom',
  source: 'Zhou and Shen 2023, ACM Multimedia, eq. 1-13',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    layers: integer(2, { min: 1, max: 8, help: 'propagation layers over the user-item graph' }),
    itemLayers: integer(1, { min: 0, max: 8, help: 'propagation layers over the item graph' }),
    k: integer(10, { min: 1, help: 'neighbours of an item in a modality, itself among them' }),
    imageWeight: real(0.1, { min: 0, max: 1, help: 'weight of the image graph; the others share the rest' }),
    dropout: real(0.8, { min: 0, max: 0.99, help: 'part of the user-item edges that an epoch goes without' }),
    modalityLoss: real(1e-3, { min: 0, help: 'weight of the BPR losses of the projected features' }),
    trainFeatures: trainFeaturesOption,
  },
  tuning: { modalityLoss: [1e-4, 1e-3], learningRate: [1e-3, 3e-3] },
  build: (context) => {
    const { users } = context.data;
    const { dimensions, layers, itemLayers, k, imageWeight, dropout, modalityLoss, trainFeatures } = context.options;
    const embedding = nodeTable(context, 'embedding', dimensions, 'xavierUniform'); // [users + items, dimensions]
    const features = featureTables(context, trainFeatures);
    const modalities = features.tables.map(({ modality, values }) => ({
      values, // [items, width]
      project: linearLayer(context, `projection.${modality}`, {
        inputs: values.cols,
        outputs: dimensions,
        bias: false,
      }),
    }));
    const graph = sampledGraph(context, dropout);
    const itemGraph = frozenItemGraph(context, { k, self: 'include', imageWeight });
    const { device, precision } = context;
    const weights = modalities.map(({ values, project }) => ({ values, weight: Object.values(project.parameters)[0] }));
    const fused = {
      device,
      precision,
      embedding,
      users,
      layers,
      itemGraph,
      itemLayers,
      modalities: weights,
      modalityLoss,
    };
    return {
      parameters: Object.assign(
        { embedding, ...features.parameters },
        ...modalities.map(({ project }) => project.parameters),
      ),
      beforeEpoch: graph.beforeEpoch,
      forward: (tape) => {
        const e = tape.lightgcnReadout(graph.over(tape), embedding, layers, 1 / (layers + 1));
        const h = carried(tape, itemGraph, sidesOf(tape, embedding, users).items, itemLayers); // [items, dimensions]
        const propagated = sidesOf(tape, e, users);
        return { users: propagated.users, items: tape.add(propagated.items, h) };
      },
      terms: (tape, { positives, negatives }, { user }) =>
        modalities.map(({ values, project }) => {
          const [positive, negative] = [positives, negatives].map((ids) =>
            project.apply(tape, tape.gatherRows(values, ids)),
          );
          return tape.scale(tape.bpr(user, positive, negative), modalityLoss);
        }),
      ...(countsDistinct(device) && {
        fusedStep: (batch: Batch, readLoss?: ReadLoss) =>
          freedomStep({ ...fused, graph: graph.inTraining(), batch, ...(readLoss && { readLoss }) }),
      }),
    };
  },
});
