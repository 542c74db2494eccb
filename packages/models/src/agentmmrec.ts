import { Tape, type Tensor } from '@agentmmrec/autograd';
import { type Matrix, matrix } from '@agentmmrec/core';
import { neighbourGraph } from '@agentmmrec/graphs';
import type { Ints } from '@agentmmrec/kernels';
import { agentmmrecBlocks, type Block } from './agentmmrecBlocks.js';
import { agentmmrecGraphs } from './agentmmrecGraphs.js';
import { type AgentmmrecOptions, agentmmrecOptions, agentmmrecPresets } from './agentmmrecOptions.js';
import { missingContent, requireSize } from './contentErrors.js';
import type { Convolution } from './convolution.js';
import { scaleFeatures } from './featureScale.js';
import { modalityLosses } from './modalityLosses.js';
import { type Batch, defineModel } from './model.js';
import { releaseTables } from './nodeTable.js';
import { PropagationGraph } from './propagationGraph.js';
import { meanSquare } from './regulariser.js';

/**
 * AgentMMRec: blocks of modalities, knowledge and ids side by side, LightGCN propagation (eq. 15), readout over layers
 * (eq. 16), one convolution over the homogeneous graphs, users E + bmu E (eq. 17), items E + bmi E + rti E (eq. 18), BPR loss
 * (eq. 19) plus l2 * sum over trainable row blocks of the mean square of the batch's rows.
 *
 * Source: the AgentMMRec paper, with the choices of method.md section 4. Deviations from its letter, each an option: id block
 * and mean readout (`preset: paper` takes them back), weights 1 / sqrt(|N(u)| |N(i)|) (`norm: mean`), rows aggregate their
 * own list (`orientation: transpose`), the regulariser (`l2: 0`), standardised features (`featureScale: none`).
 *
 * Why standardised: Recall@20 on TikTok's validation, seed 1, without knowledge: as they came .0888, and .0941 without the raw
 * graphs, which then only mislead; standardised .0993.
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
    const { users, items, features, knowledge } = data;
    if (features.length === 0 && !knowledge?.userEmbeddings && !knowledge?.itemEmbeddings) {
      throw missingContent('model agentmmrec', 'neither item features nor knowledge');
    }
    const remarks: string[] = [];
    if (features.length === 0) remarks.push('no item features: the modality blocks are absent');
    const { blocks, userKnowledge } = agentmmrecBlocks(context, options, remarks);
    const graphs = agentmmrecGraphs(context, options, remarks);
    const graph = new PropagationGraph(device, data.train, options.norm);
    const nodes = users + items;
    const d = blocks.length * options.dimensions;
    const weight = options.readout === 'mean' ? 1 / (options.layers + 1) : 1;
    const represented = device.floats(nodes * d, 'any'); // filled by represent

    /** The graph bmu of the preferences as they are now (option rebuildGraphs). */
    const rebuildGraphs = (): void => {
      const [bmu] = graphs.users;
      const k = knowledge?.bmu?.k;
      if (!options.rebuildGraphs || !userKnowledge || !bmu || k === undefined) return;
      const embeddings = matrix(users, userKnowledge.cols, userKnowledge.read().slice());
      bmu.replace(neighbourGraph(device, embeddings, { k, self: 'include' }, 'user graph bmu'));
    };

    const propagate = (tape: Tape, e0: Tensor, over: 'all' | 'training'): Tensor =>
      tape.lightgcnReadout(graph.over(over), e0, options.layers, weight);

    const parameters: Record<string, Tensor> = Object.assign({}, ...blocks.map((block) => block.parameters));
    return {
      parameters,
      remarks,
      loss: (tape, batch) => {
        const { e0, modalities } = initialRepresentation(tape, blocks, nodes, options);
        const e = propagate(tape, e0, 'training'); // [nodes, d]
        const user = enhancedRows(tape, e, batch.users, 0, graphs.users); // [batch, d]
        const positive = enhancedRows(tape, e, batch.positives, users, graphs.items);
        const negative = enhancedRows(tape, e, batch.negatives, users, graphs.items);
        return tape.total([
          tape.bpr(user, positive, negative),
          ...blockRegularisers(tape, blocks, batch).map((term) => tape.scale(term, options.l2)),
          ...modalityLosses(tape, modalities, batch, options),
        ]);
      },
      ...(userKnowledge && { state: { 'knowledge.users': userKnowledge.data } }),
      represent: (over = 'all') => {
        const ranking = new Tape(device, { recording: false });
        ranking.step(() => {
          const e = propagate(ranking, initialRepresentation(ranking, blocks, nodes, options).e0, over).data;
          device.kernels.axpby({ out: represented, x: e, alpha: 1, beta: 0 });
          const [userRows, itemRows] = [represented.subarray(0, users * d), represented.subarray(users * d, nodes * d)];
          for (const convolution of graphs.users) convolution.addAll(userRows, e, d);
          for (const convolution of graphs.items) convolution.addAll(itemRows, e, d);
        });
        return { users: represented.subarray(0, users * d), items: represented.subarray(users * d, nodes * d), d };
      },
      setTrainingGraph: (interactions) => graph.set(interactions),
      release: () => {
        graph.release();
        for (const convolution of [...graphs.users, ...graphs.items]) convolution.release();
        releaseTables(device, parameters, represented, ...blocks.flatMap((block) => block.constants));
      },
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

/** Rows first + ids of e with their convolutions added (eq. 17, 18): [batch, d]. */
function enhancedRows(tape: Tape, e: Tensor, ids: Ints, first: number, graphs: readonly Convolution[]): Tensor {
  return graphs.reduce((rows, graph) => graph.addRows(tape, e, ids, rows), tape.gatherRows(e, ids, first));
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
