import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Ints } from '@agentmmrec/kernels';
import type { Batch, Represented } from '../contract/data.js';
import { defineModel, type PartContext } from '../contract/model.js';
import { constantFeatures } from '../parts/featureTables.js';
import { linearLayer } from '../parts/linear.js';
import { prunedBpr } from '../parts/prunedLoss.js';
import { egoRegulariser } from '../parts/regulariser.js';
import { sideGraphs } from '../parts/sideGraphs.js';
import { nodeTable, sidesOf } from '../parts/tables.js';
import { augmentedTriples } from './augmentedTriples.js';
import { llmrecOptions } from './options.js';
import { hiddenRows, type MaskedRows, maskedRows } from './restoration.js';

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
    const { dimensions: d, layers, dropout, pruned, kept, restoration } = options;
    const initial = 'xavierUniform' as const;
    const toDimensions = (name: string, inputs: number) => linearLayer(context, name, { inputs, outputs: d, initial });
    const ids = nodeTable(context, 'ids', d, initial); // [users + items, d]
    const modalities = features.map((of) => ({
      name: of.modality,
      values: constantFeatures(context, of), // [items, width]
      project: toDimensions(`projection.${of.modality}`, of.matrix.cols),
    }));
    const known = knownRows(context);
    const { profiles, attributes, edges: added } = known;
    const projectProfile = profiles && toDimensions('projection.profile', known.profileWidth);
    const projectAttribute = attributes.length > 0 ? toDimensions('projection.attribute', known.attributeWidth) : null;
    const decoderOf = (name: string, outputs: number) =>
      restoration > 0 && outputs > 0 ? linearLayer(context, name, { inputs: d, outputs }) : null;
    const decoders = {
      profile: decoderOf('decoder.profile', known.profileWidth),
      attribute: decoderOf('decoder.attribute', known.attributeWidth),
    };
    const graph = sideGraphs(device, data.train);

    const dropped = (tape: Tape, x: Tensor, name: string) => tape.dropout(x, dropout, tape.stream(`dropout ${name}`));
    /** What items have, at their users and back. */
    const fromItems = (tape: Tape, x: Tensor): Sides => {
      const ofUsers = tape.spmm(graph.users, x);
      return { users: ofUsers, items: tape.spmm(graph.items, ofUsers) };
    };
    /** What users have, at their items and back. */
    const fromUsers = (tape: Tape, x: Tensor): Sides => {
      const ofItems = tape.spmm(graph.items, x);
      return { users: tape.spmm(graph.users, ofItems), items: ofItems };
    };
    const layersOf = (tape: Tape): Sides => {
      const all: [Sides, ...Sides[]] = [sidesOf(tape, ids, users)];
      for (let layer = 1; layer <= layers; layer++) {
        const after = (x: Tensor) => (layer === layers ? tape.softmaxRows(x) : x);
        const ofUsers = after(tape.spmm(graph.users, all[layer - 1].items));
        all.push({ users: ofUsers, items: after(tape.spmm(graph.items, ofUsers)) });
      }
      const mean = (side: keyof Sides) => {
        const [first, ...others] = all.map((layer) => layer[side]);
        return tape.scale(tape.total([first, ...others]), 1 / all.length);
      };
      return { users: mean('users'), items: mean('items') };
    };
    const hidden = (tape: Tape, count: number, name: string, decoder: unknown): Ints | null =>
      tape.recording && decoder !== null ? hiddenRows(tape, count, options.masked, `masked ${name}`) : null;

    const forward = (tape: Tape) => {
      const hiddenUsers = hidden(tape, users, 'users', decoders.profile);
      const hiddenItems = hidden(tape, items, 'items', decoders.attribute);
      const content = modalities.map(({ name, values, project }) =>
        fromItems(tape, dropped(tape, project.apply(tape, values), name)),
      );
      const profile =
        profiles && projectProfile
          ? fromUsers(tape, dropped(tape, projectProfile.apply(tape, profiles.seen(tape, hiddenUsers)), 'profile'))
          : null;
      const ofAttributes = attributes.map(({ name, rows }) => {
        const projected = projectAttribute?.apply(tape, rows.seen(tape, hiddenItems));
        if (!projected) throw new Error('attributes have a projection');
        return fromItems(tape, dropped(tape, projected, name));
      });
      const weighed = [
        ...content.map((sides) => ({ sides, weight: options.featureWeight })),
        ...(profile ? [{ sides: profile, weight: options.profileWeight }] : []),
        ...ofAttributes.map((sides) => ({ sides, weight: options.attributeWeight })),
      ];
      const base = layersOf(tape);
      const side = (of: keyof Sides) =>
        weighed.reduce((sum, { sides, weight }) => tape.add(sum, tape.normalizeRows(sides[of]), 1, weight), base[of]);
      return { users: side('users'), items: side('items'), content, profile, ofAttributes, hiddenUsers, hiddenItems };
    };
    type Made = Omit<ReturnType<typeof forward>, keyof Sides>;

    const restored = (tape: Tape, { profile, ofAttributes, hiddenUsers, hiddenItems }: Made): Tensor[] => [
      ...(profiles && profile && hiddenUsers && decoders.profile
        ? [profiles.loss(tape, hiddenUsers, decoders.profile, profile.users)]
        : []),
      ...attributes.flatMap(({ rows }, a) =>
        hiddenItems && decoders.attribute
          ? [rows.loss(tape, hiddenItems, decoders.attribute, ofAttributes[a].items)]
          : [],
      ),
    ];
    const ofKnowledge = (tape: Tape, batch: Batch, { profile, ofAttributes }: Made): Tensor[] => {
      if (!profile) return [];
      const user = tape.gatherRows(profile.users, batch.users);
      return ofAttributes.map((of) => prunedBpr(tape, { user, ...itemRows(tape, of, batch) }, { pruned, kept }));
    };

    return {
      parameters: Object.assign(
        { ids },
        ...[
          ...modalities.map(({ project }) => project),
          projectProfile,
          projectAttribute,
          ...Object.values(decoders),
        ].map((layer) => layer?.parameters ?? {}),
      ) as Record<string, Tensor>,
      optimizer: () => ({ weightDecay: options.weightDecay }),
      ...(added &&
        options.augmented > 0 && {
          triples: (tape: Tape, batch: Batch) => augmentedTriples(tape, batch, added, options.augmented),
        }),
      forward: (tape) => forward(tape),
      loss: (tape, batch, made) => {
        const weighed = (terms: readonly Tensor[], weight: number) =>
          weight > 0 ? terms.map((term) => tape.scale(term, weight)) : [];
        const ofContent = made.content.map((of) =>
          prunedBpr(
            tape,
            { user: tape.gatherRows(of.users, batch.users), ...itemRows(tape, of, batch) },
            { pruned, kept },
          ),
        );
        const tables = made.content.flatMap((of) => [of.users, of.items]);
        return tape.total([
          prunedBpr(tape, made, { pruned, kept }),
          egoRegulariser(tape, made, batch.size, options.l2),
          ...tables.map((table) => tape.squaredNorm(table, options.featureL2 / (2 * items))),
          ...weighed(ofContent, options.modalityLoss),
          ...weighed(ofKnowledge(tape, batch, made), options.augmentationLoss),
          ...weighed(restored(tape, made), restoration),
        ]);
      },
    };
  },
});

function itemRows(tape: Tape, { items }: Sides, { positives, negatives }: Batch) {
  return { positive: tape.gatherRows(items, positives), negative: tape.gatherRows(items, negatives) };
}

/** What a reasoner added, as far as it is there. */
function knownRows(context: PartContext) {
  const { data, remark } = context;
  const { profiles = null, attributes = [], edges = null } = data.knowledge?.augmentation ?? {};
  const absent = [
    ...(profiles ? [] : ['profiles']),
    ...(attributes.length > 0 ? [] : ['attributes']),
    ...(edges ? [] : ['edges']),
  ];
  if (absent.length > 0) remark(`no ${absent.join(', ')} by a reasoner: these parts of LLMRec are absent`);
  return {
    edges,
    profiles: profiles && maskedRows(context, profiles, 'profiles'),
    profileWidth: profiles?.cols ?? 0,
    attributes: attributes.map(({ name, embeddings }): { name: string; rows: MaskedRows } => ({
      name,
      rows: maskedRows(context, embeddings, `attribute ${name}`),
    })),
    attributeWidth: attributes[0]?.embeddings.cols ?? 0,
  };
}
