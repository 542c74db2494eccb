import { Adam } from '@agentmmrec/autograd';
import { RandomStreams } from '@agentmmrec/core';
import { type Device, type Ints, openDevice } from '@agentmmrec/kernels';
import { buildModel, models } from '@agentmmrec/models';
import { adamRowsWork, cachedShare, triplesWork } from '../kernelWork.js';
import type { BenchmarkCase, Suite } from '../suite.js';

/** Steps of the plain version: two of them show its pace. */
const PLAIN_STEPS = 2;

/**
 * Matrix factorisation, an epoch of steps: gather, BPR loss, gradient rows, scatter, Adam on both tables. Every step has triples
 * of its own, and the tables are whole at the end, so that what rows let wait (see Adam) is paid inside the time.
 */
export const bpr: Suite = {
  name: 'bpr',
  *cases(device, size, { plain }): Generator<BenchmarkCase> {
    const { users, items } = size.train;
    const d = 64;
    const batch = 2048;
    const steps = Math.ceil(size.train.itemIds.length / batch);
    const stream = new RandomStreams(4).stream('bpr', users, items);
    const ids = (bound: number) => Int32Array.from({ length: steps * batch }, () => stream.integer(bound));
    const drawn = { userIds: ids(users), positiveIds: ids(items), negativeIds: ids(items) };
    const ours = trainer(device, size.train, d);
    const reference = plain && trainer(openDevice('reference'), size.train, d);
    const at = (all: Int32Array, step: number) => all.subarray(step * batch, (step + 1) * batch);
    const batchAt = (upload: (ids: Int32Array) => Ints, step: number) => ({
      users: upload(at(drawn.userIds, step)),
      positives: upload(at(drawn.positiveIds, step)),
      negatives: upload(at(drawn.negativeIds, step)),
      size: batch,
    });
    const batches = Array.from({ length: steps }, (_, step) => batchAt((part) => device.upload(part), step));
    const table = device.read(ours.table()).slice();
    const distinct = (rows: number, draws: number) => rows * (1 - Math.exp(-draws / rows));
    const touched = distinct(users, batch) + distinct(items, 2 * batch);
    const arrays = {
      users: { data: table.subarray(0, users * d), shape: [users, d] },
      items: { data: table.subarray(users * d), shape: [items, d] },
      ...Object.fromEntries(Object.entries(drawn).map(([name, data]) => [name, { data, shape: [steps, batch] }])),
    };
    yield {
      name: `BPR with Adam ${size.name} ${steps} steps of batch ${batch} d=${d}`,
      // a row of a batch is read and written with both its moments; the whole tables once, at the end
      bytes: steps * touched * d * 4 * 8 + (users + items) * d * 4 * 6,
      flops: steps * ((users + items) * d * 13 + batch * d * 15),
      work: (rates) => [
        { sortedIds: 3 * batch * steps },
        ...adamRowsWork(steps * (users + items) * d, steps * touched * d, cachedShare(rates, 12 * (users + items) * d)),
        { ...triplesWork(batch, d, 1), times: steps },
      ],
      run: () => ours.run(batches),
      others: reference
        ? [
            {
              name: 'plain TypeScript',
              share: PLAIN_STEPS / steps,
              run: () => reference.run(Array.from({ length: PLAIN_STEPS }, (_, step) => batchAt((part) => part, step))),
            },
          ]
        : [],
      peers: [{ name: 'torch', operation: 'bpr', variant: 'torch', parameters: {}, arrays }],
      targets: size.name === 'clothing' ? { torch: 5 } : {},
      bound:
        'Arithmetic and the rows of the batch: Adam owes every row a division and a square root an element and step, whether it has ' +
        'a gradient or not (rows that wait pay in registers, with the same bits), and 5,700 rows with both moments are fetched and ' +
        'put back twice a step, in no order that a cache could use.',
    };
  },
};

/** The product's own path: the model's fused step and its optimizer. */
function trainer(device: Device, train: Parameters<typeof buildModel>[1]['data']['train'], dimensions: number) {
  const { users, items } = train;
  const data = { users, items, train, features: [], knowledge: null };
  const model = buildModel(models.bpr, { data, device, random: new RandomStreams(4) }, { dimensions, l2: 0 });
  const adam = new Adam(model.parameters, { learningRate: 1e-3 });
  const { embedding } = model.parameters;
  return {
    table: () => embedding.settle(),
    run(batches: readonly { users: Ints; positives: Ints; negatives: Ints; size: number }[]) {
      for (const one of batches) {
        model.fusedStep?.(one);
        adam.step();
      }
      embedding.settle();
    },
  };
}
