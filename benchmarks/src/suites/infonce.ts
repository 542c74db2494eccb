import type { Floats, Kernels } from '@agentmmrec/kernels';
import { inDeviceMemory, seededMatrix } from '../inputs.js';
import { infonceWork } from '../kernelWork.js';
import { type BenchmarkCase, plainTypeScript, type Suite } from '../suite.js';

/** Rows that the plain version contrasts with each other. */
const PLAIN_ROWS = 256;

/** InfoNCE over all items, forward and backward, without an n x n matrix. */
export const infonce: Suite = {
  name: 'infonce',
  *cases(device, size, context): Generator<BenchmarkCase> {
    const n = size.train.items;
    const d = 64;
    const temperature = 0.2;
    const a = seededMatrix('infonce a', n, d);
    const b = seededMatrix('infonce b', n, d);
    const shared = {
      a: inDeviceMemory(device, a.data),
      b: inDeviceMemory(device, b.data),
      targets: device.upload(Int32Array.from({ length: n }, (_, i) => i)),
      logSumExp: device.floats(n),
      d,
      temperature,
    };
    const [loss, da, db] = [device.floats(1), device.floats(n * d), device.floats(n * d)];
    const infonceOf = (kernels: Kernels, rows: number) => {
      const first = (of: Floats) => of.subarray(0, rows * d);
      const part = rows === n ? { da, db } : { da: new Float32Array(rows * d), db: new Float32Array(rows * d) };
      const call = {
        ...shared,
        a: first(shared.a),
        b: first(shared.b),
        targets: shared.targets.subarray(0, rows),
        logSumExp: rows === n ? shared.logSumExp : new Float32Array(rows),
      };
      kernels.infonce({ loss, ...call });
      for (const out of [part.da, part.db]) kernels.axpby({ out, x: out, alpha: 0, beta: 0 });
      kernels.infonceBackward({ ...part, ...call, upstream: 1 });
    };
    yield {
      name: `InfoNCE forward and backward ${size.name} ${n} x ${n} d=${d}`,
      bytes: 4 * 6 * n * d,
      // logits, once more for the backward, and two products with the probabilities
      flops: 8 * n * n * d,
      work: () => [infonceWork(n, d)],
      run: () => infonceOf(device.kernels, n),
      others: plainTypeScript(context, (plain) => infonceOf(plain, PLAIN_ROWS), (PLAIN_ROWS / n) ** 2),
      result: () => device.read(da),
      peers: [
        {
          name: 'torch',
          operation: 'infonce',
          variant: 'torch',
          parameters: { temperature },
          arrays: { a: { data: a.data, shape: [n, d] }, b: { data: b.data, shape: [n, d] } },
        },
      ],
    };
  },
};
