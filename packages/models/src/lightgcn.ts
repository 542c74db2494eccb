import { choice, integer } from '@agentmmrec/core';
import type { Ints } from '@agentmmrec/kernels';
import { lightgcnStep } from './lightgcnStep.js';
import { defineModel } from './model.js';
import { nodeTable, releaseTables } from './nodeTable.js';
import { PlusGraph, plusGraphOption } from './plusGraph.js';
import { PropagationGraph } from './propagationGraph.js';
import { egoRegulariser, l2Option } from './regulariser.js';

/**
 * LightGCN: embeddings propagated over the user-item graph, E^(l+1) = A E^(l) with weights 1 / sqrt(|N(u)| |N(i)|), mean of
 * layers 0..L, BPR loss, plus l2 / (2 B) * squared norm of the batch's layer-0 rows.
 *
 * Source: He et al. 2020, "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation", eq. 3, 4, 8, 15
 * (regulariser over the batch's rows, as its official code).
 *
 * Default l2, by Recall@20 on Baby's validation (2 layers, seed 1, until 20 epochs bring no gain): 1e-4 .0773, 1e-3 .0774,
 * 1e-2 .0831, 3e-2 .0829, 1e-1 .0720; 1e-5 was stopped after 20 epochs (.0726, 1e-4 there .0724).
 */
export const lightgcn = defineModel({
  name: 'lightgcn',
  source: 'He et al. 2020, SIGIR, eq. 3, 4, 8, 15',
  needs: [],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    layers: integer(2, { min: 1, max: 8, help: 'propagation layers' }),
    norm: choice('symmetric', ['symmetric', 'mean'], 'edge weights: 1/sqrt(|N(u)||N(i)|), or 1/(|N(u)||N(i)|)'),
    l2: l2Option(1e-2),
    ...plusGraphOption,
  },
  build: (context) => {
    const { data, device, options } = context;
    const { users, items, train } = data;
    const { dimensions: d, layers, norm, l2 } = options;
    const embedding = nodeTable(context, 'embedding', d); // [users + items, d]
    const graph = new PropagationGraph(device, train, norm);
    const weight = 1 / (layers + 1);
    const remarks: string[] = [];
    const plus = PlusGraph.of(context, users, remarks);
    const enhanced = plus && device.floats((users + items) * d, 'any');
    const readout = device.floats((users + items) * d, 'any'); // filled by represent
    return {
      parameters: { embedding },
      remarks,
      loss: (tape, batch) => {
        const e = tape.lightgcnReadout(graph.over('training'), embedding, layers, weight); // [users + items, d]
        const items = (ids: Ints) => plus?.items(tape, e, ids) ?? tape.gatherRows(e, ids, users);
        const user = plus?.users(tape, e, batch.users) ?? tape.gatherRows(e, batch.users); // [batch, d]
        const [positive, negative] = [items(batch.positives), items(batch.negatives)];
        const ego = tape.gatherRows(embedding, batch.users);
        const egoPositive = tape.gatherRows(embedding, batch.positives, users);
        const egoNegative = tape.gatherRows(embedding, batch.negatives, users);
        const regulariser = egoRegulariser(tape, [ego, egoPositive, egoNegative], batch.size, l2);
        return tape.add(tape.bpr(user, positive, negative), regulariser);
      },
      ...(!plus && {
        fusedStep: (batch) =>
          lightgcnStep({ device, a: graph.over('training').forward, embedding, users, layers, l2, batch }),
      }),
      represent: (over = 'all') => {
        const size = (users + items) * d;
        const a = graph.over(over).forward;
        device.reclaimOnFailure(() => {
          const scratch = device.floats(2 * size, 'any');
          device.kernels.lightgcnReadout({ out: readout, scratch, a, e0: embedding.data, d, layers, weight });
          device.release(scratch);
        });
        if (plus && enhanced) return plus.represent(enhanced, { users: readout, items: readout }, d);
        return { users: readout.subarray(0, users * d), items: readout.subarray(users * d, size), d };
      },
      setTrainingGraph: (interactions) => graph.set(interactions),
      release: () => {
        graph.release();
        plus?.release();
        releaseTables(device, { embedding }, readout, ...(enhanced ? [enhanced] : []));
      },
    };
  },
});
