import { type Tape, type Tensor, uploadSparse } from '@agentmmrec/autograd';
import { integer, real } from '@agentmmrec/core';
import { defineModel, type PartContext } from './contract/model.js';
import { featureTables, trainFeaturesOption } from './parts/features/featureTables.js';
import { cosineGraph, modalityGraphs } from './parts/graphs/itemGraphs.js';
import { propagationGraph, userItemGraph } from './parts/graphs/propagation.js';
import { linearLayer } from './parts/linear.js';
import { egoRegulariser, l2Option } from './parts/losses/regulariser.js';
import { nodesOf, nodeTable, sidesOf } from './parts/tables.js';

/**
 * BeFA on LATTICE's graphs: the projected features of a modality pass a calibrating network and become a gate of the item ids,
 * G_m = sigmoid(mlp_m(X_m W_m + b)) * E_items, which the modality's item graph carries on; users take their items' by degree. A modality's view
 * [R S^n G_m; S^n G_m], averaged over modalities, is added to LightGCN's mean of layers. Loss: BPR plus l2 / (2 B) times the squared
 * norm of the batch's rows as represented.
 *
 * Source: Fan et al. 2024, "BeFA: A General Behavior-driven Feature Adapter for Multimedia Recommendation", with its code's choices: the
 * network is Linear, ReLU, dropout, tanh, Linear, ReLU, dropout, Linear, sigmoid, `widening` times as wide inside; features are
 * trained along; item graphs are frozen.
 */
export const befa = defineModel({
  name: 'befa',
  source: 'Fan et al. 2024, arXiv 2406.00323, on LATTICE',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    layers: integer(2, { min: 1, max: 8, help: 'propagation layers over the user-item graph' }),
    itemLayers: integer(1, { min: 1, max: 8, help: 'propagation layers over the item graphs' }),
    k: integer(10, { min: 1, help: 'neighbours of an item in a modality, itself among them' }),
    widening: integer(1, { min: 1, help: 'width inside the calibrating network, in widths of an embedding' }),
    dropout: real(0.1, { min: 0, max: 0.99, help: 'part of the calibrating network that a step goes without' }),
    trainFeatures: trainFeaturesOption,
    l2: l2Option(1e-3),
  },
  build: (context) => {
    const { device, data, options } = context;
    const { users } = data;
    const { dimensions: d, layers, itemLayers, k, widening, dropout, trainFeatures, l2 } = options;
    const embedding = nodeTable(context, 'embedding', d, 'xavierUniform'); // [users + items, d]
    const graph = propagationGraph(context, 'symmetric');
    const bought = userItemGraph(context, 'symmetric');
    const graphs = modalityGraphs(context, { k, self: 'include' }).map(({ lists }) => cosineGraph(lists));
    const features = featureTables(context, trainFeatures);
    const modalities = features.tables.map(({ modality, values }, m) => ({
      values,
      project: linearLayer(context, `${modality}.project`, { inputs: values.cols, outputs: d }),
      gate: calibration(context, modality, { d, inside: d * widening, dropout }),
      neighbours: uploadSparse(device, graphs[m]),
    }));
    return {
      parameters: Object.assign(
        { embedding, ...features.parameters },
        ...modalities.flatMap(({ project, gate }) => [project.parameters, gate.parameters]),
      ),
      forward: (tape) => {
        const behaviour = tape.lightgcnReadout(graph, embedding, layers, 1 / (layers + 1));
        const ids = sidesOf(tape, embedding, users).items;
        const views = modalities.map(({ values, project, gate, neighbours }) => {
          let items = tape.multiply(ids, gate.apply(tape, project.apply(tape, values)));
          for (let l = 0; l < itemLayers; l++) items = tape.spmm(neighbours, items);
          return nodesOf(tape, { users: tape.spmm(bought, items), items });
        });
        const [first, ...others] = views;
        const side = tape.scale(tape.total([first, ...others]), 1 / views.length);
        return sidesOf(tape, tape.add(behaviour, side), users);
      },
      terms: (tape, batch, rows) => [egoRegulariser(tape, rows, batch.size, l2)],
    };
  },
});

/** [n, d] to [n, d] in (0, 1). */
function calibration(context: PartContext, modality: string, sizes: { d: number; inside: number; dropout: number }) {
  const { d, inside, dropout } = sizes;
  const layer = (part: string, inputs: number, outputs: number) =>
    linearLayer(context, `${modality}.${part}`, { inputs, outputs });
  const [first, second, third] = [layer('gate1', d, inside), layer('gate2', inside, inside), layer('gate3', inside, d)];
  const rectified = (tape: Tape, x: Tensor, part: string) =>
    tape.dropout(tape.unary(x, 'relu'), dropout, tape.stream(`dropout, ${modality}.${part}`));
  return {
    parameters: { ...first.parameters, ...second.parameters, ...third.parameters },
    apply: (tape: Tape, x: Tensor): Tensor => {
      const h = tape.unary(rectified(tape, first.apply(tape, x), 'gate1'), 'tanh');
      return tape.unary(third.apply(tape, rectified(tape, second.apply(tape, h), 'gate2')), 'sigmoid');
    },
  };
}
