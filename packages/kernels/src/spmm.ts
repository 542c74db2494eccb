import type { DeviceCsr, Floats } from './arrays.js';
import { emptyMatrix, realValues, sparseMatrix, wholeValues } from './caseValues.js';
import {
  csrBytes,
  csrPositional,
  type HostCall,
  type HostCsr,
  type KernelCase,
  type KernelSpec,
  type Numbers,
} from './kernel.js';

/** out[rows, d] = alpha * A x + beta * out, with A [rows, cols] (null values = ones), x [cols, d]. Source: LightGCN eq. 3 (He et al. 2020). */
export interface Spmm {
  out: Floats;
  a: DeviceCsr;
  x: Floats;
  d: number;
  alpha?: number;
  beta?: number;
}

/** total[d] += row `row` of A times x [cols, d], in float64. */
export function addMatrixRow(total: Float64Array, a: HostCsr, row: number, x: Numbers, d: number): void {
  for (let e = a.offsets[row]; e < a.offsets[row + 1]; e++) {
    const weight = a.values ? a.values[e] : 1;
    const from = a.indices[e] * d;
    for (let c = 0; c < d; c++) total[c] += weight * x[from + c];
  }
}

function reference({ out, a, x, d, alpha = 1, beta = 0 }: HostCall<Spmm>): void {
  for (let r = 0; r < a.rows; r++) {
    const total = new Float64Array(d);
    addMatrixRow(total, a, r, x, d);
    for (let c = 0; c < d; c++) out[r * d + c] = alpha * total[c] + (beta === 0 ? 0 : beta * out[r * d + c]);
  }
}

function cases(): KernelCase<Spmm>[] {
  const made: KernelCase<Spmm>[] = [];
  const add = (label: string, a: HostCsr, d: number, rest: { alpha?: number; beta?: number; exact?: boolean } = {}) => {
    const { exact, ...scalars } = rest;
    const values = exact ? wholeValues : realValues;
    made.push({ label, exact, call: { out: values(a.rows * d, 7), a, x: values(a.cols * d, 8), d, ...scalars } });
  };
  for (const d of [1, 3, 8, 15, 16, 17, 31, 63, 64, 65, 128, 130, 192]) {
    add(`d ${d}`, sparseMatrix(37, 41, d, 'real'), d, { alpha: 0.5, beta: -2 });
    add(`d ${d}, whole numbers`, sparseMatrix(37, 41, d, 'whole'), d, { alpha: 2, beta: 1, exact: true });
  }
  for (const rows of [1, 31, 32, 33, 255, 256, 257, 1023, 1024, 1025]) {
    add(`${rows} rows`, sparseMatrix(rows, 29, rows, 'ones'), 4);
  }
  add('hub row', sparseMatrix(300, 700, 3, 'real', 4), 64);
  add('no entries', emptyMatrix(5, 6), 64);
  add('no rows', emptyMatrix(0, 6), 64);
  add('no columns', emptyMatrix(4, 0), 64);
  const nanOut = sparseMatrix(9, 9, 4, 'real');
  made.push({
    label: 'beta 0 does not read out',
    call: { out: new Float32Array(9 * 20).fill(Number.NaN), a: nanOut, x: realValues(9 * 20, 5), d: 20 },
  });
  const nanX = realValues(9 * 20, 5);
  nanX[25] = Number.NaN;
  nanX[30] = Number.POSITIVE_INFINITY;
  made.push({ label: 'NaN passes', call: { out: new Float32Array(9 * 20), a: nanOut, x: nanX, d: 20 } });
  return made;
}

export const spmm: KernelSpec<Spmm> = {
  positional: ({ out, a, x, d, alpha = 1, beta = 0 }) => [out, ...csrPositional(a), x, d, alpha, beta],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 2e-5,
    relative: 1e-5,
    reason: 'up to 2,800 float32 additions of products below 1; rounding errors add like a random walk',
  }),
  gradients: [
    {
      label: 'x, by the transpose',
      variables: () => ({ x: realValues(3 * 5, 1) }),
      value: ({ x }) => {
        const out = new Float64Array(4 * 5);
        reference({ out, a: GRADIENT_MATRIX, x, d: 5 });
        return out.reduce((sum, v, i) => sum + v * GRADIENT_WEIGHTS[i], 0);
      },
      gradients: (device, { x }) => {
        const dx = device.floats(x.length);
        const transposed = device.uploadCsr(GRADIENT_TRANSPOSE);
        device.run(spmm, { out: dx, a: transposed, x: device.upload(GRADIENT_WEIGHTS), d: 5 });
        return { x: device.read(dx) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'linear: only float32 rounding of few terms' },
    },
  ],
  bytes: {
    formula: '4 (n + 1 + 2e + ed + nd)',
    count: ({ a, out, d, beta = 0 }) => csrBytes(a) + 4 * (a.nnz * d + out.length * (beta === 0 ? 1 : 2)),
  },
  flops: { formula: '2 e d', count: ({ a, d }) => 2 * a.nnz * d },
  typical: (step) =>
    [step.d, step.wide].map((d) => ({
      shape: `${step.nodes} nodes, ${step.a.nnz} entries, ${d} wide`,
      call: { out: step.zeros(step.nodes * d), a: step.a, x: step.floats(step.nodes * d), d },
      peer: { operation: 'spmm', numbers: { nodes: step.nodes, entries: step.a.nnz, d } },
    })),
};

const GRADIENT_MATRIX = {
  rows: 4,
  cols: 3,
  nnz: 5,
  offsets: Int32Array.of(0, 2, 2, 3, 5),
  indices: Int32Array.of(0, 2, 1, 0, 1),
  values: Float32Array.of(0.5, -1, 2, 0.25, 3),
};
const GRADIENT_TRANSPOSE = {
  rows: 3,
  cols: 4,
  offsets: Int32Array.of(0, 2, 4, 5),
  indices: Int32Array.of(0, 3, 2, 3, 0),
  values: Float32Array.of(0.5, 0.25, 2, 3, -1),
};
const GRADIENT_WEIGHTS = realValues(4 * 5, 2);
