import type { Tape, Tensor } from '@agentmmrec/autograd';
import { missingContent, requireSize } from '../contract/contentErrors.js';
import type { Batch, Represented } from '../contract/data.js';
import { defineModel } from '../contract/model.js';
import { scaleFeatures } from '../parts/features/featureScale.js';
import { convolved, convolvedRows } from '../parts/graphs/convolution.js';
import { parametersOf } from '../parts/parameters.js';
import { replaceRows, sidesOf } from '../parts/tables.js';
import { idTable, initialBlocks, initialRepresentation } from './blocks.js';
import { catalogSoftmax } from './catalogSoftmax.js';
import { coldItems } from './coldItems.js';
import { homogeneousGraphs, rebuildBmu, userItemGraphs } from './graphs.js';
import { linearTables } from './linearTables.js';
import { modalityLosses, regularisers, viewAlignment } from './losses.js';
import { agentmmrecOptions, agentmmrecPresets } from './options.js';
import { stagesOf } from './stages.js';
import { type Contrasts, sideViews, withViews } from './views.js';

/**
 * AgentMMRec: knowledge and ids side by side, propagated by LightGCN and read out over layers (eq. 15, 16), side views of the ids over the
 * items' content added (see `sideViews`), one convolution over the homogeneous graphs; with `linearWeight` the scores of a linear
 * item-item model are added in ranking alone (see `linearScores`).
 *
 * users = E + bmu E (eq. 17); items = E + bmi E + rti E (eq. 18)
 * loss  = BPR (eq. 19) + l2 * sum over trainable row blocks of the mean square of the batch's rows
 *       + projectionL2 * squared weights of the projections + viewAlignment * InfoNCE between side views and propagated ids
 *
 * Source: the AgentMMRec paper. Where the options deviate from its letter and what the defaults rest on: docs/method.md#recommender,
 * docs/method.md#ablations and docs/measurements.md#agentmmrec; `preset: paper` is the letter.
 */
export const agentmmrec = defineModel({
  name: 'agentmmrec',
  source: 'AgentMMRec, eq. 15-19',
  needs: ['features', 'knowledge'],
  retired: { featurePrecision: 'float32' },
  options: agentmmrecOptions,
  presets: agentmmrecPresets,
  build: (given) => {
    const { options } = given;
    const { dimensions, layers } = options;
    const data = { ...given.data, features: scaleFeatures(given.data.features, options.featureScale) };
    const context = { ...given, data };
    const { users, items } = data;
    const { blocks, userKnowledge } = initialBlocks(context, options);
    const graphs = homogeneousGraphs(context, options);
    const graph = userItemGraphs(context, options);
    const views = options.modalities === 'views' ? sideViews(context, options) : null;
    const ids = views && idTable(blocks);
    const linear = linearTables(context, options);
    const weight = options.readout === 'mean' ? 1 / (layers + 1) : 1;
    const shape = { dimensions, columns: blocks.length * dimensions, readoutScale: 1 / weight };
    const cold = views && options.coldItems === 'content' ? coldItems(context, shape) : null;

    const propagated = (tape: Tape): Represented<Tensor> & Omit<Extras, 'whole'> => {
      const { e0, modalities } = initialRepresentation(tape, blocks, users + items, options);
      const e = tape.lightgcnReadout(graph.over(tape), e0, layers, weight); // [users + items, d]
      const sides = sidesOf(tape, e, users);
      if (!views || !ids) return { ...sides, modalities, contrasts: null };
      return { ...withViews(tape, sides, views.of(tape, sidesOf(tape, ids, users).items)), modalities };
    };
    const terms = (tape: Tape, batch: Batch, { modalities, contrasts }: Omit<Extras, 'whole'>): Tensor[] => [
      ...regularisers(tape, blocks, views, batch, options),
      ...modalityLosses(tape, modalities, batch, options),
      ...(contrasts ? viewAlignment(tape, contrasts, batch, options) : []),
    ];
    const rebuild = () => rebuildBmu(context, graphs, userKnowledge, options);

    return {
      parameters: parametersOf(...blocks, views, graphs),
      forward: (tape): Represented<Tensor> & Extras => {
        const { users: ofUsers, items: found, ...extras } = propagated(tape);
        const { contrasts } = extras;
        const ofItems = cold && contrasts && !tape.recording ? cold(tape, found, contrasts) : found;
        const own = { users: convolved(tape, ofUsers, graphs.users), items: convolved(tape, ofItems, graphs.items) };
        const ranked = linear && !tape.recording ? linear.beside(tape, own) : own;
        return { ...ranked, ...extras, whole: own };
      },
      ...(options.loss === 'bpr'
        ? {
            rows: (tape, batch) => {
              const { users: ofUsers, items: ofItems, ...extras } = propagated(tape);
              return {
                ...extras,
                whole: null,
                user: convolvedRows(tape, ofUsers, batch.users, graphs.users), // [batch, d]
                positive: convolvedRows(tape, ofItems, batch.positives, graphs.items),
                negative: convolvedRows(tape, ofItems, batch.negatives, graphs.items),
              };
            },
            terms,
          }
        : {
            loss: (tape, batch, made) => {
              if (!made.whole) throw new Error('a softmax over the catalog needs all of it');
              return tape.total([catalogSoftmax(tape, made.whole, batch), ...terms(tape, batch, made)]);
            },
          }),
      stages: (tape) => stagesOf(tape, propagated(tape), graphs, linear),
      beforeEpoch: graph.beforeEpoch,
      ...(userKnowledge && { state: { 'knowledge.users': userKnowledge.data } }),
      updateUserKnowledge: (userIds, rows) => {
        if (!userKnowledge) throw missingContent('knowledge of users', 'none in this model');
        requireSize('rows of user knowledge', rows, userIds.length, userKnowledge.cols);
        replaceRows(userKnowledge, userIds, rows);
        rebuild();
      },
      restored: rebuild,
    };
  },
});

/** What the losses need beside the rows of the batch. */
interface Extras {
  /** the items' part of each projected modality block, [items, dimensions] */
  readonly modalities: readonly Tensor[];
  /** null without side views */
  readonly contrasts: Contrasts | null;
  /** whole tables, where they were made: for a softmax over the catalog */
  readonly whole: Represented<Tensor> | null;
}
