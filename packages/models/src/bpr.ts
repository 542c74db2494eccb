import { integer } from '@agentmmrec/core';
import type { Floats } from '@agentmmrec/kernels';
import { bprStep } from './bprStep.js';
import { defineModel } from './model.js';
import { nodeTable, releaseTables } from './nodeTable.js';
import { PlusGraph, plusGraphOption } from './plusGraph.js';
import { egoRegulariser, l2Option } from './regulariser.js';

/**
 * Matrix factorisation trained by pairwise ranking: score = e_u . e_i, loss = mean softplus(-(s+ - s-)) plus
 * l2 / (2 B) * squared norm of the batch's rows.
 *
 * Source: Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback", section 4.3.1; without the item
 * bias, as the field's libraries do.
 *
 * Default l2, by Recall@20 on Baby's validation (seed 1, until 20 epochs bring no gain): 1e-4 .0577, 1e-3 .0578, 1e-2 .0598,
 * 5e-2 .0690, 1e-1 .0778, 2e-1 .0595, 5e-1 .0023.
 */
export const bpr = defineModel({
  name: 'bpr',
  source: 'Rendle et al. 2009, UAI, BPR-MF',
  needs: [],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    l2: l2Option(1e-1),
    ...plusGraphOption,
  },
  build: (context) => {
    const { data, device, options } = context;
    const { users, items } = data;
    const d = options.dimensions;
    const embedding = nodeTable(context, 'embedding', d); // [users + items, d]
    const remarks: string[] = [];
    const plus = PlusGraph.of(context, users, remarks);
    const enhanced = plus && device.floats((users + items) * d, 'any');
    const halves = (memory: Floats) => ({
      users: memory.subarray(0, users * d),
      items: memory.subarray(users * d, (users + items) * d),
    });
    return {
      parameters: { embedding },
      remarks,
      loss: (tape, batch) => {
        const user = tape.gatherRows(embedding, batch.users); // [batch, d]
        const positive = tape.gatherRows(embedding, batch.positives, users);
        const negative = tape.gatherRows(embedding, batch.negatives, users);
        const regulariser = egoRegulariser(tape, [user, positive, negative], batch.size, options.l2);
        const loss = plus
          ? tape.bpr(
              plus.users(tape, embedding, batch.users),
              plus.items(tape, embedding, batch.positives),
              plus.items(tape, embedding, batch.negatives),
            )
          : tape.bpr(user, positive, negative);
        return tape.add(loss, regulariser);
      },
      ...(!plus && { fusedStep: (batch) => bprStep({ device, embedding, users, l2: options.l2, batch }) }),
      represent: () => {
        const e = embedding.data;
        return plus && enhanced ? plus.represent(enhanced, { users: e, items: e }, d) : { ...halves(e), d };
      },
      release: () => {
        plus?.release();
        releaseTables(device, { embedding }, ...(enhanced ? [enhanced] : []));
      },
    };
  },
});
