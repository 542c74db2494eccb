import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec, Numbers } from './kernel.js';
import { scaleRows } from './scaleRows.js';

/** out[n] = dot product of rows a[n, d] and b[n, d]. */
export interface RowDot {
  out: Floats;
  a: Floats;
  b: Floats;
  d: number;
}

/** The dot product of row i of a and row j of b, both d wide. */
export function dotOfRows(a: Numbers, i: number, b: Numbers, j: number, d: number): number {
  let total = 0;
  for (let c = 0; c < d; c++) total += a[i * d + c] * b[j * d + c];
  return total;
}

function reference({ out, a, b, d }: HostCall<RowDot>): void {
  for (let r = 0; r < out.length; r++) out[r] = dotOfRows(a, r, b, r, d);
}

function cases(): KernelCase<RowDot>[] {
  const made: KernelCase<RowDot>[] = [];
  const add = (n: number, d: number) => {
    const out = () => new Float32Array(n).fill(Number.NaN);
    made.push({ label: `${n} x ${d}`, call: { out: out(), a: realValues(n * d, 1), b: realValues(n * d, 2), d } });
    const whole = { out: out(), a: wholeValues(n * d, 1), b: wholeValues(n * d, 2), d };
    made.push({ label: `${n} x ${d}, whole numbers`, exact: true, call: whole });
  };
  for (const n of [0, ...EDGE_LENGTHS]) add(n, 5);
  for (const d of [1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 192, 4096]) add(9, d);
  const same = realValues(33 * 20, 4);
  made.push({ label: 'a is b', call: { out: new Float32Array(33), a: same, b: same, d: 20 } });
  const nan = { a: Float32Array.of(1, Number.NaN, 2, 3), b: Float32Array.of(1, 1, 0, Number.POSITIVE_INFINITY) };
  made.push({ label: 'NaN passes', call: { out: new Float32Array(2), ...nan, d: 2 } });
  return made;
}

export const rowDot: KernelSpec<RowDot> = {
  positional: ({ out, a, b, d }) => [out, a, b, d],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 1e-13, relative: 6e-8, reason: 'float64 inside, one rounding at the end' }),
  gradients: [
    {
      label: 'one side, by scaleRows',
      variables: () => ({ a: realValues(3 * 4, 1) }),
      value: ({ a }) => {
        const out = new Float64Array(3);
        reference({ out, a, b: GRADIENT_OTHER, d: 4 });
        return out.reduce((sum, v, r) => sum + v * GRADIENT_WEIGHTS[r], 0);
      },
      gradients: (device) => {
        const da = device.floats(12);
        const [x, scale] = [device.upload(GRADIENT_OTHER), device.upload(GRADIENT_WEIGHTS)];
        device.run(scaleRows, { out: da, x, scale, d: 4 });
        return { a: device.read(da) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'linear: only float32 rounding' },
    },
  ],
  bytes: { formula: '4 (n + 2 nd)', count: ({ out, a }) => 4 * (out.length + 2 * a.length) },
  flops: { formula: '2 n d', count: ({ a }) => 2 * a.length },
  typical: (step) => {
    const { nodes, d } = step;
    return [
      {
        shape: `${nodes} x ${d}`,
        call: { out: step.zeros(nodes), a: step.floats(nodes * d), b: step.floats(nodes * d), d },
      },
    ];
  },
};

const GRADIENT_OTHER = realValues(3 * 4, 2);
const GRADIENT_WEIGHTS = realValues(3, 3);
