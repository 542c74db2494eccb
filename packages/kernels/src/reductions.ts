import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** out[1] = alpha * sum(x), in float64 inside. */
export interface Sum {
  out: Floats;
  x: Floats;
  alpha?: number;
}

/** out[1] = alpha * sum(a * b), in float64 inside; a and b may be the same. */
export interface Dot {
  out: Floats;
  a: Floats;
  b: Floats;
  alpha?: number;
}

function sumReference({ out, x, alpha = 1 }: HostCall<Sum>): void {
  let total = 0;
  for (const value of x) total += value;
  out[0] = alpha * total;
}

function dotReference({ out, a, b, alpha = 1 }: HostCall<Dot>): void {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  out[0] = alpha * total;
}

const LENGTHS = [0, ...EDGE_LENGTHS, 16_383, 16_384, 16_385, 100_000];
/** One float32 add of the second loses the first; a float64 sum does not. */
const CANCELLING = Float32Array.of(1, 2 ** 30, 3, -(2 ** 30), 0.5);

function sumCases(): KernelCase<Sum>[] {
  const nan = realValues(50, 1);
  nan[40] = Number.NaN;
  return [
    ...LENGTHS.flatMap((n) => [
      { label: `${n}`, call: { out: new Float32Array(1), x: realValues(n, 1), alpha: 0.5 } },
      { label: `${n}, whole numbers`, exact: true, call: { out: new Float32Array(1), x: wholeValues(n, 1) } },
    ]),
    { label: 'cancelling', exact: true, call: { out: new Float32Array(1), x: CANCELLING } },
    { label: 'NaN passes', call: { out: new Float32Array(1), x: nan } },
  ];
}

function dotCases(): KernelCase<Dot>[] {
  const same = realValues(1000, 3);
  return [
    ...LENGTHS.flatMap((n) => [
      { label: `${n}`, call: { out: new Float32Array(1), a: realValues(n, 1), b: realValues(n, 2), alpha: -2 } },
      {
        label: `${n}, whole numbers`,
        exact: true,
        call: { out: new Float32Array(1), a: wholeValues(n, 1), b: wholeValues(n, 2) },
      },
    ]),
    { label: 'a is b', call: { out: new Float32Array(1), a: same, b: same } },
    {
      label: 'cancelling',
      exact: true,
      call: { out: new Float32Array(1), a: CANCELLING, b: new Float32Array(5).fill(1) },
    },
  ];
}

export const sum: KernelSpec<Sum> = {
  positional: ({ out, x, alpha = 1 }) => [out, x, alpha],
  outputs: ['out'],
  reference: sumReference,
  cases: sumCases,
  tolerance: () => ({ absolute: 1e-9, relative: 6e-8, reason: 'added in float64, rounded once' }),
  bytes: { formula: '4 nd', count: ({ x }) => 4 * x.length },
  flops: { formula: 'n d', count: ({ x }) => x.length },
  typical: (step) => {
    const n = step.nodes * step.d;
    return [{ shape: `${n} elements`, call: { out: step.zeros(1), x: step.floats(n) } }];
  },
};

export const dot: KernelSpec<Dot> = {
  positional: ({ out, a, b, alpha = 1 }) => [out, a, b, alpha],
  outputs: ['out'],
  reference: dotReference,
  cases: dotCases,
  tolerance: () => ({ absolute: 1e-9, relative: 6e-8, reason: 'exact products added in float64, rounded once' }),
  bytes: { formula: '8 nd', count: ({ a, b }) => 4 * (a.length + (a === b ? 0 : b.length)) },
  flops: { formula: '2 n d', count: ({ a }) => 2 * a.length },
  typical: (step) => {
    const n = step.nodes * step.d;
    return [{ shape: `${n} elements`, call: { out: step.zeros(1), a: step.floats(n), b: step.floats(n) } }];
  },
};
