import type { Tape, Tensor } from '@agentmmrec/autograd';
import { integer, real } from '@agentmmrec/core';
import type { Represented } from './contract/data.js';
import { defineModel } from './contract/model.js';
import { infonceOfRows } from './parts/contrast.js';
import { featureBranch } from './parts/featureBranch.js';
import { constantFeatures } from './parts/featureTables.js';
import { frozenItemGraph } from './parts/itemGraphs.js';
import { linearLayer } from './parts/linear.js';
import { modalityWeightTable } from './parts/modalityWeights.js';
import { momentDistances } from './parts/moments.js';
import { carried, propagationGraph } from './parts/propagation.js';
import { l2MeanOption, meanSquare } from './parts/regulariser.js';
import { nodesOf, rowTable, sidesOf } from './parts/tables.js';

/** Length of the noise that a propagated row of a noisy branch gets in the direction of its signs. */
const NOISE = 0.1;

/**
 * MENTOR: branches of preferences and projected features, X + A X + A A X over the user-item graph, one for each modality and one for ids.
 * Users: modalities side by side, each weighed by the user; items: side by side, plus their mean over the frozen item graph. Guides: the
 * ids', and each modality's branch in every place.
 *
 * Loss = BPR + alignment * distances of mean and variance of all elements between representation and guides
 *      + infonce * InfoNCE over all users and all items between two noisy branches of their own, A X + .1 sign(A X) * unit uniform noise
 *      + l2 * mean squares of the batch's preferences and of the weights.
 *
 * Source: Xu et al. 2025, "MENTOR: Multi-level Self-supervised Learning for Multimodal Recommendation", eq. 1-24, with its code's
 * choices. There the loss of masked features has no gradient: `featureMask` is 0 here, and any other value trains it as the paper says.
 * Its loss is in bits: the natural one with the other terms times ln 2 is the same but for a factor.
 */
export const mentor = defineModel({
  name: 'mentor',
  source: 'Xu et al. 2025, AAAI, eq. 1-24',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding in each modality' }),
    itemLayers: integer(1, { min: 1, max: 8, help: 'propagation layers over the item graph' }),
    k: integer(10, { min: 1, help: 'neighbours of an item in a modality, itself among them' }),
    imageWeight: real(0.1, { min: 0, max: 1, help: 'weight of the image graph; the others share the rest' }),
    alignment: real(0.1, { min: 0, help: 'weight of the distances between representation and guides' }),
    infonce: real(1e-3, { min: 0, help: 'weight of InfoNCE between the noisy representations' }),
    temperature: real(0.2, { min: 1e-3, help: 'temperature of InfoNCE' }),
    featureMask: real(0, { min: 0, help: 'weight of the loss of masked features' }),
    dropout: real(0.5, {
      min: 0,
      max: 0.99,
      help: 'part of the representation that the loss of masked features hides',
    }),
    l2: l2MeanOption(1e-3),
  },
  learningRate: 1e-4,
  build: (context) => {
    const { data, options } = context;
    const { users, items, features } = data;
    const {
      dimensions: d,
      itemLayers,
      k,
      imageWeight,
      alignment,
      infonce,
      temperature,
      featureMask,
      dropout,
    } = options;
    const constants = features.map((of) => constantFeatures(context, of)); // [items, width] each
    const branchesOf = (suffix: string) =>
      features.map(({ modality }, m) => featureBranch(context, `${modality}${suffix}`, constants[m], d));
    const plain = branchesOf('');
    const noisy = infonce > 0 ? [branchesOf('.noisy1'), branchesOf('.noisy2')] : [];
    const idRows = rowTable(context, 'id.rows', items, d);
    const ids = alignment > 0 ? featureBranch(context, 'id', idRows, d) : null;
    const weights = modalityWeightTable(context, 'weight', features.length); // [users, modalities]
    const width = d * features.length;
    const mask = featureMask > 0 ? linearLayer(context, 'mask', { inputs: width, outputs: width }) : null;
    const graph = propagationGraph(context, 'symmetric');
    const itemGraph = frozenItemGraph(context, { k, self: 'include', imageWeight });
    const beside = (tape: Tape, blocks: readonly Tensor[]) => tape.concatenate(blocks as [Tensor, ...Tensor[]]);
    /** Branches [users + items, d] side by side, with items' neighbours added: users and items [.., width]. */
    const sides = (tape: Tape, branches: readonly Tensor[], weighed: boolean): Represented<Tensor> => {
      const of = branches.map((branch) => sidesOf(tape, branch, users));
      const own = beside(
        tape,
        of.map((side) => side.items),
      );
      const blocks = of.map((side, m) =>
        weighed ? tape.scaleRows(side.users, tape.columns(weights, m, 1)) : side.users,
      );
      return { users: beside(tape, blocks), items: tape.add(own, carried(tape, itemGraph, own, itemLayers)) };
    };
    const withNoise = (tape: Tape, name: string) => {
      let layers = 0;
      return (layer: Tensor): Tensor => {
        const drawn = tape.noise('uniform', layer.shape, tape.stream(`${name}, ${layers++}`));
        return tape.add(layer, tape.multiply(tape.unary(layer, 'sign'), tape.normalizeRows(drawn)), 1, NOISE);
      };
    };
    return {
      parameters: Object.assign(
        { weight: weights, ...(ids && { [idRows.name]: idRows, ...ids.parameters }), ...mask?.parameters },
        ...[...plain, ...noisy.flat()].map(({ parameters }) => parameters),
      ),
      forward: (tape) => {
        const branches = plain.map((branch) => branch.represent(tape, graph)); // [users + items, d] each
        const whole = sides(tape, branches, true);
        return { ...whole, whole, branches };
      },
      terms: (tape, batch, { branches, whole }) => {
        const terms: Tensor[] = [];
        if (alignment > 0 && ids) {
          const everywhere = (branch: Tensor) =>
            sides(
              tape,
              features.map(() => branch),
              false,
            );
          const guides = [ids.represent(tape, graph), ...branches].map(everywhere);
          const all = [whole, ...guides].map((of) => nodesOf(tape, of));
          terms.push(...momentDistances(tape, all).map((distance) => tape.scale(distance, alignment)));
        }
        if (infonce > 0) {
          const [first, second] = noisy.map((branch, n) =>
            sides(
              tape,
              branch.map((of, m) => of.represent(tape, graph, withNoise(tape, `noise ${n}, ${m}`))),
              true,
            ),
          );
          for (const side of ['users', 'items'] as const) {
            terms.push(tape.scale(infonceOfRows(tape, first[side], second[side], temperature), infonce));
          }
        }
        if (mask) {
          for (const side of ['users', 'items'] as const) {
            const seen = tape.dropout(whole[side], dropout, tape.stream(`mask, ${side}`));
            const cosine = tape.rowDot(tape.normalizeRows(seen), tape.normalizeRows(mask.apply(tape, whole[side])));
            terms.push(tape.scale(tape.unary(tape.mean(cosine), 'shift', -1), -featureMask));
          }
        }
        for (const { preference } of plain)
          terms.push(tape.scale(meanSquare(tape, [tape.gatherRows(preference, batch.users)]), options.l2));
        terms.push(tape.scale(meanSquare(tape, [weights]), options.l2));
        return terms.map((term) => tape.scale(term, Math.LN2));
      },
    };
  },
});
