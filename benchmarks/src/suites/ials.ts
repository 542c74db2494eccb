import { transpose } from '@agentmmrec/core';
import { interactionMatrix } from '@agentmmrec/graphs';
import type { Floats, Kernels } from '@agentmmrec/kernels';
import { inDeviceMemory, seededMatrix } from '../inputs.js';
import { type BenchmarkCase, plainTypeScript, type Suite } from '../suite.js';

/** Users that the plain version solves. */
const PLAIN_USERS = 32;

/** Alternating least squares on implicit feedback: a sweep over all users and all items, 256 wide, three steps of conjugate gradients. */
export const ials: Suite = {
  name: 'ials',
  *cases(device, size, context): Generator<BenchmarkCase> {
    const { users, items } = size.train;
    const [d, weight, lambda, steps] = [256, 20, 100, 3];
    const matrix = interactionMatrix(size.train);
    const start = { users: seededMatrix('users of ials', users, d), items: seededMatrix('items of ials', items, d) };
    const tables = { users: inDeviceMemory(device, start.users.data), items: inDeviceMemory(device, start.items.data) };
    const gram = device.floats(d * d);
    const sides = {
      users: { pattern: device.uploadCsr(matrix), regularisation: device.upload(new Float32Array(users).fill(lambda)) },
      items: {
        pattern: device.uploadCsr(transpose(matrix)),
        regularisation: device.upload(new Float32Array(items).fill(lambda)),
      },
    };
    const solve = (out: Floats, y: Floats, side: typeof sides.users): void => {
      device.kernels.gemm({ out: gram, a: y, b: y, m: d, n: d, k: y.length / d, transposeA: true });
      device.kernels.leastSquaresRows({ out, y, gram, d, weight, steps, ...side });
    };
    const plainUsers = (kernels: Kernels): void => {
      const pattern = {
        ...matrix,
        rows: PLAIN_USERS,
        nnz: matrix.offsets[PLAIN_USERS],
        offsets: matrix.offsets.subarray(0, PLAIN_USERS + 1),
        indices: matrix.indices.subarray(0, matrix.offsets[PLAIN_USERS]),
      };
      const regularisation = new Float32Array(PLAIN_USERS).fill(lambda);
      const out = start.users.data.slice(0, PLAIN_USERS * d);
      kernels.leastSquaresRows({
        out,
        pattern,
        y: start.items.data,
        gram: device.read(gram),
        regularisation,
        d,
        weight,
        steps,
      });
    };
    const numbers = { weight, lambda, steps };
    const { offsets, indices } = matrix;
    const arrays = {
      offsets: { data: offsets, shape: [offsets.length] },
      indices: { data: indices, shape: [indices.length] },
      users: { data: start.users.data, shape: [users, d] },
      items: { data: start.items.data, shape: [items, d] },
    };
    yield {
      name: `iALS sweep ${size.name} ${users} users, ${items} items d=${d}`,
      bytes: 4 * 4 * (users + items) * d,
      flops: 2 * (users + items) * d * d * (steps + 2) + 8 * (steps + 1) * indices.length * d * 2,
      run: () => {
        device.write(tables.users, start.users.data);
        device.write(tables.items, start.items.data);
        solve(tables.users, tables.items, sides.users);
        solve(tables.items, tables.users, sides.items);
      },
      others: plainTypeScript(context, plainUsers, PLAIN_USERS / (users + items)),
      result: () => device.read(tables.items),
      peers: ['implicit', 'scipy'].map((variant) => ({
        name: variant,
        operation: 'ials',
        variant,
        parameters: numbers,
        arrays,
      })),
      targets: { implicit: 3 },
    };
  },
};
