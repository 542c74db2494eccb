import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Represented } from '../contract/data.js';
import { defineModel } from '../contract/model.js';
import { type FeatureBranch, featureBranch } from '../parts/features/featureBranch.js';
import { constantFeatures } from '../parts/features/featureTables.js';
import { frozenItemGraph } from '../parts/graphs/itemGraphs.js';
import { carried, propagationGraph } from '../parts/graphs/propagation.js';
import { linearLayer } from '../parts/linear.js';
import { meanSquare } from '../parts/losses/regulariser.js';
import { modalityWeightTable } from '../parts/modalityWeights.js';
import { parametersOf, tableOf } from '../parts/parameters.js';
import { rowTable, sidesOf } from '../parts/tables.js';
import { mentorOptions } from './options.js';
import { alignmentTerms, maskTerms, noiseTerms, withNoise } from './terms.js';

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
  options: mentorOptions,
  learningRate: 1e-4,
  build: (context) => {
    const { data, options } = context;
    const { users, items, features } = data;
    const { dimensions: d, itemLayers, k, imageWeight, l2 } = options;
    const constants = features.map((of) => constantFeatures(context, of)); // [items, width] each
    const branchesOf = (suffix: string) =>
      features.map(({ modality }, m) => featureBranch(context, `${modality}${suffix}`, constants[m], d));
    const plain = branchesOf('');
    const noisy = options.infonce > 0 ? [branchesOf('.noisy1'), branchesOf('.noisy2')] : [];
    const idRows = rowTable(context, 'id.rows', items, d);
    const ids = options.alignment > 0 ? featureBranch(context, 'id', idRows, d) : null;
    const weights = modalityWeightTable(context, 'weight', features.length); // [users, modalities]
    const width = d * features.length;
    const mask = options.featureMask > 0 ? linearLayer(context, 'mask', { inputs: width, outputs: width }) : null;
    const graph = propagationGraph(context, 'symmetric');
    const itemGraph = frozenItemGraph(context, { k, self: 'include', imageWeight });

    const beside = (tape: Tape, blocks: readonly Tensor[]) => tape.concatenate(blocks as [Tensor, ...Tensor[]]);
    /** Branches [users + items, d] side by side, with items' neighbours added: users and items [.., width]. */
    const sides = (tape: Tape, branches: readonly Tensor[], weighed = true): Represented<Tensor> => {
      const of = branches.map((branch) => sidesOf(tape, branch, users));
      const itemRows = of.map((side) => side.items);
      const own = beside(tape, itemRows);
      const userRows = of.map((side, m) =>
        weighed ? tape.scaleRows(side.users, tape.columns(weights, m, 1)) : side.users,
      );
      return { users: beside(tape, userRows), items: tape.add(own, carried(tape, itemGraph, own, itemLayers)) };
    };
    const everywhere = (tape: Tape, branch: Tensor) => {
      const inEachPlace = features.map(() => branch);
      return sides(tape, inEachPlace, false);
    };
    const withNoiseOf = (tape: Tape, branches: readonly FeatureBranch[], n: number) => {
      const noisyBranches = branches.map((of, m) => of.represent(tape, graph, withNoise(tape, `noise ${n}, ${m}`)));
      return sides(tape, noisyBranches);
    };
    return {
      parameters: parametersOf(
        tableOf(weights),
        ...(ids ? [tableOf(idRows), ids] : []),
        mask,
        ...[...plain, ...noisy.flat()],
      ),
      forward: (tape) => {
        const branches = plain.map((branch) => branch.represent(tape, graph)); // [users + items, d] each
        const whole = sides(tape, branches);
        return { ...whole, whole, branches };
      },
      terms: (tape, batch, { branches, whole }) => {
        const guides = ids ? [ids.represent(tape, graph), ...branches].map((of) => everywhere(tape, of)) : [];
        const aligned = ids ? alignmentTerms(tape, [whole, ...guides], options) : [];
        const views = noisy.map((of, n) => withNoiseOf(tape, of, n));
        const contrasts = views.length > 0 ? noiseTerms(tape, views, options) : [];
        const masked = mask ? maskTerms(tape, whole, mask, options) : [];
        const ofBatch = plain.map(({ preference }) => tape.gatherRows(preference, batch.users));
        const squares = [...ofBatch, weights].map((rows) => tape.scale(meanSquare(tape, [rows]), l2));
        return [...aligned, ...contrasts, ...masked, ...squares].map((term) => tape.scale(term, Math.LN2));
      },
    };
  },
});
