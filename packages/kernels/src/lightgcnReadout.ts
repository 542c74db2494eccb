import type { DeviceCsr, Floats } from './arrays.js';
import { emptyMatrix, realValues, sparseMatrix, wholeValues } from './caseValues.js';
import { csrBytes, csrPositional, type HostCall, type HostCsr, type KernelCase, type KernelSpec } from './kernel.js';
import { addMatrixRow } from './spmm.js';

/**
 * out[n, d] = weight * sum over l = 0..layers of A^l e0, A [n, n]: the LightGCN readout without keeping each layer.
 * `scratch` holds 2 * n * d floats. For a symmetric A it is its own backward (pass the gradient as e0).
 * Source: LightGCN eq. 4 and 8; weight 1 / (layers + 1) is the mean, 1 the sum.
 */
export interface LightgcnReadout {
  out: Floats;
  scratch: Floats;
  a: DeviceCsr;
  e0: Floats;
  d: number;
  layers: number;
  weight: number;
}

/** Layer by layer, as the paper writes it; the native kernel nests the sums instead. */
function reference({ out, a, e0, d, layers, weight }: HostCall<LightgcnReadout>): void {
  let layer = Float64Array.from(e0);
  const sum = Float64Array.from(e0);
  for (let l = 1; l <= layers; l++) {
    const next = new Float64Array(layer.length);
    for (let r = 0; r < a.rows; r++) addMatrixRow(next.subarray(r * d, (r + 1) * d), a, r, layer, d);
    for (let i = 0; i < sum.length; i++) sum[i] += next[i];
    layer = next;
  }
  for (let i = 0; i < sum.length; i++) out[i] = weight * sum[i];
}

/** Entries scaled down by rows, so that powers of the matrix stay of size one. */
function contraction(n: number, seed: number): HostCsr {
  const a = sparseMatrix(n, n, seed, 'real');
  const values = Float32Array.from(a.values ?? [], (v) => v / 7);
  for (let e = a.offsets[Math.min(1, n)]; e < a.offsets[Math.min(2, n)]; e++) values[e] /= n;
  return { ...a, values };
}

function cases(): KernelCase<LightgcnReadout>[] {
  const made: KernelCase<LightgcnReadout>[] = [];
  const add = (
    label: string,
    {
      exact = false,
      ...call
    }: Pick<HostCall<LightgcnReadout>, 'a' | 'e0' | 'd' | 'layers' | 'weight'> & { exact?: boolean },
  ) => {
    const { e0, d, layers } = call;
    made.push({
      label: `${label}, d ${d}, ${layers} layers`,
      exact,
      call: {
        out: new Float32Array(e0.length).fill(Number.NaN),
        scratch: new Float32Array(2 * e0.length),
        ...call,
      },
    });
  };
  for (const layers of [0, 1, 2, 3, 4]) {
    for (const d of [1, 15, 64, 65, 192])
      add('35 nodes', { a: contraction(35, d), e0: realValues(35 * d, 3), d, layers, weight: 1 / (layers + 1) });
    const whole = { a: sparseMatrix(33, 33, 9, 'ones'), e0: wholeValues(33 * 20, 3), d: 20 };
    add('whole numbers', { ...whole, layers: Math.min(layers, 2), weight: 1, exact: true });
  }
  for (const n of [1, 127, 128, 129, 1025])
    add(`${n} nodes`, { a: contraction(n, n), e0: realValues(n * 4, 3), d: 4, layers: 2, weight: 1 / 3 });
  add('no nodes', { a: emptyMatrix(0, 0), e0: new Float32Array(0), d: 8, layers: 2, weight: 1 });
  add('no entries', { a: emptyMatrix(6, 6), e0: realValues(48, 1), d: 8, layers: 3, weight: 0.25 });
  const nan = realValues(35 * 8, 4);
  nan[100] = Number.NaN;
  add('NaN passes', { a: contraction(35, 1), e0: nan, d: 8, layers: 2, weight: 1 });
  return made;
}

/** Symmetric, so that the readout is its own backward. */
const SYMMETRIC = {
  rows: 4,
  cols: 4,
  nnz: 6,
  offsets: Int32Array.of(0, 2, 4, 5, 6),
  indices: Int32Array.of(1, 3, 0, 2, 1, 0),
  values: Float32Array.of(0.5, 0.25, 0.5, 0.75, 0.75, 0.25),
};
const UPSTREAM = realValues(4 * 3, 9);

export const lightgcnReadout: KernelSpec<LightgcnReadout> = {
  positional: ({ out, scratch, a, e0, d, layers, weight }) => [
    out,
    scratch,
    ...csrPositional(a),
    e0,
    d,
    layers,
    weight,
  ],
  outputs: ['out'],
  scratch: ['scratch'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 5e-6,
    relative: 1e-5,
    reason: 'up to four products of a matrix whose rows sum to at most 1',
  }),
  gradients: [
    {
      label: 'e0, by itself as the matrix is symmetric',
      variables: () => ({ e0: realValues(4 * 3, 1) }),
      value: ({ e0 }) => {
        const out = new Float64Array(12);
        reference({ out, scratch: new Float64Array(24), a: SYMMETRIC, e0, d: 3, layers: 3, weight: 0.25 });
        return out.reduce((sum, v, i) => sum + v * UPSTREAM[i], 0);
      },
      gradients: (device) => {
        const [out, scratch, e0] = [device.floats(12), device.floats(24), device.upload(UPSTREAM)];
        device.run(lightgcnReadout, {
          out,
          scratch,
          a: device.uploadCsr(SYMMETRIC),
          e0,
          d: 3,
          layers: 3,
          weight: 0.25,
        });
        return { e0: device.read(out) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'linear: only float32 rounding of few terms' },
    },
  ],
  bytes: {
    formula: 'L (spmm + 4 nd)',
    count: ({ a, e0, d, layers }) => layers * (csrBytes(a) + 4 * (a.nnz * d + 2 * e0.length)),
  },
  flops: {
    formula: 'L (2e + n) d + nd',
    count: ({ a, e0, d, layers }) => layers * (2 * a.nnz * d + e0.length) + e0.length,
  },
  typical: (step) => {
    const { a, d, nodes } = step;
    const tables = { out: step.zeros(nodes * d), scratch: step.zeros(2 * nodes * d), e0: step.floats(nodes * d) };
    return [{ shape: `2 layers, ${d} wide`, call: { ...tables, a, d, layers: 2, weight: 1 / 3 } }];
  },
};
