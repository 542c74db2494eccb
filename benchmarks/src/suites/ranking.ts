import type { Floats, Ints } from '@agentmmrec/kernels';
import { inDeviceMemory, seededMatrix } from '../inputs.js';
import { rankingWork } from '../kernelWork.js';
import { type BenchmarkCase, plainTypeScript, type Suite } from '../suite.js';

/** The evaluation's inner loop: top 50 of all items for every user, training items left out. */
export const ranking: Suite = {
  name: 'ranking',
  *cases(device, size, context): Generator<BenchmarkCase> {
    const { users, items, offsets, itemIds } = size.train;
    const d = 64;
    const k = 50;
    const userRows = seededMatrix('ranking users', users, d);
    const itemRows = seededMatrix('ranking items', items, d);
    const call = {
      indices: device.ints(users * k),
      scores: device.floats(users * k),
      users: inDeviceMemory(device, userRows.data),
      items: inDeviceMemory(device, itemRows.data),
      maskOffsets: device.upload(offsets),
      maskIndices: device.upload(itemIds),
      d,
      k,
    };
    const arrays = {
      users: { data: userRows.data, shape: [users, d] },
      items: { data: itemRows.data, shape: [items, d] },
      maskOffsets: { data: offsets, shape: [offsets.length] },
      maskIndices: { data: itemIds, shape: [itemIds.length] },
    };
    yield {
      name: `rank all items ${size.name} ${users} x ${items} top-${k} d=${d}`,
      bytes: 4 * d * (users + items) + 8 * users * k,
      flops: 2 * users * items * d,
      work: () => [rankingWork(users, items, d, k)],
      run: () => device.kernels.rankTopK(call),
      others: plainTypeScript(context, (plain) => plain.rankTopK(firstUsers(call, PLAIN_USERS)), PLAIN_USERS / users),
      result: () => device.read(call.indices),
      peers: [{ name: 'torch', operation: 'ranking', variant: 'torch', parameters: { k }, arrays }],
      targets: size.name === 'clothing' ? { torch: 5 } : {},
      bound:
        'Arithmetic, the product of all scores, and then their selection: a comparison a score and a place in a list a candidate. ' +
        'torch keeps its memory here (see benchmarks/README.md).',
    };
  },
};

/** Users whose lists the plain version ranks. */
const PLAIN_USERS = 16;

interface Ranking {
  readonly indices: Ints;
  readonly scores: Floats;
  readonly users: Floats;
  readonly maskOffsets: Ints;
  readonly d: number;
  readonly k: number;
}

function firstUsers<T extends Ranking>(call: T, users: number): T {
  const { d, k } = call;
  return {
    ...call,
    indices: new Int32Array(users * k),
    scores: new Float32Array(users * k),
    users: call.users.subarray(0, users * d),
    maskOffsets: call.maskOffsets.subarray(0, users + 1),
  };
}
