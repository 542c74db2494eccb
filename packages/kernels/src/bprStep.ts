import { bprTerm } from './bpr.js';
import { EDGE_LENGTHS, idValues, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelDefinition, Numbers } from './kernel.js';

function reference(call: HostCall<'bprStep'>): void {
  const { loss, dUsers, dItems, users, items, userIds, positiveIds, negativeIds, d, l2 } = call;
  const batch = userIds.length;
  const [userGradient, itemGradient] = [new Float64Array(dUsers.length), new Float64Array(dItems.length)];
  const row = (table: Numbers, id: number) => table.subarray(id * d, (id + 1) * d);
  let total = 0;
  for (let j = 0; j < batch; j++) {
    const [u, p, n] = [row(users, userIds[j]), row(items, positiveIds[j]), row(items, negativeIds[j])];
    const [du, dp, dn] = [
      row(userGradient, userIds[j]),
      row(itemGradient, positiveIds[j]),
      row(itemGradient, negativeIds[j]),
    ];
    const term = bprTerm(u, p, n);
    total += term.loss;
    for (let c = 0; c < d; c++) {
      total += (l2 / 2) * (u[c] ** 2 + p[c] ** 2 + n[c] ** 2);
      du[c] += (term.slope * (p[c] - n[c]) + l2 * u[c]) / batch;
      dp[c] += (term.slope * u[c] + l2 * p[c]) / batch;
      dn[c] += (-term.slope * u[c] + l2 * n[c]) / batch;
    }
  }
  for (let i = 0; i < dUsers.length; i++) dUsers[i] += userGradient[i];
  for (let i = 0; i < dItems.length; i++) dItems[i] += itemGradient[i];
  loss[0] = total / batch;
}

interface Sizes {
  batch: number;
  users: number;
  items: number;
  d: number;
  l2: number;
}

function call({ batch, users, items, d, l2 }: Sizes): HostCall<'bprStep'> {
  return {
    loss: new Float32Array(1),
    dUsers: realValues(users * d, 1),
    dItems: realValues(items * d, 2),
    scratch: new Float32Array(3 * batch * d),
    intScratch: new Int32Array(6 * batch + users + items + 2),
    users: realValues(users * d, 3),
    items: realValues(items * d, 4),
    userIds: idValues(batch, users, 5),
    positiveIds: idValues(batch, items, 6),
    negativeIds: idValues(batch, items, 7),
    d,
    l2,
  };
}

function cases(): KernelCase<'bprStep'>[] {
  const made: KernelCase<'bprStep'>[] = [];
  const add = (sizes: Sizes) => made.push({ label: JSON.stringify(sizes), call: call(sizes) });
  for (const batch of EDGE_LENGTHS) add({ batch, users: 50, items: 20, d: 6, l2: 0.1 });
  for (const d of [1, 16, 17, 64, 65, 192]) add({ batch: 40, users: 30, items: 300, d, l2: 0 });
  add({ batch: 300, users: 1, items: 1, d: 20, l2: 0.01 });
  add({ batch: 300, users: 70_000, items: 257, d: 2, l2: 0.01 });
  return made;
}

const IDS = {
  userIds: Int32Array.of(0, 2, 0, 1, 0),
  positiveIds: Int32Array.of(1, 1, 3, 0, 2),
  negativeIds: Int32Array.of(3, 0, 1, 1, 2),
};

export const bprStep: KernelDefinition<'bprStep'> = {
  name: 'bprStep',
  positional: (c) => [
    c.loss,
    c.dUsers,
    c.dItems,
    c.scratch,
    c.intScratch,
    c.users,
    c.items,
    c.userIds,
    c.positiveIds,
    c.negativeIds,
    c.d,
    c.l2,
  ],
  outputs: ['loss', 'dUsers', 'dItems'],
  scratch: ['scratch', 'intScratch'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 2e-6,
    relative: 1e-5,
    reason: 'margins of up to 192 float32 products, sums of up to 600 rows',
  }),
  gradients: [
    {
      label: 'users and items',
      variables: () => ({ users: realValues(3 * 4, 1), items: realValues(4 * 4, 2) }),
      value: ({ users, items }) => {
        const [loss, dUsers, dItems] = [1, 12, 16].map((n) => new Float64Array(n));
        const memory = { scratch: new Float64Array(0), intScratch: new Int32Array(0) };
        reference({ loss, dUsers, dItems, ...memory, users, items, ...IDS, d: 4, l2: 0.3 });
        return loss[0];
      },
      gradients: (device, { users, items }) => {
        const [loss, dUsers, dItems, scratch] = [1, 12, 16, 60].map((n) => device.floats(n));
        device.kernels.bprStep({
          loss,
          dUsers,
          dItems,
          scratch,
          intScratch: device.ints(6 * 5 + 3 + 4 + 2),
          users: device.upload(users),
          items: device.upload(items),
          userIds: device.upload(IDS.userIds),
          positiveIds: device.upload(IDS.positiveIds),
          negativeIds: device.upload(IDS.negativeIds),
          d: 4,
          l2: 0.3,
        });
        return { users: device.read(dUsers), items: device.read(dItems) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'float32 exponentials; the differences err by about 1e-9' },
    },
  ],
  bytes: ({ userIds, d }) => 4 * userIds.length * (3 + 3 * d + 3 * 2 * d),
  flops: ({ userIds, d }) => userIds.length * d * 15,
};
