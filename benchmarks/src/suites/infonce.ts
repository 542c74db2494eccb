import { inDeviceMemory, seededMatrix } from '../inputs.js';
import { infonceWork } from '../kernelWork.js';
import type { BenchmarkCase, Suite } from '../suite.js';

/** InfoNCE over all items, forward and backward, without an n x n matrix. */
export const infonce: Suite = {
  name: 'infonce',
  *cases(device, size): Generator<BenchmarkCase> {
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
    yield {
      name: `InfoNCE forward and backward ${size.name} ${n} x ${n} d=${d}`,
      bytes: 4 * 6 * n * d,
      // logits, once more for the backward, and two products with the probabilities
      flops: 8 * n * n * d,
      work: () => [infonceWork(n, d)],
      run: () => {
        device.kernels.infonce({ loss, ...shared });
        for (const out of [da, db]) device.kernels.axpby({ out, x: out, alpha: 0, beta: 0 });
        device.kernels.infonceBackward({ da, db, ...shared, upstream: 1 });
      },
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
