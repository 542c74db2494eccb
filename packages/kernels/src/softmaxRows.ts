import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';
import { dotOfRows } from './rowDot.js';

/**
 * logSumExp[n] = log of the sum of exp over the rows of x[n, d], out[n, d] = exp(x - logSumExp). A row of minus infinities has
 * logSumExp minus infinity and no softmax (NaN); one with plus infinity or NaN is NaN.
 */
export interface SoftmaxRows {
  out: Floats;
  logSumExp: Floats;
  x: Floats;
  d: number;
}

/** dx[n, d] += gradient of softmaxRows for upstream dOut, from its output `out`. */
export interface SoftmaxRowsBackward {
  dx: Floats;
  dOut: Floats;
  out: Floats;
  d: number;
}

function softmaxReference({ out, logSumExp, x, d }: HostCall<SoftmaxRows>): void {
  for (let r = 0; r < logSumExp.length; r++) {
    const row = x.subarray(r * d, (r + 1) * d);
    let largest = Number.NEGATIVE_INFINITY;
    for (const value of row) largest = Math.max(largest, value);
    const shift = largest === Number.NEGATIVE_INFINITY ? 0 : largest;
    let sum = 0;
    for (const value of row) sum += Math.exp(value - shift);
    logSumExp[r] = shift + Math.log(sum);
    for (let c = 0; c < d; c++) out[r * d + c] = Math.exp(row[c] - shift) / sum;
  }
}

function backwardReference({ dx, dOut, out, d }: HostCall<SoftmaxRowsBackward>): void {
  for (let r = 0; r < dx.length / d; r++) {
    const mean = dotOfRows(out, r, dOut, r, d);
    for (let c = 0; c < d; c++) dx[r * d + c] += out[r * d + c] * (dOut[r * d + c] - mean);
  }
}

const WIDTHS = [1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 384, 4096];

function softmaxCases(): KernelCase<SoftmaxRows>[] {
  const made: KernelCase<SoftmaxRows>[] = [];
  const add = (label: string, x: Float32Array, d: number) => {
    const n = x.length / d;
    const [out, logSumExp] = [new Float32Array(n * d).fill(Number.NaN), new Float32Array(n).fill(Number.NaN)];
    made.push({ label, call: { out, logSumExp, x, d } });
  };
  for (const n of [0, ...EDGE_LENGTHS]) add(`${n} rows`, realValues(n * 3, n), 3);
  for (const d of WIDTHS) {
    add(
      `d ${d}`,
      realValues(9 * d, d).map((v) => 20 * v),
      d,
    );
  }
  add('what would overflow or vanish', Float32Array.of(1000, 999, -1000, 3e38, -3e38, 0, -1e4, -1e4, -1e4), 3);
  const nothing = Number.NEGATIVE_INFINITY;
  add('minus infinity, alone and beside numbers', Float32Array.of(nothing, 1, 2, nothing, nothing, nothing), 3);
  add('NaN and infinity', Float32Array.of(1, Number.NaN, 2, 1, Number.POSITIVE_INFINITY, 2, 0, 1, 2), 3);
  return made;
}

function backwardCases(): KernelCase<SoftmaxRowsBackward>[] {
  const made: KernelCase<SoftmaxRowsBackward>[] = [];
  const add = (label: string, n: number, d: number) => {
    const [out, logSumExp] = [new Float32Array(n * d), new Float32Array(n)];
    softmaxReference({ out, logSumExp, x: realValues(n * d, n + d), d });
    made.push({ label, call: { dx: realValues(n * d, 5), dOut: realValues(n * d, 6), out, d } });
  };
  for (const n of [0, ...EDGE_LENGTHS]) add(`${n} rows`, n, 3);
  for (const d of WIDTHS) add(`d ${d}`, 9, d);
  return made;
}

export const softmaxRows: KernelSpec<SoftmaxRows> = {
  positional: ({ out, logSumExp, x, d }) => [out, logSumExp, x, d],
  outputs: ['out', 'logSumExp'],
  reference: softmaxReference,
  cases: softmaxCases,
  tolerance: () => ({
    absolute: 1e-37,
    relative: 4e-6,
    reason: 'the rounding of differences up to 40 before the exponential, and of the exponential',
  }),
  gradients: [
    {
      label: 'x',
      variables: () => ({ x: realValues(4 * 5, 1) }),
      value: ({ x }) => {
        const [out, logSumExp] = [new Float64Array(20), new Float64Array(4)];
        softmaxReference({ out, logSumExp, x, d: 5 });
        return out.reduce((sum, v, i) => sum + v * GRADIENT_WEIGHTS[i], 0);
      },
      gradients: (device, { x }) => {
        const [out, logSumExp, dx] = [20, 4, 20].map((length) => device.floats(length));
        device.run(softmaxRows, { out, logSumExp, x: device.upload(x), d: 5 });
        device.run(softmaxRowsBackward, { dx, dOut: device.upload(GRADIENT_WEIGHTS), out, d: 5 });
        return { x: device.read(dx) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'float32 rounding; the differences err by about 1e-9' },
    },
  ],
  bytes: { formula: '4 (n + 2 nd)', count: ({ x, logSumExp }) => 4 * (2 * x.length + logSumExp.length) },
  flops: { formula: '4 n d', count: ({ x }) => 4 * x.length },
  typical: (step) => {
    const { nodes, d } = step;
    return [
      {
        shape: `${nodes} x ${d}`,
        call: { out: step.zeros(nodes * d), logSumExp: step.zeros(nodes), x: step.floats(nodes * d), d },
      },
    ];
  },
};

export const softmaxRowsBackward: KernelSpec<SoftmaxRowsBackward> = {
  positional: ({ dx, dOut, out, d }) => [dx, dOut, out, d],
  outputs: ['dx'],
  reference: backwardReference,
  cases: backwardCases,
  tolerance: () => ({ absolute: 3e-7, relative: 1e-6, reason: 'few roundings of numbers below 2' }),
  bytes: { formula: '16 nd', count: ({ dx }) => 16 * dx.length },
  flops: { formula: '5 n d', count: ({ dx }) => 5 * dx.length },
  typical: (step) => {
    const { nodes, d } = step;
    return [
      {
        shape: `${nodes} x ${d}`,
        call: { dx: step.zeros(nodes * d), dOut: step.floats(nodes * d), out: step.floats(nodes * d), d },
      },
    ];
  },
};

const GRADIENT_WEIGHTS = realValues(4 * 5, 2);
