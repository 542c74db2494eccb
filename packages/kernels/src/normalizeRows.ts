import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';
import { dotOfRows } from './rowDot.js';

/** out[n, d] = x / max(|x|, 1e-12) by rows, norms[n] the lengths. */
export interface NormalizeRows {
  out: Floats;
  norms: Floats;
  x: Floats;
  d: number;
}

/** dx[n, d] += gradient of normalizeRows for upstream dOut, from its output `out` and `norms`. */
export interface NormalizeRowsBackward {
  dx: Floats;
  dOut: Floats;
  out: Floats;
  norms: Floats;
  d: number;
}

/** Shorter rows are divided by this, so that a zero row stays zero; as torch's `normalize`. */
const SHORTEST = 1e-12;

function normalizeReference({ out, norms, x, d }: HostCall<NormalizeRows>): void {
  for (let r = 0; r < norms.length; r++) {
    const norm = Math.sqrt(dotOfRows(x, r, x, r, d));
    norms[r] = norm;
    for (let c = 0; c < d; c++) out[r * d + c] = x[r * d + c] / Math.max(norm, SHORTEST);
  }
}

/** d(x / |x|) = (dOut - out (out . dOut)) / |x|; below the bound the divisor is a constant. */
function backwardReference({ dx, dOut, out, norms, d }: HostCall<NormalizeRowsBackward>): void {
  for (let r = 0; r < norms.length; r++) {
    const along = norms[r] < SHORTEST ? 0 : dotOfRows(out, r, dOut, r, d);
    const divisor = Math.max(norms[r], SHORTEST);
    for (let c = 0; c < d; c++) dx[r * d + c] += (dOut[r * d + c] - along * out[r * d + c]) / divisor;
  }
}

const WIDTHS = [1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 384, 4096];

/** Rows of ordinary, tiny and huge length, one zero row. */
function rowsOfAllLengths(n: number, d: number): Float32Array {
  const sizes = [1, 1e-3, 100, 1e-20, 0, 1e20, 1e-13];
  return realValues(n * d, 1).map((v, i) => v * sizes[Math.floor(i / d) % sizes.length]);
}

function normalizeCases(): KernelCase<NormalizeRows>[] {
  const made: KernelCase<NormalizeRows>[] = [];
  const add = (label: string, x: Float32Array, d: number) => {
    const n = x.length / d;
    const [out, norms] = [new Float32Array(n * d).fill(Number.NaN), new Float32Array(n).fill(Number.NaN)];
    made.push({ label, call: { out, norms, x, d } });
  };
  for (const n of [0, ...EDGE_LENGTHS]) add(`${n} rows`, realValues(n * 3, n), 3);
  for (const d of WIDTHS) add(`d ${d}`, realValues(9 * d, d), d);
  add('all lengths', rowsOfAllLengths(21, 20), 20);
  add('NaN passes', Float32Array.of(1, Number.NaN, 2, 3), 2);
  return made;
}

function backwardCases(): KernelCase<NormalizeRowsBackward>[] {
  const made: KernelCase<NormalizeRowsBackward>[] = [];
  const add = (label: string, x: Float32Array, d: number) => {
    const n = x.length / d;
    const [out, norms] = [new Float32Array(n * d), new Float32Array(n)];
    normalizeReference({ out, norms, x, d });
    made.push({ label, call: { dx: realValues(n * d, 5), dOut: realValues(n * d, 6), out, norms, d } });
  };
  for (const n of [0, ...EDGE_LENGTHS]) add(`${n} rows`, realValues(n * 3, n), 3);
  for (const d of WIDTHS) add(`d ${d}`, realValues(9 * d, d), d);
  add('all lengths', rowsOfAllLengths(21, 20), 20);
  return made;
}

export const normalizeRows: KernelSpec<NormalizeRows> = {
  positional: ({ out, norms, x, d }) => [out, norms, x, d],
  outputs: ['out', 'norms'],
  reference: normalizeReference,
  cases: normalizeCases,
  tolerance: () => ({ absolute: 1e-37, relative: 2e-7, reason: 'float64 length rounded once, then one division' }),
  gradients: [
    {
      label: 'x',
      variables: () => ({ x: realValues(4 * 5, 1) }),
      value: ({ x }) => {
        const [out, norms] = [new Float64Array(20), new Float64Array(4)];
        normalizeReference({ out, norms, x, d: 5 });
        return out.reduce((sum, v, i) => sum + v * GRADIENT_WEIGHTS[i], 0);
      },
      gradients: (device, { x }) => {
        const [out, norms, dx] = [20, 4, 20].map((length) => device.floats(length));
        device.run(normalizeRows, { out, norms, x: device.upload(x), d: 5 });
        device.run(normalizeRowsBackward, { dx, dOut: device.upload(GRADIENT_WEIGHTS), out, norms, d: 5 });
        return { x: device.read(dx) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'float32 rounding; the differences err by about 1e-9' },
    },
  ],
  bytes: { formula: '4 (n + 2 nd)', count: ({ x, norms }) => 4 * (2 * x.length + norms.length) },
  flops: { formula: '3 n d', count: ({ x }) => 3 * x.length },
  typical: (step) => {
    const { nodes, d } = step;
    return [
      {
        shape: `${nodes} x ${d}`,
        call: { out: step.zeros(nodes * d), norms: step.zeros(nodes), x: step.floats(nodes * d), d },
      },
    ];
  },
};

export const normalizeRowsBackward: KernelSpec<NormalizeRowsBackward> = {
  positional: ({ dx, dOut, out, norms, d }) => [dx, dOut, out, norms, d],
  outputs: ['dx'],
  reference: backwardReference,
  cases: backwardCases,
  tolerance: () => ({
    absolute: 3e-7,
    relative: 1e-6,
    reason: 'one addition to a number below 1; on top comes 4e-7 / length, the roundings of terms that may cancel',
  }),
  compare: (actual, expected, tolerance) => {
    const { dx, norms, d } = expected;
    for (let at = 0; at < dx.length; at++) {
      const length = Math.max(norms[Math.floor(at / d)], SHORTEST);
      const allowed = tolerance.absolute + 4e-7 / length + tolerance.relative * Math.abs(dx[at]);
      if (!(Math.abs(actual.dx[at] - dx[at]) <= allowed)) return `dx[${at}]: got ${actual.dx[at]}, expected ${dx[at]}`;
    }
    return undefined;
  },
  bytes: { formula: '4 (n + 4 nd)', count: ({ dx, norms }) => 4 * (4 * dx.length + norms.length) },
  flops: { formula: '6 n d', count: ({ dx }) => 6 * dx.length },
  typical: (step) => {
    const { nodes, d } = step;
    const [dx, dOut, out] = [step.zeros(nodes * d), step.floats(nodes * d), step.floats(nodes * d)];
    return [{ shape: `${nodes} x ${d}`, call: { dx, dOut, out, norms: step.floats(nodes), d } }];
  },
};

const GRADIENT_WEIGHTS = realValues(4 * 5, 2);
