import type { DeviceCsr, Floats } from './arrays.js';
import { realValues, sparseMatrix } from './caseValues.js';
import {
  csrBytes,
  csrPositional,
  type HostCall,
  type HostCsr,
  type KernelCase,
  type KernelSpec,
  type Numbers,
} from './kernel.js';

/**
 * Each row r of out[rows, d] takes `steps` steps of conjugate gradients, from where it is, towards the solution x of
 * (gram + regularisation[r] I + (weight - 1) sum of y_j y_j') x = weight * sum of y_j over the entries j of row r of the pattern;
 * y [cols, d], gram [d, d] symmetric: weighted least squares on implicit feedback (Hu et al. 2008, eq. 4) where every pair counts 1
 * and an observed one `weight`, by the method of Takács et al. 2011. A row without entries becomes zero.
 */
export interface LeastSquaresRows {
  out: Floats;
  pattern: DeviceCsr;
  y: Floats;
  gram: Floats;
  regularisation: Floats;
  d: number;
  weight: number;
  steps: number;
}

function dot(a: Numbers, b: Numbers): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** A x of one row. */
function image(call: HostCall<LeastSquaresRows>, row: number, x: Float64Array): Float64Array {
  const { pattern, y, gram, regularisation, d, weight } = call;
  const result = Float64Array.from(x, (v, c) => regularisation[row] * v + dot(x, gram.subarray(c * d, (c + 1) * d)));
  for (let e = pattern.offsets[row]; e < pattern.offsets[row + 1]; e++) {
    const other = y.subarray(pattern.indices[e] * d, (pattern.indices[e] + 1) * d);
    const product = (weight - 1) * dot(x, other);
    for (let c = 0; c < d; c++) result[c] += product * other[c];
  }
  return result;
}

function solveRow(call: HostCall<LeastSquaresRows>, row: number): Float64Array {
  const { out, pattern, y, d, weight, steps } = call;
  const x = Float64Array.from(out.subarray(row * d, (row + 1) * d));
  if (pattern.offsets[row] === pattern.offsets[row + 1]) return new Float64Array(d);
  const residual = image(call, row, x).map((v) => -v);
  for (let e = pattern.offsets[row]; e < pattern.offsets[row + 1]; e++) {
    for (let c = 0; c < d; c++) residual[c] += weight * y[pattern.indices[e] * d + c];
  }
  let direction = residual.slice();
  let square = dot(residual, residual);
  for (let step = 0; step < steps && square >= 1e-20; step++) {
    const moved = image(call, row, direction);
    const length = square / dot(direction, moved);
    for (let c = 0; c < d; c++) {
      x[c] += length * direction[c];
      residual[c] -= length * moved[c];
    }
    const next = dot(residual, residual);
    direction = direction.map((v, c) => residual[c] + (next / square) * v);
    square = next;
  }
  return x;
}

function reference(call: HostCall<LeastSquaresRows>): void {
  for (let row = 0; row < call.pattern.rows; row++) call.out.set(solveRow(call, row), row * call.d);
}

/** y' y */
function gramOf(y: Float32Array, d: number): Float32Array {
  return Float32Array.from({ length: d * d }, (_, i) => {
    let sum = 0;
    for (let at = 0; at < y.length; at += d) sum += y[at + Math.floor(i / d)] * y[at + (i % d)];
    return sum;
  });
}

function cases(): KernelCase<LeastSquaresRows>[] {
  const made: KernelCase<LeastSquaresRows>[] = [];
  const add = (label: string, pattern: HostCsr, d: number, steps: number) => {
    const y = realValues(pattern.cols * d, 2).map((v) => v / Math.sqrt(d));
    const regularisation = realValues(pattern.rows, 3).map((v) => 4 + v);
    const call = { out: realValues(pattern.rows * d, 1), pattern, y, gram: gramOf(y, d), regularisation, d };
    made.push({ label, call: { ...call, weight: 5, steps } });
  };
  for (const d of [1, 7, 15, 16, 17, 33, 63, 64, 65, 130]) add(`d ${d}`, sparseMatrix(9, 20, d, 'ones', 0), d, 3);
  for (const rows of [0, 1, 3, 4, 5, 31, 33, 70]) add(`${rows} rows`, sparseMatrix(rows, 12, rows, 'ones'), 8, 2);
  add('until it has arrived', sparseMatrix(12, 10, 3, 'ones'), 6, 30);
  return made;
}

export const leastSquaresRows: KernelSpec<LeastSquaresRows> = {
  positional: ({ out, pattern, y, gram, regularisation, d, weight, steps }) => [
    out,
    ...csrPositional(pattern),
    y,
    gram,
    regularisation,
    d,
    weight,
    steps,
  ],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 2e-5,
    relative: 1e-4,
    reason: 'a few steps of a method that corrects itself, on well-conditioned systems of numbers near 1',
  }),
  bytes: {
    formula: '4 (m + e + (4m + d) d)',
    count: ({ out, pattern, y, gram }) =>
      csrBytes({ ...pattern, values: null }) + 4 * (3 * out.length + y.length + gram.length),
  },
  flops: {
    formula: '8 d (m d + 2e)',
    count: ({ pattern, d, steps }) => 2 * (steps + 1) * (pattern.rows * d * d + 2 * pattern.nnz * d),
  },
  typical: (step) => {
    const { users, items, train, wide: d } = step;
    const tables = { out: step.zeros(users * d), y: step.floats(items * d), gram: step.zeros(d * d) };
    const pattern = step.uploadCsr(train);
    const regularisation = step.floats(users);
    const shape = `${users} users, ${d} wide, 3 steps`;
    return [{ shape, call: { ...tables, pattern, regularisation, d, weight: 20, steps: 3 } }];
  },
};
