import type { Floats } from './arrays.js';
import { realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** out[d, n] = the transpose of x[n, d] + beta * out. */
export interface Transpose {
  out: Floats;
  x: Floats;
  d: number;
  beta?: number;
}

function reference({ out, x, d, beta = 0 }: HostCall<Transpose>): void {
  const n = x.length / d;
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < d; c++) out[c * n + r] = x[r * d + c] + (beta === 0 ? 0 : beta * out[c * n + r]);
  }
}

function cases(): KernelCase<Transpose>[] {
  const made: KernelCase<Transpose>[] = [];
  for (const [n, d] of [
    [0, 3],
    [1, 1],
    [1, 40],
    [40, 1],
    [31, 33],
    [32, 32],
    [33, 31],
    [65, 64],
    [1025, 7],
    [5, 1025],
  ]) {
    const x = realValues(n * d, 2);
    made.push({ label: `${n} x ${d}`, exact: true, call: { out: new Float32Array(n * d).fill(Number.NaN), x, d } });
    made.push({ label: `${n} x ${d}, added`, call: { out: realValues(n * d, 1), x, d, beta: 1 } });
  }
  return made;
}

export const transpose: KernelSpec<Transpose> = {
  positional: ({ out, x, d, beta = 0 }) => [out, x, d, beta],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 6e-8, relative: 1e-7, reason: 'two roundings of numbers below 1' }),
  bytes: { formula: '8 nd', count: ({ out, beta = 0 }) => 4 * out.length * (beta === 0 ? 2 : 3) },
  flops: { formula: '0', count: ({ out, beta = 0 }) => (beta === 0 ? 0 : 2 * out.length) },
  typical: (step) => {
    const { nodes, d } = step;
    return [{ shape: `${nodes} x ${d}`, call: { out: step.zeros(nodes * d), x: step.floats(nodes * d), d } }];
  },
};
