import { realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelDefinition } from './kernel.js';

function reference({ out, x, d, beta = 0 }: HostCall<'transpose'>): void {
  const n = x.length / d;
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < d; c++) out[c * n + r] = x[r * d + c] + (beta === 0 ? 0 : beta * out[c * n + r]);
  }
}

function cases(): KernelCase<'transpose'>[] {
  const made: KernelCase<'transpose'>[] = [];
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

export const transpose: KernelDefinition<'transpose'> = {
  name: 'transpose',
  positional: ({ out, x, d, beta = 0 }) => [out, x, d, beta],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 6e-8, relative: 1e-7, reason: 'two roundings of numbers below 1' }),
  bytes: ({ out, beta = 0 }) => 4 * out.length * (beta === 0 ? 2 : 3),
  flops: ({ out, beta = 0 }) => (beta === 0 ? 0 : 2 * out.length),
};
