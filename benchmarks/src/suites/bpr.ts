import { RandomStreams } from '@agentmmrec/core';
import type { Kernels } from '@agentmmrec/kernels';
import { inDeviceMemory, seededMatrix } from '../inputs.js';
import { adamWork, cachedShare, clearWork, triplesWork } from '../kernelWork.js';
import { type BenchmarkCase, plainTypeScript, type Suite } from '../suite.js';

/** One matrix-factorisation step: gather, BPR loss, gradient rows, scatter, dense Adam on both tables. */
export const bpr: Suite = {
  name: 'bpr',
  *cases(device, size, context): Generator<BenchmarkCase> {
    const { users, items } = size.train;
    const d = 64;
    const batch = 2048;
    const stream = new RandomStreams(4).stream('bpr', users, items);
    const ids = (bound: number) => Int32Array.from({ length: batch }, () => stream.integer(bound));
    const [userIds, positiveIds, negativeIds] = [ids(users), ids(items), ids(items)];
    const userTable = seededMatrix('bpr users', users, d);
    const itemTable = seededMatrix('bpr items', items, d);
    const table = (rows: number, data: Float32Array) => ({
      parameter: inDeviceMemory(device, data),
      m: device.floats(rows * d),
      v: device.floats(rows * d),
      gradient: device.floats(rows * d),
    });
    const [u, i] = [table(users, userTable.data), table(items, itemTable.data)];
    const step = {
      loss: device.floats(1),
      dUsers: u.gradient,
      dItems: i.gradient,
      users: u.parameter,
      items: i.parameter,
      scratch: device.floats(3 * batch * d),
      intScratch: device.ints(6 * batch + users + items + 2),
      userIds: device.upload(userIds),
      positiveIds: device.upload(positiveIds),
      negativeIds: device.upload(negativeIds),
      d,
      l2: 0,
    };
    let count = 0;
    const run = (kernels: Kernels) => {
      count++;
      for (const { gradient } of [u, i]) kernels.axpby({ out: gradient, x: gradient, alpha: 0, beta: 0 });
      kernels.bprStep(step);
      for (const t of [u, i]) kernels.adam({ ...t, step: count, learningRate: 1e-3 });
    };
    const arrays = {
      users: { data: userTable.data, shape: [users, d] },
      items: { data: itemTable.data, shape: [items, d] },
      userIds: { data: userIds, shape: [batch] },
      positiveIds: { data: positiveIds, shape: [batch] },
      negativeIds: { data: negativeIds, shape: [batch] },
    };
    yield {
      name: `BPR step with Adam ${size.name} batch ${batch} d=${d}`,
      // Adam reads and writes parameter and both moments, reads the gradient, and the gradient is zeroed
      bytes: (users + items) * d * 4 * 8 + batch * 3 * d * 4 * 4,
      flops: (users + items) * d * 12 + batch * d * 12,
      work: (rates) => {
        const floats = (users + items) * d;
        return [
          clearWork(floats, 16 * floats),
          adamWork(floats),
          triplesWork(batch, d, cachedShare(rates, 16 * floats)),
        ];
      },
      run: () => run(device.kernels),
      others: plainTypeScript(context, run),
      peers: [{ name: 'torch', operation: 'bpr', variant: 'torch', parameters: {}, arrays }],
      targets: size.name === 'clothing' ? { torch: 5 } : {},
      bound:
        'Memory: dense Adam passes over parameter, moments and gradient of every row each step; the fused Adam of torch moves nearly ' +
        'the same bytes, so no room is left for five times while every row moves.',
    };
  },
};
