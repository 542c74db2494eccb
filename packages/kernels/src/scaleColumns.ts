import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** out[n, d] = columns of x[n, d] times scale[d] + beta * out; may alias x. */
export interface ScaleColumns {
  out: Floats;
  x: Floats;
  scale: Floats;
  d: number;
  beta?: number;
}

function reference({ out, x, scale, d, beta = 0 }: HostCall<ScaleColumns>): void {
  for (let i = 0; i < out.length; i++) out[i] = x[i] * scale[i % d] + (beta === 0 ? 0 : beta * out[i]);
}

function cases(): KernelCase<ScaleColumns>[] {
  const made: KernelCase<ScaleColumns>[] = [];
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

export const scaleColumns: KernelSpec<ScaleColumns> = {
  positional: ({ out, x, scale, d, beta = 0 }) => [out, x, scale, d, beta],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 2e-7, relative: 2e-7, reason: 'three roundings of numbers below 1' }),
  bytes: {
    formula: '4 (d + 2 nd)',
    count: ({ out, scale, beta = 0 }) => 4 * (out.length * (beta === 0 ? 2 : 3) + scale.length),
  },
  flops: { formula: 'n d', count: ({ out, beta = 0 }) => out.length * (beta === 0 ? 1 : 3) },
  typical: (step) => {
    const { nodes, d } = step;
    const call = { out: step.zeros(nodes * d), x: step.floats(nodes * d), scale: step.floats(d), d };
    return [{ shape: `${nodes} x ${d}`, call }];
  },
};
