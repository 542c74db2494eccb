import { constant, Tape, type Tensor } from '@agentmmrec/autograd';
import { integer } from '@agentmmrec/core';
import type { Ints } from '@agentmmrec/kernels';
import { missingContent } from './contentErrors.js';
import { type Batch, defineModel } from './model.js';
import { releaseTables, rowTable, zeroRow } from './nodeTable.js';
import { PlusGraph, plusGraphOption } from './plusGraph.js';
import { egoRegulariser, l2Option } from './regulariser.js';

/**
 * Visual BPR: users [d + d], items [id d | features W + b], score = inner product, BPR loss plus l2 / (2 B) * squared norm of
 * the batch's rows (the projected features are part of an item's row, so W is held too).
 *
 * Source: He and McAuley 2016, "VBPR: Visual Bayesian Personalized Ranking from Implicit Feedback", eq. 3, with every modality
 * side by side in place of the image alone and without the bias terms, as the field's libraries do.
 *
 * Default l2: that of `bpr`, since Baby, on which defaults are chosen, has no features at hand. On TikTok's validation (image
 * and audio, seed 1) Recall@20 is 1e-3 .0518, 1e-2 .0475, 1e-1 .0662.
 */
export const vbpr = defineModel({
  name: 'vbpr',
  source: 'He and McAuley 2016, AAAI, eq. 3',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of the id part and of the projected features' }),
    l2: l2Option(1e-1),
    ...plusGraphOption,
  },
  build: (context) => {
    const { data, device, options } = context;
    const { users, items } = data;
    if (data.features.length === 0) throw missingContent('model vbpr', 'no item features');
    const d = options.dimensions;
    const userTable = rowTable(context, 'user', users, 2 * d); // [users, 2 d]
    const itemTable = rowTable(context, 'item', items, d); // [items, d]
    const bias = zeroRow(context, 'projection.bias', d);
    // features side by side times one matrix = the sum of each modality times its own rows of it
    const modalities = data.features.map(({ modality, matrix }) => ({
      features: constant(device, matrix, `${modality} features`), // [items, width]
      weight: rowTable(context, `projection.${modality}`, matrix.cols, d), // [width, d]
    }));
    const project = (tape: Tape, rowsOf: (features: Tensor) => Tensor): Tensor => {
      const [first, ...others] = modalities.map(({ features, weight }) => tape.gemm(rowsOf(features), weight));
      return tape.addBias(tape.total([first, ...others]), bias);
    };
    const itemRows = (tape: Tape, ids: Ints): Tensor =>
      tape.concatenate([tape.gatherRows(itemTable, ids), project(tape, (features) => tape.gatherRows(features, ids))]);
    const allItems = (tape: Tape): Tensor => tape.concatenate([itemTable, project(tape, (features) => features)]);
    const remarks: string[] = [];
    const plus = PlusGraph.of(context, 0, remarks);
    const enhanced = plus && device.floats((users + items) * 2 * d, 'any');
    const represented = device.floats(items * 2 * d, 'any'); // filled by represent
    const enhancedLoss = (tape: Tape, graphs: PlusGraph, batch: Batch): Tensor => {
      const e = allItems(tape); // [items, 2 d]: any item may be a neighbour
      const [positive, negative] = [batch.positives, batch.negatives].map((ids) => graphs.items(tape, e, ids));
      return tape.bpr(graphs.users(tape, userTable, batch.users), positive, negative);
    };
    const parameters = {
      user: userTable,
      item: itemTable,
      'projection.bias': bias,
      ...Object.fromEntries(modalities.map(({ weight }) => [weight.name, weight])),
    };
    return {
      parameters,
      remarks,
      loss: (tape, batch) => {
        const user = tape.gatherRows(userTable, batch.users); // [batch, 2 d]
        const positive = itemRows(tape, batch.positives);
        const negative = itemRows(tape, batch.negatives);
        const regulariser = egoRegulariser(tape, [user, positive, negative], batch.size, options.l2);
        return tape.add(plus ? enhancedLoss(tape, plus, batch) : tape.bpr(user, positive, negative), regulariser);
      },
      represent: () => {
        const ranking = new Tape(device, { recording: false });
        ranking.step(() => {
          device.kernels.axpby({ out: represented, x: allItems(ranking).data, alpha: 1, beta: 0 });
        });
        const tables = { users: userTable.data, items: represented };
        if (plus && enhanced) return plus.represent(enhanced, tables, 2 * d);
        return { ...tables, d: 2 * d };
      },
      release: () => {
        plus?.release();
        const tables = [
          represented,
          ...(enhanced ? [enhanced] : []),
          ...modalities.map(({ features }) => features.data),
        ];
        releaseTables(device, parameters, ...tables);
      },
    };
  },
});
