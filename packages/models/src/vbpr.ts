import type { Tape, Tensor } from '@agentmmrec/autograd';
import { choice, integer } from '@agentmmrec/core';
import type { Ints } from '@agentmmrec/kernels';
import type { Batch } from './contract/data.js';
import { defineModel } from './contract/model.js';
import type { ReadLoss } from './contract/readLoss.js';
import { countsDistinct } from './fused/countsDistinct.js';
import { vbprStep } from './fused/vbprStep.js';
import { enteringFeatures, featureRankOption } from './parts/features/enteringFeatures.js';
import { featureScaleOption, scaleFeatures } from './parts/features/featureScale.js';
import { egoRegulariser, l2Option, normRegulariser } from './parts/losses/regulariser.js';
import { rowTable, weightsOver, zeroRow } from './parts/tables.js';

/**
 * Visual BPR: users [d + d], items [id d | features W + b], score = inner product, BPR loss plus l2 / (2 B) * squared norm of
 * the batch's rows (the projected features are part of an item's row, so W is held too).
 *
 * Source: He and McAuley 2016, "VBPR: Visual Bayesian Personalized Ranking from Implicit Feedback", eq. 3, with every modality
 * side by side in place of the image alone and without the bias terms, as the field's libraries do.
 *
 * Default l2: that of `bpr`, see docs/measurements.md#vbpr.
 */
export const vbpr = defineModel({
  name: 'vbpr',
  source: 'He and McAuley 2016, AAAI, eq. 3',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of the id part and of the projected features' }),
    l2: l2Option(1e-1),
    regulariser: choice(
      'squares',
      ['squares', 'norms'],
      'squared norms of the batch rows over twice its size, or their norms over its size, as in MMRec',
    ),
    featureScale: featureScaleOption('none'),
    featureRank: featureRankOption('full'),
  },
  build: (context) => {
    const { device, precision } = context;
    const { users, items } = context.data;
    const { dimensions: d, l2, regulariser, featureScale, featureRank } = context.options;
    const features = scaleFeatures(context.data.features, featureScale);
    const regularised = regulariser === 'norms' ? normRegulariser : egoRegulariser;
    const userTable = rowTable(context, 'user', users, 2 * d); // [users, 2 d]
    const itemTable = rowTable(context, 'item', items, d); // [items, d]
    const bias = zeroRow(context, 'projection.bias', d);
    // features side by side times one matrix = the sum of each modality times its own rows of it
    const modalities = features.map((of) => {
      const { values, inputs } = enteringFeatures(context, of, featureRank); // [items, inputs]
      return { values, weight: weightsOver(context, `projection.${of.modality}`, inputs, d) }; // [inputs, d]
    });
    const project = (tape: Tape, rowsOf: (values: Tensor) => Tensor): Tensor => {
      const [first, ...others] = modalities.map(({ values, weight }) => tape.gemm(rowsOf(values), weight));
      return tape.addBias(tape.total([first, ...others]), bias);
    };
    const itemRows = (tape: Tape, ids: Ints): Tensor =>
      tape.concatenate([tape.gatherRows(itemTable, ids), project(tape, (values) => tape.gatherRows(values, ids))]);
    return {
      parameters: {
        user: userTable,
        item: itemTable,
        'projection.bias': bias,
        ...Object.fromEntries(modalities.map(({ weight }) => [weight.name, weight])),
      },
      forward: (tape) => ({
        users: userTable,
        items: tape.concatenate([itemTable, project(tape, (values) => values)]), // [items, 2 d]
      }),
      rows: (tape, batch) => ({
        user: tape.gatherRows(userTable, batch.users), // [batch, 2 d]
        positive: itemRows(tape, batch.positives),
        negative: itemRows(tape, batch.negatives),
      }),
      terms: (tape, { size }, rows) => [regularised(tape, rows, size, l2)],
      ...(regulariser === 'squares' &&
        countsDistinct(device) && {
          fusedStep: (batch: Batch, readLoss?: ReadLoss) =>
            vbprStep({ device, precision, user: userTable, item: itemTable, modalities, bias, l2, batch, readLoss }),
        }),
    };
  },
});
