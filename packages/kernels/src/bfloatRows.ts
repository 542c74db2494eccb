import type { DeviceCsr, Ints } from './arrays.js';
import { bfloatValue } from './bfloatGemm.js';
import { csrBytes, type HostCall, type HostCsr, type KernelSpec, type Numbers } from './kernel.js';
import { type LightgcnReadout, lightgcnReadout } from './lightgcnReadout.js';
import { addMatrixRow, type Spmm, spmm } from './spmm.js';

/**
 * `spmm` with the rows of x rounded to bfloat16 (the upper half of a float32, to nearest, ties to even); products and sums stay float32.
 * Rows that wait for memory are half as long. scratch: at least cols * d int32.
 */
export interface SpmmBfloat extends Spmm {
  scratch: Ints;
}

/**
 * `lightgcnReadout` with what a layer reads of the one before it rounded to bfloat16, e0 included; e0 itself is added as it is.
 */
export type LightgcnReadoutBfloat = LightgcnReadout;

/**
 * Whether a product with a graph is quicker over rounded rows: rounding them costs a pass over the table, which sixteen entries a row
 * pay back (docs/measurements.md#rows-in-bfloat16).
 */
export function roundingPays({ cols, nnz }: Pick<DeviceCsr, 'cols' | 'nnz'>): boolean {
  return nnz >= 16 * cols;
}

/** A value rounded to bfloat16 is off by at most this part of itself. */
const rounding = 2 ** -8;

function roundedValues(x: Numbers): Numbers {
  return x.map(bfloatValue);
}

/** total[d] += sum over a row's entries of |value| * x[column]. */
function addMagnitudes(total: Float64Array, a: HostCsr, row: number, x: Numbers, d: number): void {
  for (let e = a.offsets[row]; e < a.offsets[row + 1]; e++) {
    const weight = a.values ? Math.abs(a.values[e]) : 1;
    for (let c = 0; c < d; c++) total[c] += weight * x[a.indices[e] * d + c];
  }
}

/** What is wrong with `out`, each element of which may be off by its own bound beside what float32 costs. */
function outside(out: Numbers, exact: Numbers, bound: Numbers): string | undefined {
  for (const [i, found] of out.entries()) {
    const off = Math.abs(found - exact[i]);
    const allowed = bound[i] + 2e-5 + 1e-5 * Math.abs(exact[i]);
    if (off <= allowed || Object.is(found, exact[i]) || (Number.isNaN(found) && Number.isNaN(bound[i]))) continue;
    return `out[${i}]: got ${found}, expected ${exact[i]} within ${allowed}`;
  }
  return undefined;
}

/** `spmm` in float64 without rounding, from the out before the call; and by how much rounding may change it. */
function productWithin({ a, x, d, alpha = 1, beta = 0 }: HostCall<Spmm>, before: Numbers): [Numbers, Numbers] {
  const magnitudes = x.map(Math.abs);
  const [exact, bound] = [new Float64Array(a.rows * d), new Float64Array(a.rows * d)];
  for (let r = 0; r < a.rows; r++) {
    addMatrixRow(exact.subarray(r * d, (r + 1) * d), a, r, x, d);
    addMagnitudes(bound.subarray(r * d, (r + 1) * d), a, r, magnitudes, d);
  }
  for (let i = 0; i < exact.length; i++) {
    exact[i] = alpha * exact[i] + (beta === 0 ? 0 : beta * before[i]);
    bound[i] *= Math.abs(alpha) * rounding;
  }
  return [exact, bound];
}

/** The readout in float64 without rounding, by Horner's rule; and by how much rounding may change it. */
function readoutWithin({ a, e0, d, layers, weight }: HostCall<LightgcnReadout>): [Numbers, Numbers] {
  let [exact, bound] = [Float64Array.from(e0), new Float64Array(e0.length)];
  for (let layer = 0; layer < layers; layer++) {
    const next = Float64Array.from(e0);
    const off = new Float64Array(e0.length);
    const each = exact.map((value, i) => Math.abs(value) * rounding + bound[i] * (1 + rounding));
    for (let r = 0; r < a.rows; r++) {
      addMatrixRow(next.subarray(r * d, (r + 1) * d), a, r, exact, d);
      addMagnitudes(off.subarray(r * d, (r + 1) * d), a, r, each, d);
    }
    [exact, bound] = [next, off];
  }
  return [exact.map((value) => value * weight), bound.map((value) => value * Math.abs(weight))];
}

