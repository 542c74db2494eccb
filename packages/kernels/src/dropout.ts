import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelDefinition } from './kernel.js';
import { uniformNumbers } from './randomValues.js';

function reference({ out, x, rate, key0, key1, beta = 0 }: HostCall<'dropout'>): void {
  uniformNumbers(out.length, key0, key1).forEach((u, i) => {
    const kept = u < Math.fround(rate) ? 0 : x[i] / (1 - rate);
    out[i] = kept + (beta === 0 ? 0 : beta * out[i]);
  });
}

const KEY = { key0: 0x01234567, key1: 0xfedcba98 };

function cases(): KernelCase<'dropout'>[] {
  const made: KernelCase<'dropout'>[] = [];
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

export const dropout: KernelDefinition<'dropout'> = {
  name: 'dropout',
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
        device.kernels.dropout({ out, x: device.upload(UPSTREAM), rate: 0.4, ...KEY });
        return { x: device.read(out) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'linear: only float32 rounding' },
    },
  ],
  bytes: ({ out, beta = 0 }) => 4 * out.length * (beta === 0 ? 2 : 3),
  flops: ({ out, beta = 0 }) => out.length * (beta === 0 ? 1 : 3),
};
