import type { Tape, Tensor } from '@agentmmrec/autograd';
import { flag, integer, real } from '@agentmmrec/core';
import type { Batch, Represented } from './contract/data.js';
import { defineModel } from './contract/model.js';
import { enteringFeatures, featureRankOption } from './parts/features/enteringFeatures.js';
import { propagationGraph, userItemGraph } from './parts/graphs/propagation.js';
import { infonceAgainstAll } from './parts/losses/contrast.js';
import { pairsOf } from './parts/losses/pairs.js';
import { normRegulariser } from './parts/losses/regulariser.js';
import { nodesOf, nodeTable, sidesOf, weightsOver } from './parts/tables.js';

/**
 * LGMRec: local and global graphs side by side. Local: C, the mean of the layers of A^l E, and in each modality A^n [mean of a user's
 * items; X W]. Global: items and users belong softly to a few hyperedges of each modality, H_i = X V and H_u = R X V by Gumbel softmax,
 * over which the items of C are spread, G_i = H_i H_i^T C_i and G_u = H_u H_i^T C_i. E' = C + sum_m unit rows of local m + alpha * unit
 * rows of sum_m G_m. Loss: BPR, plus infonce * sum of the batch's InfoNCE between the modalities' G against all rows, plus l2 / B * the
 * norms (not their squares) of the batch's rows.
 *
 * Source: Guo et al. 2024, "LGMRec: Local and Global Graph Learning for Multimodal Recommendation", eq. 1-17; options as its code has
 * them for Baby. That code draws Gumbel noise in ranking too; here ranking sees the softmax without noise.
 */
export const lgmrec = defineModel({
  name: 'lgmrec',
  source: 'Guo et al. 2024, AAAI, eq. 1-17',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    featureRank: featureRankOption('full'),
    layers: integer(2, { min: 1, max: 8, help: 'propagation layers of the ids' }),
    modalityLayers: integer(2, { min: 1, max: 8, help: 'propagation layers of the modalities' }),
    hyperLayers: integer(1, { min: 1, max: 8, help: 'passes over the hyperedges' }),
    hyperedges: integer(4, { min: 1, help: 'hyperedges of a modality' }),
    temperature: real(0.2, { min: 1e-3, help: 'temperature of the Gumbel softmax and of InfoNCE' }),
    gumbel: flag(true, 'noise in the memberships of training steps'),
    dropout: real(0.5, { min: 0, max: 0.99, help: 'part of the memberships in hyperedges that a step goes without' }),
    alpha: real(0.3, { min: 0, help: 'weight of the global part' }),
    infonce: real(1e-4, { min: 0, help: 'weight of InfoNCE between the global parts of the modalities' }),
    l2: real(1e-6, { min: 0, help: 'weight of the norms of the batch rows over the batch size' }),
  },
  build: (context) => {
    const { data, options } = context;
    const { users } = data;
    const { dimensions: d, layers, modalityLayers, hyperLayers, hyperedges, temperature, dropout, alpha } = options;
    const embedding = nodeTable(context, 'embedding', d, 'xavierUniform'); // [users + items, d]
    const graph = propagationGraph(context, 'symmetric');
    const bought = userItemGraph(context, 'one');
    const mean = userItemGraph(context, 'row');
    const modalities = data.features.map((features) => {
      const { modality: name } = features;
      const { values, inputs } = enteringFeatures(context, features, options.featureRank); // [items, inputs]
      const weights = (of: string, columns: number) =>
        weightsOver(context, `${name}.${of}`, inputs, columns, 'xavierUniform');
      return { name, values, project: weights('project', d), hyper: weights('hyperedges', hyperedges) };
    });
    /** How far each row belongs to the hyperedges, [rows, hyperedges]; without noise where nothing is recorded. */
    const membership = (tape: Tape, logits: Tensor, name: string): Tensor =>
      tape.dropout(
        tape.recording && options.gumbel
          ? tape.gumbelSoftmax(logits, temperature, tape.stream(`gumbel, ${name}`))
          : tape.softmaxRows(tape.scale(logits, 1 / temperature)),
        dropout,
        tape.stream(`dropout, ${name}`),
      );
    return {
      parameters: Object.fromEntries(
        [embedding, ...modalities.flatMap(({ project, hyper }) => [project, hyper])].map((of) => [of.name, of]),
      ),
      forward: (tape) => {
        const a = graph;
        const collaborative = tape.lightgcnReadout(a, embedding, layers, 1 / (layers + 1)); // [users + items, d]
        const { items: c } = sidesOf(tape, collaborative, users);
        const local = modalities.map(({ values, project }) => {
          const items = tape.gemm(values, project); // [items, d]
          let layer = nodesOf(tape, { users: tape.spmm(mean, items), items });
          for (let l = 0; l < modalityLayers; l++) layer = tape.spmm(a, layer);
          return tape.normalizeRows(layer);
        });
        const global = modalities.map(({ name, values, hyper }): Represented<Tensor> => {
          const logits = tape.gemm(values, hyper); // [items, hyperedges]
          const ofItems = membership(tape, logits, `items, ${name}`);
          const ofUsers = membership(tape, tape.spmm(bought, logits), `users, ${name}`);
          let [items, spread] = [c, c];
          for (let l = 0; l < hyperLayers; l++) {
            const edge = tape.gemm(ofItems, items, { transposeA: true }); // [hyperedges, d]
            items = tape.gemm(ofItems, edge);
            spread = tape.gemm(ofUsers, edge);
          }
          return { users: spread, items };
        });
        const [first, ...others] = global.map((sides) => nodesOf(tape, sides));
        const together = tape.scale(tape.normalizeRows(tape.total([first, ...others])), alpha);
        return { ...sidesOf(tape, tape.total([collaborative, ...local, together]), users), global };
      },
      terms: (tape, batch, { user, positive, negative, global }) => {
        const contrast = (a: Tensor, b: Tensor, ids: Batch['users']): Tensor => {
          const unitRows = (of: Batch['users']) => tape.normalizeRows(tape.gatherRows(a, of));
          const mean = infonceAgainstAll(tape, unitRows, tape.normalizeRows(b), ids, temperature);
          return tape.scale(mean, options.infonce * batch.size);
        };
        const contrasts = pairsOf(global).flatMap(([a, b]) => [
          contrast(a.users, b.users, batch.users),
          contrast(a.items, b.items, batch.positives),
        ]);
        const norms = normRegulariser(tape, { user, positive, negative }, batch.size, options.l2);
        return [norms, ...(options.infonce > 0 ? contrasts : [])];
      },
    };
  },
});
