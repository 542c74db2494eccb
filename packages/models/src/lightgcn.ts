import { choice, integer } from '@agentmmrec/core';
import { batchRows } from './contract/batchRows.js';
import { defineModel, presetOption } from './contract/model.js';
import { lightgcnStep } from './fused/lightgcnStep.js';
import { fewSteps } from './parts/fewSteps.js';
import { propagationGraph } from './parts/graphs/propagation.js';
import { egoRegulariser, l2Option } from './parts/losses/regulariser.js';
import { nodeTable, sidesOf } from './parts/tables.js';

/**
 * LightGCN: embeddings propagated over the user-item graph, E^(l+1) = A E^(l) with weights 1 / sqrt(|N(u)| |N(i)|), mean of
 * layers 0..L, BPR loss, plus l2 / (2 B) * squared norm of the batch's layer-0 rows.
 *
 * Source: He et al. 2020, "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation", eq. 3, 4, 8, 15
 * (regulariser over the batch's rows, as its official code).
 *
 * Default l2 by Baby's validation: docs/measurements.md#lightgcn.
 */
export const lightgcn = defineModel({
  name: 'lightgcn',
  source: 'He et al. 2020, SIGIR, eq. 3, 4, 8, 15',
  needs: [],
  options: {
    preset: presetOption(
      ['source', 'tuned', 'fast'],
      'source = three layers and l2 1e-4, as in its code; tuned = what validation chose on TikTok; fast = few large steps an epoch, ' +
        'validated seldom',
    ),
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    layers: integer(2, { min: 1, max: 8, help: 'propagation layers' }),
    norm: choice('symmetric', ['symmetric', 'mean'], 'edge weights: 1/sqrt(|N(u)||N(i)|), or 1/(|N(u)||N(i)|)'),
    l2: l2Option(1e-2),
  },
  presets: {
    source: { layers: 3, l2: 1e-4 },
    tuned: { layers: 3, l2: 1e-2, learningRate: 3e-3 },
    fast: { learningRate: 3e-3, training: fewSteps },
  },
  build: (context) => {
    const { device, data, options } = context;
    const { users } = data;
    const { dimensions, layers, norm, l2 } = options;
    const embedding = nodeTable(context, 'embedding', dimensions); // [users + items, dimensions]
    const graph = propagationGraph(context, norm);
    return {
      parameters: { embedding },
      forward: (tape) => sidesOf(tape, tape.lightgcnReadout(graph, embedding, layers, 1 / (layers + 1)), users),
      terms: (tape, batch) => [
        egoRegulariser(tape, batchRows(tape, sidesOf(tape, embedding, users), batch), batch.size, l2),
      ],
      fusedStep: (batch, readLoss) =>
        lightgcnStep({ device, a: graph.forward, embedding, users, layers, l2, batch, readLoss }),
    };
  },
});