function readoutReference(call: HostCall<LightgcnReadout>): void {
  const { out, a, e0, d, layers, weight } = call;
  let sum = Float64Array.from(e0);
  for (let layer = 0; layer < layers; layer++) {
    const [next, rows] = [Float64Array.from(e0), roundedValues(sum)];
    for (let r = 0; r < a.rows; r++) addMatrixRow(next.subarray(r * d, (r + 1) * d), a, r, rows, d);
    sum = next;
  }
  for (let i = 0; i < sum.length; i++) out[i] = weight * sum[i];
}

const tolerance = () => ({
  absolute: 0,
  relative: 0,
  reason: 'each element has a bound of its own: 2^-8 of the magnitudes that are added, beside what float32 costs',
});

export const spmmBfloat: KernelSpec<SpmmBfloat> = {
  positional: ({ scratch, ...product }) => [scratch, ...spmm.positional(product)],
  outputs: ['out'],
  scratch: ['scratch'],
  reference: ({ x, ...rest }) => spmm.reference({ ...rest, x: roundedValues(x) }),
  cases: () =>
    spmm.cases().map(({ call, ...rest }) => ({
      ...rest,
      call: { ...call, scratch: new Int32Array(call.a.cols * call.d) },
    })),
  tolerance,
  // `expected` is the rounded product: with beta the out before the call is found from it
  compare: (actual, expected) => {
    const { a, d, alpha = 1, beta = 0 } = expected;
    const rounded = new Float64Array(a.rows * d);
    spmm.reference({ ...expected, out: rounded, x: roundedValues(expected.x), alpha, beta: 0 });
    const before = expected.out.map((value, i) => (beta === 0 ? 0 : (value - rounded[i]) / beta));
    const [exact, bound] = productWithin(expected, before);
    return outside(actual.out, exact, bound);
  },
  gradients: [
    {
      label: 'x, by the transpose; whole numbers, which bfloat16 holds',
      variables: () => ({ x: Float32Array.of(1, -2, 3, 4, 0, -1) }),
      value: ({ x }) => {
        const out = new Float64Array(4);
        spmm.reference({ out, a: GRADIENT_MATRIX, x, d: 2 }); // not rounded: central differences step beside the whole numbers
        return out.reduce((sum, value, i) => sum + value * GRADIENT_WEIGHTS[i], 0);
      },
      gradients: (device) => {
        const dx = device.floats(6);
        const a = device.uploadCsr(GRADIENT_TRANSPOSE);
        const scratch = device.upload(new Int32Array(4));
        device.run(spmmBfloat, { out: dx, scratch, a, x: device.upload(GRADIENT_WEIGHTS), d: 2 });
        return { x: device.read(dx) };
      },
      tolerance: { absolute: 1e-5, relative: 1e-5, reason: 'small whole numbers: nothing is rounded' },
    },
  ],
  bytes: {
    formula: '4 (n + 1 + 2e + nd) + 2 ed + 6 md',
    count: ({ a, out, d, beta = 0 }) =>
      csrBytes(a) + 2 * a.nnz * d + 6 * a.cols * d + 4 * out.length * (beta === 0 ? 1 : 2),
  },
  flops: { formula: '2 e d', count: spmm.flops.count },
  typical: (step) =>
    spmm.typical(step).map(({ shape, call }) => ({
      shape,
      call: { ...call, scratch: step.ints(call.a.cols * call.d) },
    })),
};

export const lightgcnReadoutBfloat: KernelSpec<LightgcnReadoutBfloat> = {
  positional: lightgcnReadout.positional,
  outputs: ['out'],
  scratch: ['scratch'],
  reference: readoutReference,
  cases: lightgcnReadout.cases,
  tolerance,
  compare: (actual, expected) => outside(actual.out, ...readoutWithin(expected)),
  bytes: {
    formula: 'L (4 (n + 1 + 2e) + 2 ed + 6 nd)',
    count: ({ a, e0, d, layers }) => layers * (csrBytes(a) + 2 * a.nnz * d + 6 * e0.length),
  },
  flops: { formula: 'L (2e + n) d + nd', count: lightgcnReadout.flops.count },
  typical: lightgcnReadout.typical,
};

/** [2, 3] */
const GRADIENT_MATRIX = {
  rows: 2,
  cols: 3,
  nnz: 4,
  offsets: Int32Array.of(0, 2, 4),
  indices: Int32Array.of(0, 2, 1, 2),
  values: Float32Array.of(2, -1, 0.5, 3),
};
const GRADIENT_TRANSPOSE = {
  rows: 3,
  cols: 2,
  offsets: Int32Array.of(0, 1, 2, 4),
  indices: Int32Array.of(0, 1, 0, 1),
  values: Float32Array.of(2, 0.5, -1, 3),
};
const GRADIENT_WEIGHTS = Float32Array.of(1, 2, -3, 4);
