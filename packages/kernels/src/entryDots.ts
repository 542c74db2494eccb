import type { DeviceCsr, Floats } from './arrays.js';
import { emptyMatrix, realValues, sparseMatrix, wholeValues } from './caseValues.js';
import { csrBytes, csrPositional, type HostCall, type HostCsr, type KernelCase, type KernelSpec } from './kernel.js';
import { dotOfRows } from './rowDot.js';

/** out[nnz] = a[i] . b[j] for each entry (i, j) of the pattern + beta * out; a [rows, d], b [cols, d]: the values' gradient of spmm. */
export interface EntryDots {
  out: Floats;
  pattern: DeviceCsr;
  a: Floats;
  b: Floats;
  d: number;
  beta?: number;
}

function reference({ out, pattern, a, b, d, beta = 0 }: HostCall<EntryDots>): void {
  for (let row = 0; row < pattern.rows; row++) {
    for (let e = pattern.offsets[row]; e < pattern.offsets[row + 1]; e++) {
      out[e] = dotOfRows(a, row, b, pattern.indices[e], d) + (beta === 0 ? 0 : beta * out[e]);
    }
  }
}

function cases(): KernelCase<EntryDots>[] {
  const made: KernelCase<EntryDots>[] = [];
  const add = (label: string, pattern: HostCsr, d: number, beta = 0) => {
    for (const exact of [false, true]) {
      const values = exact ? wholeValues : realValues;
      const [a, b] = [values(pattern.rows * d, 2), values(pattern.cols * d, 3)];
      const call = { out: values(pattern.nnz, 1), pattern, a, b, d, beta };
      made.push({ label: exact ? `${label}, whole numbers` : label, exact, call });
    }
  };
  for (const d of [1, 7, 8, 15, 16, 17, 31, 33, 64, 65, 192]) add(`d ${d}`, sparseMatrix(37, 41, d, 'ones'), d, 1);
  for (const rows of [1, 32, 255, 1025]) add(`${rows} rows`, sparseMatrix(rows, 29, rows, 'ones'), 4);
  add('hub row', sparseMatrix(300, 700, 3, 'ones', 4), 16);
  add('values are not read', sparseMatrix(20, 20, 5, 'real'), 5);
  add('no entries', emptyMatrix(5, 6), 8);
  add('no rows', emptyMatrix(0, 6), 8);
  const pattern = sparseMatrix(9, 9, 4, 'ones');
  const nan = realValues(9 * 3, 2);
  nan[4] = Number.NaN;
  made.push({
    label: 'NaN passes, beta 0 does not read out',
    call: { out: new Float32Array(pattern.nnz).fill(Number.NaN), pattern, a: nan, b: realValues(9 * 3, 3), d: 3 },
  });
  return made;
}

const PATTERN = {
  rows: 4,
  cols: 3,
  nnz: 5,
  offsets: Int32Array.of(0, 2, 2, 3, 5),
  indices: Int32Array.of(0, 2, 1, 0, 1),
  values: null,
};
const UPSTREAM = realValues(4 * 5, 6);

/** sum of UPSTREAM times A(values) x: its gradient with respect to the values. */
function weightedProduct(values: Float64Array, x: Float32Array): number {
  let total = 0;
  for (let row = 0; row < PATTERN.rows; row++) {
    for (let e = PATTERN.offsets[row]; e < PATTERN.offsets[row + 1]; e++) {
      total += values[e] * dotOfRows(UPSTREAM, row, x, PATTERN.indices[e], 5);
    }
  }
  return total;
}

export const entryDots: KernelSpec<EntryDots> = {
  positional: ({ out, pattern, a, b, d, beta = 0 }) => [out, ...csrPositional(pattern), a, b, d, beta],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 3e-7,
    relative: 3e-7,
    reason: 'a float64 sum, rounded once and added to a number below 1',
  }),
  gradients: [
    {
      label: 'the values of spmm',
      variables: () => ({ values: realValues(5, 1) }),
      value: ({ values }) => weightedProduct(values, realValues(3 * 5, 2)),
      gradients: (device) => {
        const [out, b] = [device.floats(5), device.upload(realValues(3 * 5, 2))];
        device.run(entryDots, { out, pattern: device.uploadCsr(PATTERN), a: device.upload(UPSTREAM), b, d: 5 });
        return { values: device.read(out) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'linear: only float32 rounding of few terms' },
    },
  ],
  bytes: {
    formula: '4 (n + 1 + 2e + (n + e) d)',
    count: ({ out, pattern, d, beta = 0 }) =>
      csrBytes({ ...pattern, values: null }) +
      4 * (out.length * (beta === 0 ? 1 : 2) + (pattern.rows + pattern.nnz) * d),
  },
  flops: { formula: '2 e d', count: ({ pattern, d }) => 2 * pattern.nnz * d },
  typical: (step) => {
    const { nodes, d } = step;
    const pattern = { ...step.a, values: null };
    const rows = { a: step.floats(nodes * d), b: step.floats(nodes * d) };
    const shape = `${nodes} nodes, ${pattern.nnz} entries, ${d} wide`;
    return [{ shape, call: { out: step.zeros(pattern.nnz), pattern, ...rows, d } }];
  },
};
