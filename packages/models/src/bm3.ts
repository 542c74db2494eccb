import type { Tape, Tensor } from '@agentmmrec/autograd';
import { integer, real } from '@agentmmrec/core';
import { defineModel } from './contract/model.js';
import { featureTables, trainFeaturesOption } from './parts/features/featureTables.js';
import { propagationGraph } from './parts/graphs/propagation.js';
import { linearLayer } from './parts/linear.js';
import { nodeTable, sidesOf } from './parts/tables.js';

/**
 * BM3: no negatives. Users u = mean of the layers of A^l E, items i = the same plus E_items; P is one linear layer, an overline a
 * dropped-out copy without gradient. Scores P u . P i. With C the mean of 1 - cosine over the batch's pairs,
 * loss = C(P u, i') + C(P i, u') + modalityLoss * sum_m (C(P W_m x, i') + C(P W_m x, (W_m x)')) + l2 * (|u| + |i|) / items,
 * where ' is the overline and the norms are over all rows.
 *
 * Source: Zhou et al. 2023, "Bootstrap Latent Representations for Multi-modal Recommendation", eq. 1-13, with its code's choices: the
 * features are trained along, Xavier uniform rows, Xavier normal weights. Dropout is drawn for each place of the batch, in the code for each
 * entity. The defaults are its best on Baby.
 */
export const bm3 = defineModel({
  name: 'bm3',
  source: 'Zhou et al. 2023, WWW, eq. 1-13',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    layers: integer(1, { min: 1, max: 8, help: 'propagation layers' }),
    dropout: real(0.5, { min: 0, max: 0.99, help: 'part of the targets that is dropped' }),
    modalityLoss: real(2, { min: 0, help: 'weight of the distances of the projected features' }),
    l2: real(0.1, { min: 0, help: 'weight of the norms of all users and of all items over the number of items' }),
    trainFeatures: trainFeaturesOption,
  },
  build: (context) => {
    const { users, items } = context.data;
    const { dimensions, layers, dropout, modalityLoss, l2, trainFeatures } = context.options;
    const embedding = nodeTable(context, 'embedding', dimensions, 'xavierUniform'); // [users + items, dimensions]
    const features = featureTables(context, trainFeatures);
    const toDimensions = (name: string, inputs: number) =>
      linearLayer(context, name, { inputs, outputs: dimensions, initial: 'xavierNormal' });
    const modalities = features.tables.map(({ modality, values }) => ({
      modality,
      values, // [items, width]
      project: toDimensions(`projection.${modality}`, values.cols),
    }));
    const predictor = toDimensions('predictor', dimensions);
    const graph = propagationGraph(context, 'symmetric');

    const propagated = (tape: Tape) => {
      const e = tape.lightgcnReadout(graph, embedding, layers, 1 / (layers + 1));
      const sides = sidesOf(tape, e, users);
      return { users: sides.users, items: tape.add(sides.items, sidesOf(tape, embedding, users).items) };
    };
    const target = (tape: Tape, x: Tensor, name: string) => tape.dropout(tape.detach(x), dropout, tape.stream(name));

    return {
      parameters: Object.assign(
        { embedding, ...features.parameters, ...predictor.parameters },
        ...modalities.map(({ project }) => project.parameters),
      ),
      forward: (tape) => {
        const tables = propagated(tape);
        return { users: predictor.apply(tape, tables.users), items: predictor.apply(tape, tables.items), tables };
      },
      rows: (tape, { users: userIds, positives }) => {
        const tables = propagated(tape);
        const positive = predictor.apply(tape, tape.gatherRows(tables.items, positives));
        const user = predictor.apply(tape, tape.gatherRows(tables.users, userIds));
        return { user, positive, negative: positive, tables }; // the loss has no negatives
      },
      loss: (tape, { users: userIds, positives }, { user, positive, tables }) => {
        const userTarget = target(tape, tape.gatherRows(tables.users, userIds), 'user target');
        const itemTarget = target(tape, tape.gatherRows(tables.items, positives), 'item target');
        const distances = modalities.flatMap(({ modality, values, project }) => {
          const projected = project.apply(tape, tape.gatherRows(values, positives));
          const online = predictor.apply(tape, projected);
          const own = target(tape, projected, `${modality} target`);
          return [itemTarget, own].map((to) => tape.scale(cosineDistance(tape, online, to), modalityLoss));
        });
        const norms = [tables.users, tables.items].map((x) => tape.unary(tape.squaredNorm(x), 'sqrt'));
        return tape.total([
          cosineDistance(tape, user, itemTarget),
          cosineDistance(tape, positive, userTarget),
          ...distances,
          ...norms.map((norm) => tape.scale(norm, l2 / items)),
        ]);
      },
    };
  },
});

/** [1, 1]: 1 minus the mean cosine of the rows of a and b [n, d]; a row of zeros has cosine 0. */
function cosineDistance(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const cosines = tape.rowDot(tape.normalizeRows(a), tape.normalizeRows(b));
  return tape.unary(tape.scale(tape.mean(cosines), -1), 'shift', 1);
}
