import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** out = a * b + beta * out. */
export interface Multiply {
  out: Floats;
  a: Floats;
  b: Floats;
  beta?: number;
}

function reference({ out, a, b, beta = 0 }: HostCall<Multiply>): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i] * b[i] + (beta === 0 ? 0 : beta * out[i]);
}

function cases(): KernelCase<Multiply>[] {
  const made: KernelCase<Multiply>[] = [];
  for (const n of [0, ...EDGE_LENGTHS, 40_000]) {
    made.push({ label: `${n}`, call: { out: realValues(n, 1), a: realValues(n, 2), b: realValues(n, 3), beta: 0.5 } });
    made.push({
      label: `${n}, whole numbers`,
      exact: true,
      call: { out: wholeValues(n, 1), a: wholeValues(n, 2), b: wholeValues(n, 3), beta: 1 },
    });
  }
  const same = realValues(100, 4);
  made.push({ label: 'out is a', call: { out: same, a: same, b: realValues(100, 5), beta: 1 } });
  made.push({ label: 'out is a and b', call: { out: same, a: same, b: same } });
  const nan = new Float32Array(20).fill(Number.NaN);
  made.push({ label: 'beta 0 does not read out', call: { out: nan, a: realValues(20, 1), b: realValues(20, 2) } });
  made.push({ label: 'NaN passes', call: { out: new Float32Array(20), a: nan.slice(), b: new Float32Array(20) } });
  return made;
}

export const multiply: KernelSpec<Multiply> = {
  positional: ({ out, a, b, beta = 0 }) => [out, a, b, beta],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 2e-7, relative: 2e-7, reason: 'three roundings of numbers below 1' }),
  bytes: { formula: '12 nd', count: ({ out, beta = 0 }) => 4 * out.length * (beta === 0 ? 3 : 4) },
  flops: { formula: 'n d', count: ({ out, beta = 0 }) => out.length * (beta === 0 ? 1 : 3) },
  typical: (step) => {
    const n = step.nodes * step.d;
    return [{ shape: `${n} elements`, call: { out: step.zeros(n), a: step.floats(n), b: step.floats(n) } }];
  },
};
