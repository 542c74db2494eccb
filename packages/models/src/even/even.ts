import { parameter, Tape, type Tensor, uploadSparse } from '@agentmmrec/autograd';
import { choice, integer, real } from '@agentmmrec/core';
import { defineModel } from '../contract/model.js';
import { modalityGraphs } from '../parts/graphs/itemGraphs.js';
import { carried } from '../parts/graphs/propagation.js';
import { epochGraph, heaviestInteractions, sampleInteractions } from '../parts/graphs/sampledGraph.js';
import { infonceOfEntities } from '../parts/losses/contrast.js';
import { egoRegulariser, l2Option } from '../parts/losses/regulariser.js';
import { nodeTable, sidesOf } from '../parts/tables.js';
import { confidenceGraph } from './confidence.js';
import { itemContributions } from './contribution.js';

/** EVEN, a reconstruction: equations, what is known and what is inferred stand in docs/reconstructions.md#even. */
export const even = defineModel({
  name: 'even',
  source: 'Qi et al. 2025, AAAI, abstract, as docs/reconstructions.md has it',
  reconstruction: true,
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    layers: integer(2, { min: 1, max: 8, help: 'propagation layers over the user-item graph' }),
    itemLayers: integer(1, { min: 0, max: 8, help: 'propagation layers over the item graphs' }),
    k: integer(10, { min: 1, help: 'neighbours of an item in a modality, itself among them' }),
    behaviour: real(0.5, {
      min: 0,
      max: 1,
      help: 'weight of common buyers beside similarity in the confidence of an edge',
    }),
    itemPruning: real(0.2, {
      min: 0,
      max: 0.99,
      help: 'part of the edges between items that is pruned, the least confident',
    }),
    dropout: real(0.2, { min: 0, max: 0.99, help: 'part of the user-item edges that an epoch goes without' }),
    pruning: choice(
      'sampled',
      ['sampled', 'lowest'],
      'user-item edges are drawn by contribution and degrees, or those with least of it are left out',
    ),
    infonce: real(0.01, { min: 0, help: 'weight of InfoNCE of users between the pruned graph and the whole one' }),
    viewAlignment: real(0.01, { min: 0, help: 'weight of InfoNCE of items between each modality and behaviour' }),
    temperature: real(0.2, { min: 1e-3, help: 'temperature of InfoNCE' }),
    l2: l2Option(0.1),
  },
  build: (context) => {
    const { device, data, random } = context;
    const { users, items } = data;
    const { dimensions, layers, itemLayers, k, behaviour, itemPruning, dropout, pruning } = context.options;
    const { infonce, viewAlignment, temperature, l2 } = context.options;
    const embedding = nodeTable(context, 'embedding', dimensions, 'xavierUniform'); // [users + items, dimensions]
    const lists = modalityGraphs(context, { k, self: 'include' });
    const modalWeight = parameter(device, [1, lists.length], device.floats(lists.length), 'modalWeight');
    const itemGraphs = lists.map((of) =>
      uploadSparse(device, confidenceGraph(of.lists, data.train, { behaviour, pruned: itemPruning })),
    );
    const contributionsOf = itemContributions(context);
    const contribution = device.floats(items);
    const graph = epochGraph(context, dropout, (interactions, part, epoch) => {
      const worth = device.read(contribution);
      return pruning === 'lowest'
        ? heaviestInteractions(interactions, part, worth)
        : sampleInteractions(interactions, part, random.stream('edges', epoch), worth);
    });

    const readout = (tape: Tape, a: Parameters<Tape['lightgcnReadout']>[0]) =>
      sidesOf(tape, tape.lightgcnReadout(a, embedding, layers, 1 / (layers + 1)), users);
    const forward = (tape: Tape) => {
      const behavioural = readout(tape, graph.over(tape));
      const ids = sidesOf(tape, embedding, users).items;
      const views = itemGraphs.map((a) => carried(tape, a, ids, itemLayers));
      const shares = tape.softmaxRows(modalWeight); // [1, modalities]
      const ones = tape.filled([1, dimensions], 1);
      const [first, ...others] = views.map((view, m) =>
        tape.scaleColumns(view, tape.gemm(tape.columns(shares, m, 1), ones)),
      );
      const represented = tape.add(behavioural.items, tape.total([first, ...others]));
      return { users: behavioural.users, items: represented, behavioural, views };
    };

    return {
      parameters: { embedding, modalWeight },
      state: { contribution },
      beforeEpoch: (epoch, resumed) => {
        if (dropout > 0 && !resumed) {
          const tape = new Tape(device, { recording: false });
          tape.step(() => device.write(contribution, contributionsOf(tape, forward(tape)).read()));
        }
        graph.beforeEpoch(epoch);
      },
      forward: (tape) => forward(tape),
      terms: (tape, batch, made) => {
        const contrast = (a: Tensor, b: Tensor, ids: typeof batch.users, weight: number) =>
          tape.scale(infonceOfEntities(tape, a, b, ids, temperature), weight);
        const { behavioural, views } = made;
        const ofUsers = () => contrast(behavioural.users, readout(tape, graph.whole).users, batch.users, infonce);
        return [
          egoRegulariser(tape, made, batch.size, l2),
          ...(infonce > 0 && dropout > 0 ? [ofUsers()] : []),
          ...(viewAlignment > 0
            ? views.map((view) => contrast(view, behavioural.items, batch.positives, viewAlignment))
            : []),
        ];
      },
    };
  },
});
