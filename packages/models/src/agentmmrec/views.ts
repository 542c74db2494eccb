import {
  constant,
  type PackedMatrix,
  type SparseMatrix,
  type Tape,
  type Tensor,
  uploadSparse,
} from '@agentmmrec/autograd';
import type { NeighbourLists } from '@agentmmrec/core';
import { coPurchaseGraph, neighbourGraph, orientNeighbours, ruleOnSelf, selfAsBuilt } from '@agentmmrec/graphs';
import type { Represented } from '../contract/data.js';
import type { PartContext } from '../contract/model.js';
import { projectedFeatures } from '../parts/features/enteringFeatures.js';
import { userItemGraph } from '../parts/graphs/propagation.js';
import type { Inputs } from '../parts/tables.js';
import { graphWeights } from './graphWeights.js';
import type { AgentmmrecOptions } from './options.js';
import { type Projection, projection } from './projection.js';

/** Side views of the items: their id rows, gated by content and averaged over the neighbours by that content. */
export interface SideViews {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** the matrices of the gates' projections */
  readonly weights: readonly Tensor[];
  /** Mean of the views from the items' id rows [items, dimensions]: items, and users as the normalised sum of their items. */
  of(tape: Tape, ids: Tensor): Represented<Tensor>;
}

/** One view: what gates the ids (null: nothing) and over which graph they are averaged. */
interface View {
  readonly gate: { readonly content: Tensor | PackedMatrix; readonly projection: Projection } | null;
  readonly graph: SparseMatrix;
}

/**
 * View s of item i: sum over its neighbours j in graph s of (id_j * sigmoid(mlp_s(x_j^s))) / k, after SMORE (Ong and Khong 2025,
 * "Spectrum-based Modality Representation Fusion Graph Convolutional Network for Multimodal Recommendation", eq. 10-13), without
 * its spectral filters, fused view and behaviour-aware weights, which brought nothing on TikTok's validation
 * (docs/method.md#ablations). One view a modality over its raw graph, one of the knowledge over bmi, one of rti, and one over the
 * items bought together; null where there is none of them.
 */
export function sideViews(context: PartContext, options: AgentmmrecOptions): SideViews | null {
  const { device, data } = context;
  const { knowledge } = data;
  const over = (lists: NeighbourLists) => uploadSparse(device, orientNeighbours(lists, options.orientation));
  const gateOf = (name: string, content: Tensor | PackedMatrix, inputs: number | Inputs): View['gate'] => {
    const { dimensions: d } = options;
    return { content, projection: projection(context, `gate.${name}`, { inputs, hidden: d, outputs: d }) };
  };
  const raw = { k: options.k, self: selfAsBuilt(options.self) };
  const views: View[] = data.features.map((features) => {
    const { modality, matrix } = features;
    // First the graph, whose tables are as large as the features: these then lie where they lay.
    const graph = over(neighbourGraph(device, matrix, raw, `graph of ${modality} features`));
    const { values, inputs } = projectedFeatures(context, features, options.featureRank);
    return { gate: gateOf(modality, values, inputs), graph };
  });
  if (knowledge?.itemEmbeddings && knowledge.bmi && options.useBmi) {
    const x = knowledge.itemEmbeddings;
    const gate = gateOf('knowledge', constant(device, x, 'knowledge of the gate'), x.cols);
    views.push({ gate, graph: over(ruleOnSelf(knowledge.bmi, options.self)) });
  }
  if (knowledge?.rti && options.useRti)
    views.push({ gate: null, graph: over(ruleOnSelf(knowledge.rti, options.self)) });
  if (options.coPurchases > 0) {
    const { coPurchases: k } = options;
    views.push({
      gate: null,
      graph: uploadSparse(device, coPurchaseGraph(data.train, k, options.self)),
    });
  }
  if (views.length === 0) return null;
  const userItems = userItemGraph(context, options.norm);
  const weights = options.graphWeights === 'learned' ? graphWeights(context, 'views', views.length) : null;
  return {
    parameters: Object.assign({}, ...views.map(({ gate }) => gate?.projection.parameters), weights?.parameters),
    weights: views.flatMap(({ gate }) => gate?.projection.weights ?? []),
    of: (tape, ids) => {
      const [first, ...others] = views.map(({ gate, graph }, at) => {
        const view = tape.spmm(graph, gate ? gated(tape, ids, gate) : ids, 1 / views.length);
        return weights ? weights.weigh(tape, view, at) : view;
      });
      const items = tape.total([first, ...others]); // [items, dimensions]
      return { items, users: tape.spmm(userItems, items) };
    },
  };
}

function gated(tape: Tape, ids: Tensor, { content, projection }: NonNullable<View['gate']>): Tensor {
  return tape.multiply(ids, tape.unary(projection.apply(tape, content), 'sigmoid'));
}

/** The propagated ids, and the side views that alignment holds beside them. */
export interface Contrasts {
  readonly behaviour: Represented<Tensor>;
  readonly side: Represented<Tensor>;
}

/** Side views added to the propagated ids, which are the last columns. */
export function withViews(tape: Tape, propagated: Represented<Tensor>, side: Represented<Tensor>) {
  const joined = (of: 'users' | 'items') => {
    const [all, view] = [propagated[of], side[of]];
    const others = all.cols - view.cols;
    const ids = others === 0 ? all : tape.columns(all, others, view.cols);
    const sum = tape.add(ids, view);
    return { ids, sum: others === 0 ? sum : tape.concatenate([tape.columns(all, 0, others), sum]) };
  };
  const [users, items] = [joined('users'), joined('items')];
  const behaviour = { users: users.ids, items: items.ids };
  return { users: users.sum, items: items.sum, contrasts: { behaviour, side } };
}
