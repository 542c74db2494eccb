import type { Tape, Tensor } from '@agentmmrec/autograd';
import { flag, integer, real } from '@agentmmrec/core';
import type { Batch, Represented } from './contract/data.js';
import { defineModel } from './contract/model.js';
import { distinctIds, infonceOfBothViews } from './parts/contrast.js';
import { enteringFeatures, featureRankOption } from './parts/enteringFeatures.js';
import { foundGraphs } from './parts/foundGraphs.js';
import { criticOptions, interactionCritic } from './parts/interactionCritic.js';
import { linearLayer } from './parts/linear.js';
import { egoRegulariser } from './parts/regulariser.js';
import { sideGraphs } from './parts/sideGraphs.js';
import { nodeTable, sidesOf } from './parts/tables.js';
import { viewAttention } from './parts/viewAttention.js';

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
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    featureRank: featureRankOption('full'),
    layers: integer(2, {
      min: 1,
      max: 8,
      help: 'propagation layers over the user-item graph, the last with a softmax',
    }),
    heads: integer(4, { min: 1, help: 'heads of the attention between views; they divide the dimensions' }),
    attention: flag(true, 'views weigh each other; off: each view by itself, as in the code'),
    idWeight: real(0.36, { min: 0, help: 'weight of the attended views beside the ids' }),
    featureWeight: real(0.55, { min: 0, help: 'weight of each modality’s content beside the layers' }),
    graphShare: real(1e-4, { min: 0, max: 1, help: 'part of the items that a user has in a view’s graph, at least 1' }),
    dropout: real(0.2, { min: 0, max: 0.99, help: 'part of the projected features dropped' }),
    infonce: real(0.03, { min: 0, help: 'weight of InfoNCE between views and representation' }),
    temperature: real(0.5, { min: 1e-3, help: 'temperature of InfoNCE' }),
    l2: real(1e-5, { min: 0, help: 'weight of half the squared norm of the batch’s rows, by triple' }),
    featureL2: real(1e-5, { min: 0, help: 'weight of half the squared norm of all content, by item' }),
    weightDecay: real(0.01, { min: 0, help: 'decoupled weight decay of all parameters but the critic’s' }),
    adversarial: flag(true, 'with the critic; off: without the adversarial part'),
    adversarialWeight: real(1e-4, { min: 0, help: 'weight of what the critic says of the content' }),
    ...criticOptions,
  },
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
        const ofUsers = tape.spmm(graph.users, projected);
        return { users: ofUsers, items: tape.spmm(graph.items, ofUsers) };
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
      const all: [Sides, ...Sides[]] = [attended];
      for (let layer = 1; layer <= layers; layer++) {
        const after = (x: Tensor) => (layer === layers ? tape.softmaxRows(x) : x);
        const ofUsers = after(tape.spmm(graph.users, all[layer - 1].items));
        all.push({ users: ofUsers, items: after(tape.spmm(graph.items, ofUsers)) });
      }
      const whole = bothSides((side) => {
        const [first, ...others] = all.map((layer) => layer[side]);
        const mean = tape.scale(tape.total([first, ...others]), 1 / all.length);
        return content.reduce((sum, of) => tape.add(sum, tape.normalizeRows(of[side]), 1, featureWeight), mean);
      });
      return { ...whole, whole, content, views };
    };

    const parameters: Readonly<Record<string, Tensor>> = Object.assign(
      { ids, ...attend.parameters },
      ...modalities.map(({ project }) => project.parameters),
    );
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

function bothSides(make: (side: keyof Sides) => Tensor): Sides {
  return { users: make('users'), items: make('items') };
}
