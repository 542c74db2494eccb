import type { Tape, Tensor } from '@agentmmrec/autograd';
import { integer, real } from '@agentmmrec/core';
import type { Batch } from '../contract/data.js';
import { defineModel } from '../contract/model.js';
import { trainFeaturesOption } from '../parts/features/featureTables.js';
import { carried, propagationGraph, userItemGraph } from '../parts/graphs/propagation.js';
import type { Linear } from '../parts/linear.js';
import { infonceOfRows } from '../parts/losses/contrast.js';
import { egoRegulariser, l2Option } from '../parts/losses/regulariser.js';
import { parametersOf, tableOf } from '../parts/parameters.js';
import { nodeTable, sidesOf } from '../parts/tables.js';
import { smoreViews, type View } from './views.js';

/**
 * SMORE: features are denoised by trained filters in the frequency domain, z_m = F^-1(w_m F x_m), and fused there,
 * z_f = F^-1(w_f prod_m F x_m). Each gates the items' ids, g(z) e_i with g = sigmoid of a linear layer, and is propagated over its item
 * graph (the fused one over the union with the larger weights) and to users over R. Content c: mean of LightGCN's layers. Beside it stands
 * side = mean over m and f of (preference gate of c) * a, with a_m = softmax(q_m(h_f)) * h_m, a_f = h_f. Represented by c + side; loss: BPR,
 * l2 / (2 B) * squared norm of the batch's rows, infonce * (InfoNCE(side, c) of the batch's positives and of its users).
 *
 * Source: Ong and Khong 2025, "Spectrum-based Modality Representation Fusion Graph Convolutional Network for Multimodal
 * Recommendation", eq. 1-23, with its code's choices: features trained along, temperature .2, learning rate times .96^(epoch / 50).
 */
export const smore = defineModel({
  name: 'smore',
  source: 'Ong and Khong 2025, WSDM, eq. 1-23',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 2, help: 'width of an embedding; even' }),
    layers: integer(3, { min: 1, max: 8, help: 'propagation layers over the user-item graph' }),
    itemLayers: integer(1, { min: 0, max: 8, help: 'propagation layers over the item graphs' }),
    k: integer(10, { min: 1, help: 'neighbours of an item in a modality, itself among them' }),
    infonce: real(0.01, { min: 0, help: 'weight of InfoNCE between side and content' }),
    temperature: real(0.2, { min: 1e-3, help: 'temperature of InfoNCE' }),
    dropout: real(0, { min: 0, max: 0.99, help: 'part of the preferences that is dropped' }),
    l2: l2Option(1e-4),
    trainFeatures: trainFeaturesOption,
  },
  build: (context) => {
    const { data, options } = context;
    const { users } = data;
    const { dimensions: d, layers, itemLayers, infonce, temperature, dropout, l2 } = options;
    const embedding = nodeTable(context, 'embedding', d, 'xavierUniform'); // [users + items, d]
    const views = smoreViews(context, options);
    const { fused, modalities } = views;
    const all = [fused, ...modalities];
    const graph = propagationGraph(context, 'symmetric');
    const toUsers = userItemGraph(context, 'symmetric'); // R [users, items]

    const sigmoid = (tape: Tape, layer: Linear, x: Tensor) => tape.unary(layer.apply(tape, x), 'sigmoid');
    /** Content of users and items, and h of the items in each view, the fused one first: [items, d]. */
    const propagated = (tape: Tape) => {
      const z = views.denoised(tape);
      const ids = sidesOf(tape, embedding, users).items;
      const h = all.map((one, v) => {
        const gated = tape.multiply(ids, sigmoid(tape, one.gate, z[v]));
        return carried(tape, one.graph, gated, itemLayers);
      });
      const content = tape.lightgcnReadout(graph, embedding, layers, 1 / (layers + 1));
      return { content: sidesOf(tape, content, users), h };
    };
    /** Content and side of some rows from their content and their h in each view; `rows` names them for dropout. */
    const represented = (tape: Tape, rows: string, content: Tensor, [fusion, ...each]: readonly Tensor[]) => {
      const preferred = ({ name, preference }: View, h: Tensor) =>
        tape.multiply(tape.dropout(sigmoid(tape, preference, content), dropout, tape.stream(`${name}, ${rows}`)), h);
      const attended = modalities.map((one, m) => {
        const [first, second] = one.query;
        const weights = tape.softmaxRows(second.apply(tape, tape.unary(first.apply(tape, fusion), 'tanh')));
        return preferred(one, tape.multiply(weights, each[m]));
      });
      const side = tape.scale(tape.total([preferred(fused, fusion), ...attended]), 1 / all.length);
      return { content, side, sum: tape.add(content, side) };
    };

    return {
      parameters: parametersOf(tableOf(embedding), views),
      learningRateFactor: (epoch) => 0.96 ** (epoch / 50),
      forward: (tape) => {
        const { content, h } = propagated(tape);
        const ofUsers = h.map((rows) => tape.spmm(toUsers, rows));
        const user = represented(tape, 'users', content.users, ofUsers);
        const item = represented(tape, 'items', content.items, h);
        const pairs = ({ users: u, positives }: Batch) => [
          [tape.gatherRows(user.side, u), tape.gatherRows(user.content, u)],
          [tape.gatherRows(item.side, positives), tape.gatherRows(item.content, positives)],
        ];
        return { users: user.sum, items: item.sum, pairs };
      },
      rows: (tape, batch) => {
        const { content, h } = propagated(tape);
        const ofUsers = h.map((rows) => tape.spmmRows(toUsers, batch.users, rows));
        const user = represented(tape, 'user', tape.gatherRows(content.users, batch.users), ofUsers);
        const [positive, negative] = ['positives', 'negatives'].map((part) => {
          const ids = batch[part as 'positives' | 'negatives'];
          const ofItems = h.map((rows) => tape.gatherRows(rows, ids));
          return represented(tape, part, tape.gatherRows(content.items, ids), ofItems);
        });
        const pairs = () => [user, positive].map(({ side, content: c }) => [side, c]);
        return { user: user.sum, positive: positive.sum, negative: negative.sum, pairs };
      },
      terms: (tape, batch, made) => [
        egoRegulariser(tape, made, batch.size, l2),
        ...made
          .pairs(batch)
          .map(([side, content]) => tape.scale(infonceOfRows(tape, side, content, temperature), infonce)),
      ],
    };
  },
});
