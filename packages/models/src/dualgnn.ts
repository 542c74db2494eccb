import type { Tensor } from '@agentmmrec/autograd';
import { integer } from '@agentmmrec/core';
import { defineModel } from './contract/model.js';
import { enteringFeatures, featureRankOption } from './parts/features/enteringFeatures.js';
import { featureBranch } from './parts/features/featureBranch.js';
import { propagationGraph } from './parts/graphs/propagation.js';
import { coOccurrenceGraph } from './parts/graphs/userGraph.js';
import { l2MeanOption, meanSquare } from './parts/losses/regulariser.js';
import { modalityWeightTable, weighModalities } from './parts/modalityWeights.js';
import { sidesOf } from './parts/tables.js';

/**
 * DualGNN: in each modality preferences and projected features propagated over the user-item graph, R_m = X + A X + A A X; items are
 * the sum over modalities, users the sum weighted by a trained weight of each user for each modality; users then add their neighbours
 * in the graph of shared items, u + softmax(counts) u. Loss: BPR plus l2 times the mean squares of the batch's preferences and of all weights.
 *
 * Source: Wang et al. 2021, "DualGNN: Dual Graph Neural Network for Multimedia Recommendation", eq. 1-11, with the choices of its port
 * to MMRec: two propagations, 40 neighbours. That port adds the other modalities into the first before it weighs them; here each is
 * weighed by itself, as in eq. 8. Its loss is in bits: the natural one with l2 times ln 2 is the same but for a factor.
 */
export const dualgnn = defineModel({
  name: 'dualgnn',
  source: 'Wang et al. 2021, IEEE Transactions on Multimedia, eq. 1-11',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    featureRank: featureRankOption('full'),
    k: integer(40, { min: 1, help: 'users with most items in common that a user takes from' }),
    l2: l2MeanOption(1e-3),
  },
  build: (context) => {
    const { data, options } = context;
    const { users, features } = data;
    const branches = features.map((of) => {
      const { values, inputs } = enteringFeatures(context, of, options.featureRank);
      return featureBranch(context, of.modality, values, options.dimensions, inputs);
    });
    const weights = modalityWeightTable(context, 'weight', branches.length); // [users, modalities]
    const graph = propagationGraph(context, 'symmetric');
    const alike = coOccurrenceGraph(context, options.k);
    return {
      parameters: Object.assign({ weight: weights }, ...branches.map(({ parameters }) => parameters)),
      forward: (tape) => {
        const sides = branches.map((branch) => sidesOf(tape, branch.represent(tape, graph), users));
        const [first, ...others] = sides.map(({ items }) => items);
        const own = weighModalities(
          tape,
          sides.map((side) => side.users),
          weights,
        );
        return { users: tape.add(own, tape.spmm(alike, own)), items: tape.total([first, ...others]) };
      },
      terms: (tape, batch) => {
        const squares = (rows: Tensor) => tape.scale(meanSquare(tape, [rows]), options.l2 * Math.LN2);
        const preferences = branches.map(({ preference }) => squares(tape.gatherRows(preference, batch.users)));
        return [...preferences, squares(weights)];
      },
    };
  },
});
