import type { Tape, Tensor } from '@agentmmrec/autograd';
import { AmrError, type Matrix, matrix } from '@agentmmrec/core';
import { neighbourGraph, ruleOnSelf } from '@agentmmrec/graphs';
import type { Ints } from '@agentmmrec/kernels';
import { missingContent, requireSize } from '../contract/contentErrors.js';
import type { Batch, Represented } from '../contract/data.js';
import { defineModel, type PartContext } from '../contract/model.js';
import type { Edges } from '../contract/trainingEdges.js';
import { catalogSoftmax } from '../parts/catalogSoftmax.js';
import type { Convolution } from '../parts/convolution.js';
import { scaleFeatures } from '../parts/featureScale.js';
import { contentRows, linearScores } from '../parts/linearScores.js';
import { propagationGraph } from '../parts/propagation.js';
import { type SampledGraph, sampledGraph } from '../parts/sampledGraph.js';
import { sidesOf } from '../parts/tables.js';
import { type Block, initialBlocks } from './blocks.js';
import { coldItems } from './coldItems.js';
import { homogeneousGraphs } from './graphs.js';
import { blockRegularisers, modalityLosses, viewAlignment } from './losses.js';
import { type AgentmmrecOptions, agentmmrecOptions, agentmmrecPresets } from './options.js';
import { type Contrasts, sideViews, withViews } from './views.js';

