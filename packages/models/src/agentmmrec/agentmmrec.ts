import type { Tape, Tensor } from '@agentmmrec/autograd';
import { type Matrix, matrix } from '@agentmmrec/core';
import { neighbourGraph } from '@agentmmrec/graphs';
import type { Ints } from '@agentmmrec/kernels';
import { missingContent, requireSize } from '../contract/contentErrors.js';
import type { Batch } from '../contract/data.js';
import { defineModel } from '../contract/model.js';
import type { Edges } from '../contract/trainingEdges.js';
import type { Convolution } from '../parts/convolution.js';
import { scaleFeatures } from '../parts/featureScale.js';
import { propagationGraph } from '../parts/propagation.js';
import { meanSquare } from '../parts/regulariser.js';
import { sidesOf } from '../parts/tables.js';
import { type Block, initialBlocks } from './blocks.js';
import { homogeneousGraphs } from './graphs.js';
import { modalityLosses } from './modalityLosses.js';
import { type AgentmmrecOptions, agentmmrecOptions, agentmmrecPresets } from './options.js';

/**
 * AgentMMRec: blocks of modalities, knowledge and ids side by side, LightGCN propagation (eq. 15), readout over layers
 * (eq. 16), one convolution over the homogeneous graphs, users E + bmu E (eq. 17), items E + bmi E + rti E (eq. 18), BPR loss
 * (eq. 19) plus l2 * sum over trainable row blocks of the mean square of the batch's rows.
 *
 * Source: the AgentMMRec paper, with the choices of docs/method.md#recommender. Deviations from its letter, each an option: id block
 * and mean readout (`preset: paper` takes them back), weights 1 / sqrt(|N(u)| |N(i)|) (`norm: mean`), rows aggregate their
 * own list (`orientation: transpose`), the regulariser (`l2: 0`), standardised features (`featureScale: none`).
 *
 * What the defaults rest on: docs/measurements.md#agentmmrec.
 *
 * A training step computes the last convolution at the batch's rows only.
 */
export const agentmmrec = defineModel({
  name: 'agentmmrec',
  source: 'AgentMMRec, eq. 15-19',
  needs: ['features', 'knowledge'],
  options: agentmmrecOptions,
  presets: agentmmrecPresets,
  build: (given) => {
    const { device, options } = given;
    const data = { ...given.data, features: scaleFeatures(given.data.features, options.featureScale) };
    const context = { ...given, data };
    const { users, items, knowledge } = data;
    const { blocks, userKnowledge } = initialBlocks(context, options);
    const graphs = homogeneousGraphs(context, options);
    const graph = propagationGraph(context, options.norm);
    const weight = options.readout === 'mean' ? 1 / (options.layers + 1) : 1;

    const propagated = (tape: Tape, edges: Edges) => {
      const { e0, modalities } = initialRepresentation(tape, blocks, users + items, options);
      const e = tape.lightgcnReadout(graph(edges), e0, options.layers, weight); // [users + items, d]
      return { ...sidesOf(tape, e, users), modalities };
    };
    /** The graph bmu of the preferences as they are now (option rebuildGraphs). */
    const rebuildGraphs = (): void => {
      const [bmu] = graphs.users;
      const k = knowledge?.bmu?.k;
      if (!options.rebuildGraphs || !userKnowledge || !bmu || k === undefined) return;
      const embeddings = matrix(users, userKnowledge.cols, userKnowledge.read().slice());
      bmu.replace(neighbourGraph(device, embeddings, { k, self: 'include' }, 'user graph bmu'));
    };

    return {
      parameters: Object.assign({}, ...blocks.map((block) => block.parameters)) as Record<string, Tensor>,
      forward: (tape, edges) => {
        const e = propagated(tape, edges);
        return {
          users: convolved(tape, e.users, graphs.users),
          items: convolved(tape, e.items, graphs.items),
          modalities: e.modalities,
        };
      },
      rows: (tape, edges, batch) => {
        const e = propagated(tape, edges);
        return {
          user: convolvedRows(tape, e.users, batch.users, graphs.users), // [batch, d]
          positive: convolvedRows(tape, e.items, batch.positives, graphs.items),
          negative: convolvedRows(tape, e.items, batch.negatives, graphs.items),
          modalities: e.modalities,
        };
      },
      terms: (tape, batch, { modalities }) => [
        ...blockRegularisers(tape, blocks, batch).map((term) => tape.scale(term, options.l2)),
        ...modalityLosses(tape, modalities, batch, options),
      ],
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

/** For each block with trainable rows the mean square of the batch's rows. */
function blockRegularisers(tape: Tape, blocks: readonly Block[], batch: Batch): Tensor[] {
  return blocks.flatMap(({ trainable: { users, items } }) => {
    const rows: Tensor[] = [];
    if (users) rows.push(tape.gatherRows(users.table, batch.users, users.from));
    if (items) {
      rows.push(tape.gatherRows(items.table, batch.positives, items.from));
      rows.push(tape.gatherRows(items.table, batch.negatives, items.from));
    }
    const [first, ...others] = rows;
    return first ? [meanSquare(tape, [first, ...others])] : [];
  });
}

function replaceRows(table: Tensor, ids: Int32Array, rows: Matrix): void {
  for (let i = 0; i < ids.length; i++) {
    const target = table.data.subarray(ids[i] * table.cols, (ids[i] + 1) * table.cols);
    table.device.write(target, rows.data.subarray(i * rows.cols, (i + 1) * rows.cols));
  }
}
