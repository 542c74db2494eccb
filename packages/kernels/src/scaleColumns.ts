import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelDefinition } from './kernel.js';

function reference({ out, x, scale, d, beta = 0 }: HostCall<'scaleColumns'>): void {
  for (let i = 0; i < out.length; i++) out[i] = x[i] * scale[i % d] + (beta === 0 ? 0 : beta * out[i]);
}

function cases(): KernelCase<'scaleColumns'>[] {
  const made: KernelCase<'scaleColumns'>[] = [];
  const add = (n: number, d: number, beta: number) =>
    made.push({
      label: `${n} x ${d}, beta ${beta}`,
      call: { out: realValues(n * d, 1), x: realValues(n * d, 2), scale: realValues(d, 3), d, beta },
    });
  for (const n of [0, ...EDGE_LENGTHS]) add(n, 3, 1);
  for (const d of [1, 16, 63, 64, 65, 192]) add(33, d, 0.5);
  const same = realValues(33 * 20, 4);
  made.push({ label: 'out is x', call: { out: same, x: same, scale: realValues(20, 3), d: 20 } });
  const nan = { x: Float32Array.of(1, Number.NaN, 2, 3), scale: Float32Array.of(0, Number.POSITIVE_INFINITY) };
  made.push({ label: 'NaN passes', call: { out: new Float32Array(4), ...nan, d: 2 } });
  const old = new Float32Array(4).fill(Number.NaN);
  const rest = { x: realValues(4, 1), scale: realValues(2, 2), d: 2 };
  made.push({ label: 'beta 0 does not read out', call: { out: old, ...rest } });
  return made;
}

export const scaleColumns: KernelDefinition<'scaleColumns'> = {
  name: 'scaleColumns',
  positional: ({ out, x, scale, d, beta = 0 }) => [out, x, scale, d, beta],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 2e-7, relative: 2e-7, reason: 'three roundings of numbers below 1' }),
  bytes: ({ out, scale, beta = 0 }) => 4 * (out.length * (beta === 0 ? 2 : 3) + scale.length),
  flops: ({ out, beta = 0 }) => out.length * (beta === 0 ? 1 : 3),
};
