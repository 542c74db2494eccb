import { integer } from '@agentmmrec/core';
import { defineModel } from './contract/model.js';
import { bprStep } from './fused/bprStep.js';
import { egoRegulariser, l2Option } from './parts/losses/regulariser.js';
import { nodeTable, sidesOf } from './parts/tables.js';

/**
 * Matrix factorisation trained by pairwise ranking: score = e_u . e_i, loss = mean softplus(-(s+ - s-)) plus
 * l2 / (2 B) * squared norm of the batch's rows.
 *
 * Source: Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback", section 4.3.1; without the item
 * bias, as the field's libraries do.
 *
 * Default l2 by Baby's validation: docs/measurements.md#bpr.
 */
export const bpr = defineModel({
  name: 'bpr',
  source: 'Rendle et al. 2009, UAI, BPR-MF',
  needs: [],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    l2: l2Option(1e-1),
  },
  rowSteps: true,
  build: (context) => {
    const { users } = context.data;
    const { dimensions, l2 } = context.options;
    const embedding = nodeTable(context, 'embedding', dimensions); // [users + items, dimensions]
    return {
      parameters: { embedding },
      forward: (tape) => sidesOf(tape, embedding, users),
      terms: (tape, { size }, rows) => [egoRegulariser(tape, rows, size, l2)],
      fusedStep: (batch, readLoss) => bprStep({ device: context.device, embedding, users, l2, batch, readLoss }),
    };
  },
});
