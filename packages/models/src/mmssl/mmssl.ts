import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Batch, Represented } from '../contract/data.js';
import { defineModel } from '../contract/model.js';
import { enteringFeatures } from '../parts/features/enteringFeatures.js';
import { sideGraphs } from '../parts/graphs/sideGraphs.js';
import { bothSides, fromItems, meanOfLayers } from '../parts/graphs/sideLayers.js';
import { linearLayer } from '../parts/linear.js';
import { distinctIds, infonceOfBothViews } from '../parts/losses/contrast.js';
import { egoRegulariser } from '../parts/losses/regulariser.js';
import { parametersOf, tableOf } from '../parts/parameters.js';
import { nodeTable, sidesOf } from '../parts/tables.js';
import { foundGraphs } from './foundGraphs.js';
import { interactionCritic } from './interactionCritic.js';
import { mmsslOptions } from './options.js';
import { viewAttention } from './viewAttention.js';

type Sides = Represented<Tensor>;

/**
 * MMSSL: in each modality content f, the projected features brought to users and back, and a view v, the ids over a graph of the k unseen items of
 * highest f_u . f_i, found each epoch. e = mean of layers over [ids + idWeight * attention(v)] + featureWeight * sum_m unit f. Loss: BPR, L2 of e and f,
 * infonce * InfoNCE(v_u, e_u) - adversarialWeight * D(f); the critic D (`interactionCritic`) has steps of its own.
 *
 * Source: Wei et al. 2023, "Multi-Modal Self-Supervised Learning for Recommendation", section 3, with its code's choices but four mistakes: there
 * attention's weights cancel out, its keys are misplaced queries, D's LeakyReLU has slope 1, k is 0 below 10,000 items and graphs go empty.
 * `attention` off and `slope` 1 are as there.
 */
export const mmssl = defineModel({
  name: 'mmssl',
  source: 'Wei et al. 2023, WWW, section 3',
  needs: ['features'],
  options: mmsslOptions,
  learningRate: 5.5e-4,
  build: (context) => {
    const { data, device, options } = context;
    const { users, items, features } = data;
    const { dimensions: d, layers, heads, attention, idWeight, featureWeight, dropout } = options;
    const initial = 'xavierUniform' as const;
    const ids = nodeTable(context, 'ids', d, initial); // [users + items, d]
    const modalities = features.map((of) => {
      const { values, inputs } = enteringFeatures(context, of, options.featureRank); // [items, inputs]
      const project = linearLayer(context, `${of.modality}.project`, { inputs, outputs: d, initial });
      return { name: of.modality, values, project };
    });
    const attend = viewAttention(context, 'attention', { d, heads, weighs: attention });
    const critic = options.adversarial ? interactionCritic(context, options) : null;
    const graph = sideGraphs(device, data.train);
    const k = Math.min(items, Math.max(1, Math.floor(items * options.graphShare)));
    const found = foundGraphs(context, (tape) => contents(tape, 'graphs'), k);

    /** `use` names what is drawn: two forwards of a step draw apart */
    const contents = (tape: Tape, use: string): Sides[] =>
      modalities.map(({ name, values, project }) => {
        const projected = tape.dropout(project.apply(tape, values), dropout, tape.stream(`${name}, ${use}`));
        return fromItems(tape, graph, projected);
      });
    const represent = (tape: Tape, use: string) => {
      const content = contents(tape, use);
      const own = sidesOf(tape, ids, users);
      const views = modalities.map((_, m): Sides => {
        const a = found.get()?.[m] ?? graph;
        return { users: tape.spmm(a.users, own.items), items: tape.spmm(a.items, own.users) };
      });
      const attended = bothSides((side) => {
        const sides = views.map((view) => view[side]);
        return tape.add(own[side], tape.normalizeRows(attend.apply(tape, sides)), 1, idWeight);
      });
      const layered = meanOfLayers(tape, graph, attended, layers);
      const whole = bothSides((side) =>
        content.reduce((sum, of) => tape.add(sum, tape.normalizeRows(of[side]), 1, featureWeight), layered[side]),
      );
      return { ...whole, whole, content, views };
    };

    const parameters = parametersOf(tableOf(ids), attend, ...modalities.map(({ project }) => project));
    const criticSteps = [critic ?? []].flat().map((of) => ({
      parameters: Object.keys(of.parameters),
      loss: (tape: Tape, batch: Batch) =>
        of.loss(tape, distinctIds(tape, batch.users), (own) => {
          const { whole, content } = represent(own, 'critic');
          return { predicted: whole, content };
        }),
    }));
    return {
      state: found.state,
      beforeEpoch: found.beforeEpoch,
      restored: found.restored,
      parameters: { ...parameters, ...critic?.parameters },
      optimizer: (name) =>
        name in parameters
          ? { weightDecay: options.weightDecay }
          : { learningRate: options.criticRate, beta1: 0.5, beta2: 0.9 },
      passes: [{ over: 'triples', updates: [...criticSteps, { parameters: Object.keys(parameters) }] }],
      forward: (tape) => represent(tape, 'model'),
      terms: (tape, batch, made) => {
        const { whole, content, views } = made;
        const tables = content.flatMap((of) => [of.users, of.items]);
        const userIds = distinctIds(tape, batch.users);
        const rowsOf = ({ users: table }: Sides) => tape.gatherRows(table, tape.ints(userIds));
        const contrasts = options.infonce > 0 ? views : [];
        const judged = critic && options.adversarialWeight > 0 ? [critic.judge(tape, userIds, content)] : [];
        return [
          egoRegulariser(tape, made, batch.size, options.l2),
          ...tables.map((table) => tape.squaredNorm(table, options.featureL2 / (2 * items))),
          ...contrasts.map((view) =>
            tape.scale(infonceOfBothViews(tape, rowsOf(view), rowsOf(whole), options.temperature), options.infonce),
          ),
          ...judged.map((mean) => tape.scale(mean, -options.adversarialWeight)),
        ];
      },
    };
  },
});
