import type { Floats } from '@agentmmrec/kernels';
import { inDeviceMemory, seededMatrix } from '../inputs.js';
import { gemmWork } from '../kernelWork.js';
import { type BenchmarkCase, plainTypeScript, type Suite } from '../suite.js';

/** Dense products in the shapes of the models: feature projection, its weight gradient, small layers. */
export const gemm: Suite = {
  name: 'gemm',
  *cases(device, size, context): Generator<BenchmarkCase> {
    const n = size.train.items;
    const shapes = [
      { m: n, k: 384, n: 256, transposeA: false, use: 'text projection' },
      { m: 384, k: n, n: 256, transposeA: true, use: 'its weight gradient' },
      { m: n, k: 256, n: 64, transposeA: false, use: 'second layer' },
      { m: 2048, k: 64, n: 64, transposeA: false, use: 'a batch' },
    ];
    for (const { m, k, n: columns, transposeA, use } of shapes) {
      const a = seededMatrix('gemm a', transposeA ? k : m, transposeA ? m : k);
      const b = seededMatrix('gemm b', k, columns);
      const call = {
        out: device.floats(m * columns),
        a: inDeviceMemory(device, a.data),
        b: inDeviceMemory(device, b.data),
        m,
        n: columns,
        k,
        transposeA,
      };
      const part = onFirstRows(call, transposeA);
      yield {
        name: `gemm ${m} x ${k} x ${columns} (${use})`,
        bytes: 4 * (m * k + k * columns + m * columns),
        flops: 2 * m * k * columns,
        work: () => [gemmWork(m, columns, k)],
        run: () => device.kernels.gemm(call),
        others: plainTypeScript(context, (plain) => plain.gemm(part), PLAIN_ROWS / (transposeA ? k : m)),
        result: () => device.read(call.out),
        peers: [
          {
            name: 'torch',
            operation: 'gemm',
            variant: 'torch',
            parameters: { transposeA },
            arrays: { a: { data: a.data, shape: [a.rows, a.cols] }, b: { data: b.data, shape: [b.rows, b.cols] } },
          },
        ],
        targets: { torch: 0.85 },
        bound:
          'Thin products: with 64 columns the large operand is used once only, and a batch of 2048 x 64 takes 0.1 ms, little more than ' +
          'handing work to a second thread.',
      };
    }
  },
};

/** Rows of the large operand that the plain version multiplies. */
const PLAIN_ROWS = 64;

/** The product of the first rows of `a` alone: rows of the output, or, transposed, terms of its sums. */
function onFirstRows<T extends { m: number; k: number; a: Floats; b: Floats; n: number; out: Floats }>(
  call: T,
  transposeA: boolean,
): T {
  const { m, n, k } = call;
  const rows = PLAIN_ROWS;
  if (transposeA)
    return {
      ...call,
      k: rows,
      a: call.a.subarray(0, rows * m),
      b: call.b.subarray(0, rows * n),
      out: new Float32Array(m * n),
    };
  return { ...call, m: rows, a: call.a.subarray(0, rows * k), out: new Float32Array(rows * n) };
}
