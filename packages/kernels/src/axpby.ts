import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** out = alpha * x + beta * y; without y it is out itself. */
export interface Axpby {
  out: Floats;
  x: Floats;
  alpha: number;
  beta: number;
  y?: Floats;
}

function reference({ out, x, alpha, beta, y = out }: HostCall<Axpby>): void {
  for (let i = 0; i < out.length; i++) out[i] = alpha * x[i] + (beta === 0 ? 0 : beta * y[i]);
}

function cases(): KernelCase<Axpby>[] {
  const made: KernelCase<Axpby>[] = [];
  for (const n of [0, ...EDGE_LENGTHS, 40_000]) {
    made.push({ label: `${n}`, call: { out: realValues(n, 1), x: realValues(n, 2), alpha: 0.3, beta: -0.7 } });
    made.push({
      label: `${n}, whole numbers`,
      exact: true,
      call: { out: wholeValues(n, 1), x: wholeValues(n, 2), alpha: 3, beta: 2 },
    });
  }
  for (const n of EDGE_LENGTHS) {
    const [out, x, y] = [new Float32Array(n).fill(Number.NaN), realValues(n, 1), realValues(n, 2)];
    made.push({ label: `${n}, out is neither`, call: { out, x, alpha: 0.3, beta: -0.7, y } });
  }
  const same = realValues(100, 3);
  made.push({ label: 'out is x', call: { out: same, x: same, alpha: 0.3, beta: 0.5 } });
  made.push({
    label: 'beta 0 does not read out',
    call: { out: new Float32Array(40).fill(Number.NaN), x: realValues(40, 2), alpha: 0.3, beta: 0 },
  });
  made.push({
    label: 'NaN passes',
    call: {
      out: realValues(40, 1),
      x: Float32Array.from({ length: 40 }, (_, i) => (i === 33 ? Number.NaN : i)),
      alpha: 1,
      beta: 1,
    },
  });
  return made;
}

export const axpby: KernelSpec<Axpby> = {
  positional: ({ out, x, alpha, beta, y }) => [out, x, alpha, beta, y],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 2e-7,
    relative: 2e-7,
    reason: 'three roundings of numbers below 1, scalars rounded to float32',
  }),
  bytes: { formula: '12 nd', count: ({ out, beta }) => 4 * out.length * (beta === 0 ? 2 : 3) },
  flops: { formula: '3 n d', count: ({ out }) => 3 * out.length },
  typical: (step) => {
    const n = step.nodes * step.d;
    return [{ shape: `${n} elements`, call: { out: step.zeros(n), x: step.floats(n), alpha: 2, beta: 1 } }];
  },
};
