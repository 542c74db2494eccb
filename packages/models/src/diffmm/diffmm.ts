import { parameter, type Tape, type Tensor } from '@agentmmrec/autograd';
import { rankUsers } from '@agentmmrec/evaluation';
import type { Ints } from '@agentmmrec/kernels';
import type { Represented, UserBatch } from '../contract/data.js';
import { defineModel } from '../contract/model.js';
import { enteringFeatures } from '../parts/features/enteringFeatures.js';
import { symmetricWithSelfGraph } from '../parts/graphs/propagation.js';
import { linearLayer } from '../parts/linear.js';
import { infonceAgainstAll } from '../parts/losses/contrast.js';
import { pairsOf } from '../parts/losses/pairs.js';
import { parametersOf, tableOf } from '../parts/parameters.js';
import { nodesOf, nodeTable, sidesOf } from '../parts/tables.js';
import { listGraphs } from './listGraphs.js';
import { diffmmOptions, diffmmPresets } from './options.js';
import { rowDiffusion } from './rowDiffusion.js';

/**
 * DiffMM: A joins users and items, each with itself too; G_m is the graph that a diffusion of modality m (`rowDiffusion`) gives each epoch. From ids
 * [u; i] and unit projected features f_m: p = A [u; f_m], e = sum_m softmax(w)_m (p + A [p_u; i] + rebuiltWeight * G_m [u; i]); representation
 * sum_l A^l e + modalWeight * unit e. Loss: BPR, l2 * |ids|^2, infonce * InfoNCE of the batch against all between views sum_l A^l G_m [u; f_m].
 *
 * Source: Jiang et al. 2024, "DiffMM: Multi-Modal Diffusion Model for Recommendation", section 3, with its code's choices; presets are the settings
 * that its code publishes by data set, all with learning rate 1e-3 and batches of 1024.
 */
export const diffmm = defineModel({
  name: 'diffmm',
  source: 'Jiang et al. 2024, ACM Multimedia, section 3',
  needs: ['features'],
  options: diffmmOptions,
  presets: diffmmPresets,
  build: (context) => {
    const { data, device, options } = context;
    const { users, items, features } = data;
    const { dimensions: d, layers, linear, infonce, temperature } = options;
    const ids = nodeTable(context, 'ids', d, 'xavierUniform'); // [users + items, d]
    const modalities = features.map((of) => {
      const { values, inputs } = enteringFeatures(context, of, options.featureRank); // [items, inputs]
      const law = linear ? {} : { bias: false, initial: 'xavierUniform' as const };
      const project = linearLayer(context, `${of.modality}.project`, { inputs, outputs: d, ...law });
      return { values, project, diffusion: rowDiffusion(context, `${of.modality}.denoiser`, options) };
    });
    const weights = parameter(device, [1, features.length], device.floats(features.length), 'modalWeights'); // before the softmax
    const graph = symmetricWithSelfGraph(context);
    const k = Math.min(options.k, items);
    const rebuilt = listGraphs(context, k, options.edgeDropout);

    const contentOf = (tape: Tape, { values, project }: (typeof modalities)[number]): Tensor => {
      const projected = project.apply(tape, values);
      return linear ? projected : tape.unary(projected, 'leakyRelu', 0.2);
    };
    const nobodys = { users, items, offsets: new Int32Array(users + 1), itemIds: new Int32Array(0) };
    /** Writes the k best of these users' denoised rows, what they have among them: a pass that learns nothing. */
    const rebuild = (tape: Tape, batch: UserBatch): Tensor => {
      const userIds = device.read(batch.users).slice();
      for (const [m, { diffusion }] of modalities.entries()) {
        const ranking = { items, write: diffusion.denoise };
        rebuilt.write(m, userIds, rankUsers({ device, ranking, mask: nobodys, userIds, k }).items);
      }
      return tape.filled([1, 1], 0);
    };

    const main = parametersOf(tableOf(ids), tableOf(weights), ...modalities.map(({ project }) => project));
    return {
      parameters: { ...main, ...parametersOf(...modalities.map(({ diffusion }) => diffusion)) },
      state: rebuilt.state,
      beforeEpoch: rebuilt.beforeEpoch,
      restored: rebuilt.restored,
      passes: [
        {
          over: 'users',
          updates: modalities.map((modality) => ({
            parameters: Object.keys(modality.diffusion.parameters),
            loss: (tape, batch) => {
              const of = { content: contentOf(tape, modality), ids: sidesOf(tape, ids, users).items };
              return modality.diffusion.loss(tape, device.read(batch.users), of);
            },
          })),
        },
        { over: 'users', updates: [{ parameters: [], loss: rebuild }] },
        { over: 'triples', updates: [{ parameters: Object.keys(main) }] },
      ],
      forward: (tape) => {
        const a = graph;
        const own = sidesOf(tape, ids, users);
        const shares = tape.softmaxRows(weights);
        const ones = tape.filled([1, d], 1);
        const withFeatures = modalities.map((of) =>
          nodesOf(tape, { users: own.users, items: tape.normalizeRows(contentOf(tape, of)) }),
        );
        const weighed = withFeatures.map((x, m) => {
          const once = tape.spmm(a, x);
          const twice = tape.spmm(a, nodesOf(tape, { users: sidesOf(tape, once, users).users, items: own.items }));
          const e = tape.add(tape.add(once, twice), tape.spmm(rebuilt.graph(m), ids, options.rebuiltWeight));
          return tape.scaleColumns(e, tape.gemm(tape.columns(shares, m, 1), ones));
        });
        const joined = tape.total(weighed as [Tensor, ...Tensor[]]);
        const layered = tape.lightgcnReadout(a, joined, layers, 1);
        const whole = tape.add(layered, tape.normalizeRows(joined), 1, options.modalWeight);
        return { ...sidesOf(tape, whole, users), whole, withFeatures };
      },
      terms: (tape, batch, { whole, withFeatures }) => {
        const terms = [tape.squaredNorm(ids, options.l2)];
        if (infonce === 0) return terms;
        const views = withFeatures.map((x, m) =>
          tape.lightgcnReadout(graph, tape.spmm(rebuilt.graph(m), x), layers, 1),
        );
        const unit = (x: Tensor): Represented<Tensor> => sidesOf(tape, tape.normalizeRows(x), users);
        const units = views.map(unit);
        const pairs = options.contrast === 'modalities' ? pairsOf(units) : units.map((view) => [unit(whole), view]);
        const against = (first: Tensor, second: Tensor, of: Ints): Tensor =>
          infonceAgainstAll(tape, (ids) => tape.gatherRows(first, ids), second, of, temperature);
        for (const [first, second] of pairs) {
          const users = against(first.users, second.users, batch.users);
          terms.push(tape.add(users, against(first.items, second.items, batch.positives), infonce, infonce));
        }
        return terms;
      },
    };
  },
});