/**
 * AgentMMRec: knowledge and ids side by side, propagated by LightGCN and read out over layers (eq. 15, 16), side views of the ids over the
 * items' content added (see `sideViews`), one convolution over the homogeneous graphs; with `linearWeight` the scores of a linear
 * item-item model are added in ranking alone (see `linearScores`).
 *
 * users = E + bmu E (eq. 17); items = E + bmi E + rti E (eq. 18)
 * loss  = BPR (eq. 19) + l2 * sum over trainable row blocks of the mean square of the batch's rows
 *       + viewAlignment * InfoNCE between side views and propagated ids
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
    const { device, options } = given;
    const data = { ...given.data, features: scaleFeatures(given.data.features, options.featureScale) };
    const context = { ...given, data };
    const { users, items, knowledge } = data;
    const { blocks, userKnowledge } = initialBlocks(context, options);
    const graphs = homogeneousGraphs(context, options);
    const graph = userItemGraphs(context, options);
    const views = options.modalities === 'views' ? sideViews(context, options) : null;
    const ids = views && idTable(blocks);
    const linear =
      options.linearWeight > 0
        ? linearScores(context, {
            rank: options.linearRank,
            regularisation: options.linearL2,
            content: linearContent(data, options),
          })
        : null;
    const weight = options.readout === 'mean' ? 1 / (options.layers + 1) : 1;
    const cold =
      views && options.coldItems === 'content'
        ? coldItems(context, {
            dimensions: options.dimensions,
            columns: blocks.length * options.dimensions,
            readoutScale: 1 / weight,
          })
        : null;

    const terms = (
      tape: Tape,
      batch: Batch,
      { modalities, contrasts }: Pick<Extras, 'modalities' | 'contrasts'>,
    ): Tensor[] => [
      ...blockRegularisers(tape, blocks, batch).map((term) => tape.scale(term, options.l2)),
      ...modalityLosses(tape, modalities, batch, options),
      ...(contrasts ? viewAlignment(tape, contrasts, batch, options) : []),
    ];
    const propagated = (tape: Tape, edges: Edges): Represented<Tensor> & Omit<Extras, 'whole'> => {
      const { e0, modalities } = initialRepresentation(tape, blocks, users + items, options);
      const e = tape.lightgcnReadout(graph.over(tape, edges), e0, options.layers, weight); // [users + items, d]
      const sides = sidesOf(tape, e, users);
      if (!views || !ids) return { ...sides, modalities, contrasts: null };
      return { ...withViews(tape, sides, views.of(tape, sidesOf(tape, ids, users).items, edges)), modalities };
    };
    /** The graph bmu of the preferences as they are now (option rebuildGraphs). */
    const rebuildGraphs = (): void => {
      const { bmu } = graphs;
      const k = knowledge?.bmu?.k;
      if (!options.rebuildGraphs || !userKnowledge || !bmu || k === undefined) return;
      const embeddings = matrix(users, userKnowledge.cols, userKnowledge.read().slice());
      bmu.replace(
        ruleOnSelf(neighbourGraph(device, embeddings, { k, self: 'include' }, 'user graph bmu'), options.self),
      );
    };

    return {
      parameters: Object.assign(
        {},
        ...blocks.map((block) => block.parameters),
        views?.parameters,
        graphs.parameters,
      ) as Record<string, Tensor>,
      forward: (tape, edges): Represented<Tensor> & Extras => {
        const { users: ofUsers, items: found, ...extras } = propagated(tape, edges);
        const { contrasts } = extras;
        const ofItems = cold && contrasts && !tape.recording ? cold(tape, found, contrasts) : found;
        const own = {
          users: convolved(tape, ofUsers, graphs.users(edges)),
          items: convolved(tape, ofItems, graphs.items),
        };
        const ranked = linear && !tape.recording ? beside(tape, own, linear(edges), options.linearWeight) : own;
        return { ...ranked, ...extras, whole: own };
      },
      stages: (tape, edges) => {
        const { users: ofUsers, items: ofItems } = propagated(tape, edges);
        const grown = (e: Tensor, convolutions: readonly Convolution[], names: readonly string[]) => {
          const stages = [{ name: 'own', table: e }];
          convolutions.forEach((graph, at) => {
            stages.push({ name: names[at], table: graph.addWhole(tape, e, stages[at].table) });
          });
          return stages;
        };
        const linearTables = linear?.(edges);
        return {
          users: grown(ofUsers, graphs.users(edges), graphs.userNames),
          items: grown(ofItems, graphs.items, graphs.itemNames),
          beside: linearTables
            ? [
                {
                  name: 'linear',
                  users: tape.scale(linearTables.users, options.linearWeight),
                  items: linearTables.items,
                },
              ]
            : [],
        };
      },
      ...(options.loss === 'bpr'
        ? {
            rows: (tape, edges, batch) => {
              const { users: ofUsers, items: ofItems, ...extras } = propagated(tape, edges);
              return {
                ...extras,
                whole: null,
                user: convolvedRows(tape, ofUsers, batch.users, graphs.users(edges)), // [batch, d]
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
      beforeEpoch: graph.beforeEpoch,
      ...(userKnowledge && { state: { 'knowledge.users': userKnowledge.data } }),
      updateUserKnowledge: (userIds, rows) => {
        if (!userKnowledge) throw missingContent('knowledge of users', 'none in this model');
        requireSize('rows of user knowledge', rows, userIds.length, userKnowledge.cols);
        replaceRows(userKnowledge, userIds, rows);
        rebuildGraphs();
      },
      restored: rebuildGraphs,
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

/** Representations with the columns of other scores beside them, times a weight. */
function beside(tape: Tape, own: Represented<Tensor>, other: Represented<Tensor>, weight: number): Represented<Tensor> {
  return {
    users: tape.concatenate([own.users, tape.scale(other.users, weight)]),
    items: tape.concatenate([own.items, other.items]),
  };
}

/** What the linear scores take of content: features and knowledge of the items alike. */
function linearContent({ features, knowledge }: PartContext['data'], { linearContent: weight }: AgentmmrecOptions) {
  const { itemEmbeddings = null } = knowledge ?? {};
  const known = [...features.map(({ matrix: rows }) => rows), ...(itemEmbeddings ? [itemEmbeddings] : [])];
  const rows = weight > 0 ? contentRows(known) : null;
  return rows && { rows, weight };
}

/** The user-item graph: all edges, or in training an epoch's sample of them. */
function userItemGraphs(context: PartContext, { edgeDropout, norm }: AgentmmrecOptions): SampledGraph {
  if (edgeDropout > 0) return sampledGraph(context, edgeDropout);
  const graph = propagationGraph(context, norm);
  return { over: (_, edges) => graph(edges), whole: graph, beforeEpoch: () => {} };
}

/** The id block's table [users + items, dimensions]: the last block. */
function idTable(blocks: readonly Block[]): Tensor {
  const { id } = blocks[blocks.length - 1]?.parameters ?? {};
  if (id) return id;
  throw new AmrError({
    what: 'model agentmmrec',
    got: 'side views without an id block',
    expected: 'ids for the views to gate',
    hint: 'leave the id block on, or take --modalities blocks',
  });
}

/** E0 [nodes, blocks * dimensions], and the items' part of each modality block [items, dimensions]. */
function initialRepresentation(tape: Tape, blocks: readonly Block[], nodes: number, options: AgentmmrecOptions) {
  const modalities: Tensor[] = [];
  const placed = blocks.flatMap((block, b) =>
    block.parts(tape).map(({ row, part }) => {
      const values = options.blockNormalize ? tape.normalizeRows(part) : part;
      if (block.modality && row > 0) modalities.push(values);
      return { row, col: b * options.dimensions, block: values };
    }),
  );
  return { e0: tape.assemble([nodes, blocks.length * options.dimensions], placed), modalities };
}

/** Rows `ids` of e with their convolutions added (eq. 17, 18): [batch, d]. */
function convolvedRows(tape: Tape, e: Tensor, ids: Ints, graphs: readonly Convolution[]): Tensor {
  return graphs.reduce((rows, graph) => graph.addRows(tape, e, ids, rows), tape.gatherRows(e, ids));
}

/** All rows of e with their convolutions added. */
function convolved(tape: Tape, e: Tensor, graphs: readonly Convolution[]): Tensor {
  return graphs.reduce((rows, graph) => graph.addWhole(tape, e, rows), e);
}

function replaceRows(table: Tensor, ids: Int32Array, rows: Matrix): void {
  for (let i = 0; i < ids.length; i++) {
    const target = table.data.subarray(ids[i] * table.cols, (ids[i] + 1) * table.cols);
    table.device.write(target, rows.data.subarray(i * rows.cols, (i + 1) * rows.cols));
  }
}
