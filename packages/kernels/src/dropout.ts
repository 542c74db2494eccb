import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';
import { uniformNumbers } from './randomValues.js';

/**
 * out = mask * x + beta * out: 0 where u (as in randomValues) is below `rate`, 1 / (1 - rate) elsewhere; may alias x. The mask is
 * a function of key and position, so the backward is the same call on the gradient.
 */
export interface Dropout {
  out: Floats;
  x: Floats;
  rate: number;
  key0: number;
  key1: number;
  beta?: number;
}

function reference({ out, x, rate, key0, key1, beta = 0 }: HostCall<Dropout>): void {
  uniformNumbers(out.length, key0, key1).forEach((u, i) => {
    const kept = u < Math.fround(rate) ? 0 : x[i] / (1 - rate);
    out[i] = kept + (beta === 0 ? 0 : beta * out[i]);
  });
}

const KEY = { key0: 0x01234567, key1: 0xfedcba98 };

function cases(): KernelCase<Dropout>[] {
  const made: KernelCase<Dropout>[] = [];
  for (const n of [0, ...EDGE_LENGTHS, 4095, 4097, 20_000]) {
    for (const rate of [0, 0.3, 0.9]) {
      const x = realValues(n, 2);
      made.push({ label: `${n}, rate ${rate}`, call: { out: new Float32Array(n).fill(Number.NaN), x, rate, ...KEY } });
    }
    made.push({
      label: `${n}, added`,
      call: { out: realValues(n, 1), x: realValues(n, 2), rate: 0.5, ...KEY, beta: 1 },
    });
  }
  const same = realValues(300, 4);
  made.push({ label: 'out is x', call: { out: same, x: same, rate: 0.5, ...KEY } });
  return made;
}

const UPSTREAM = realValues(40, 5);

export const dropout: KernelSpec<Dropout> = {
  positional: ({ out, x, rate, key0, key1, beta = 0 }) => [out, x, rate, beta, key0, key1],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 2e-7, relative: 4e-7, reason: 'three roundings; 1 - rate loses a bit' }),
  gradients: [
    {
      label: 'x, by the same mask on the gradient',
      variables: () => ({ x: realValues(40, 1) }),
      value: ({ x }) => {
        const out = new Float64Array(40);
        reference({ out, x, rate: 0.4, ...KEY });
        return out.reduce((sum, v, i) => sum + v * UPSTREAM[i], 0);
      },
      gradients: (device) => {
        const out = device.floats(40);
        device.run(dropout, { out, x: device.upload(UPSTREAM), rate: 0.4, ...KEY });
        return { x: device.read(out) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'linear: only float32 rounding' },
    },
  ],
  bytes: { formula: '8 nd', count: ({ out, beta = 0 }) => 4 * out.length * (beta === 0 ? 2 : 3) },
  flops: { formula: 'n d', count: ({ out, beta = 0 }) => out.length * (beta === 0 ? 1 : 3) },
  typical: (step) => {
    const n = step.nodes * step.d;
    return [{ shape: `${n} elements`, call: { out: step.zeros(n), x: step.floats(n), rate: 0.1, key0: 1, key1: 2 } }];
  },
};
