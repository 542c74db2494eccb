import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Batch, Represented } from '../contract/data.js';
import { defineModel } from '../contract/model.js';
import { constantFeatures } from '../parts/features/featureTables.js';
import { sideGraphs } from '../parts/graphs/sideGraphs.js';
import { bothSides, fromItems, fromUsers, meanOfLayers } from '../parts/graphs/sideLayers.js';
import { linearLayer } from '../parts/linear.js';
import { egoRegulariser } from '../parts/losses/regulariser.js';
import { parametersOf, tableOf } from '../parts/parameters.js';
import { nodeTable, sidesOf } from '../parts/tables.js';
import { augmentedTriples } from './augmentedTriples.js';
import { addedKnowledge, knownTables } from './knownTables.js';
import { llmrecOptions } from './options.js';
import { prunedBpr } from './prunedLoss.js';

type Sides = Represented<Tensor>;

/** LLMRec: equations, and what differs from its code and why, stand in docs/method.md#llmrec. */
export const llmrec = defineModel({
  name: 'llmrec',
  source: 'Wei et al. 2024, WSDM, section 4',
  needs: ['features', 'augmentation'],
  learningRate: 1e-4,
  tuning: { augmented: [0, 0.1], learningRate: [1e-4, 1e-3] },
  options: llmrecOptions,
  build: (context) => {
    const { data, device, options } = context;
    const { users, items, features } = data;
    const { dimensions: d, layers, dropout, restoration } = options;
    const initial = 'xavierUniform' as const;
    const ids = nodeTable(context, 'ids', d, initial); // [users + items, d]
    const modalities = features.map((of) => ({
      name: of.modality,
      values: constantFeatures(context, of), // [items, width]
      project: linearLayer(context, `projection.${of.modality}`, { inputs: of.matrix.cols, outputs: d, initial }),
    }));
    const added = addedKnowledge(context);
    const profiles = knownTables(context, { kind: 'profile', of: 'users' }, added.profiles, options);
    const attributes = knownTables(context, { kind: 'attribute', of: 'items' }, added.attributes, options);
    const graph = sideGraphs(device, data.train);

    const dropped = (tape: Tape, x: Tensor, name: string) => tape.dropout(x, dropout, tape.stream(`dropout ${name}`));
    const forward = (tape: Tape) => {
      const [hiddenUsers, hiddenItems] = [profiles.hidden(tape), attributes.hidden(tape)];
      const ofItems = (x: Tensor, name: string) => fromItems(tape, graph, dropped(tape, x, name));
      const ofUsers = (x: Tensor, name: string) => fromUsers(tape, graph, dropped(tape, x, name));
      const content = modalities.map(({ name, values, project }) => ofItems(project.apply(tape, values), name));
      const ofProfiles = profiles.brought(tape, hiddenUsers, ofUsers);
      const ofAttributes = attributes.brought(tape, hiddenItems, ofItems);
      const weighed = [
        ...content.map((sides) => ({ sides, weight: options.featureWeight })),
        ...ofProfiles.map((sides) => ({ sides, weight: options.profileWeight })),
        ...ofAttributes.map((sides) => ({ sides, weight: options.attributeWeight })),
      ];
      const base = meanOfLayers(tape, graph, sidesOf(tape, ids, users), layers);
      const whole = bothSides((of) =>
        weighed.reduce((sum, { sides, weight }) => tape.add(sum, tape.normalizeRows(sides[of]), 1, weight), base[of]),
      );
      return { ...whole, content, ofProfiles, ofAttributes, hiddenUsers, hiddenItems };
    };
    type Made = Omit<ReturnType<typeof forward>, keyof Sides>;

    const rowsOf = (tape: Tape, of: Sides, { positives, negatives }: Batch) => ({
      positive: tape.gatherRows(of.items, positives),
      negative: tape.gatherRows(of.items, negatives),
    });
    const ofContent = (tape: Tape, batch: Batch, { content }: Made): Tensor[] =>
      content.map((of) => {
        const user = tape.gatherRows(of.users, batch.users);
        return prunedBpr(tape, { user, ...rowsOf(tape, of, batch) }, options);
      });
    const ofKnowledge = (tape: Tape, batch: Batch, { ofProfiles, ofAttributes }: Made): Tensor[] =>
      ofProfiles.flatMap((profile) => {
        const user = tape.gatherRows(profile.users, batch.users);
        return ofAttributes.map((of) => prunedBpr(tape, { user, ...rowsOf(tape, of, batch) }, options));
      });
    const restored = (tape: Tape, { ofProfiles, ofAttributes, hiddenUsers, hiddenItems }: Made): Tensor[] => [
      ...profiles.restored(
        tape,
        hiddenUsers,
        ofProfiles.map((of) => of.users),
      ),
      ...attributes.restored(
        tape,
        hiddenItems,
        ofAttributes.map((of) => of.items),
      ),
    ];

    const { edges } = added;
    const projections = [...modalities, profiles, attributes].map(({ project }) => project);
    return {
      parameters: parametersOf(tableOf(ids), ...projections, profiles.decoder, attributes.decoder),
      optimizer: () => ({ weightDecay: options.weightDecay }),
      ...(edges &&
        options.augmented > 0 && {
          triples: (tape: Tape, batch: Batch) => augmentedTriples(tape, batch, edges, options.augmented),
        }),
      forward: (tape) => forward(tape),
      loss: (tape, batch, made) => {
        const weighed = (terms: readonly Tensor[], weight: number) =>
          weight > 0 ? terms.map((term) => tape.scale(term, weight)) : [];
        const content = ofContent(tape, batch, made);
        const tables = made.content.flatMap((of) => [of.users, of.items]);
        return tape.total([
          prunedBpr(tape, made, options),
          egoRegulariser(tape, made, batch.size, options.l2),
          ...tables.map((table) => tape.squaredNorm(table, options.featureL2 / (2 * items))),
          ...weighed(content, options.modalityLoss),
          ...weighed(ofKnowledge(tape, batch, made), options.augmentationLoss),
          ...weighed(restored(tape, made), restoration),
        ]);
      },
    };
  },
});
