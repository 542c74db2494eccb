import { AmrError } from '@agentmmrec/core';
import type { DeviceCsr, Floats, Ints } from './arrays.js';
import { emptyMatrix, idValues, realValues, sparseMatrix, wholeValues } from './caseValues.js';
import { csrPositional, type HostCall, type KernelCase, type KernelSpec } from './kernel.js';
import { addMatrixRow } from './spmm.js';

/** As `spmm`, but only for the listed rows: out[m, d], row j = alpha * A[rowIds[j], :] x + beta * out[j]. */
export interface SpmmRows {
  out: Floats;
  a: DeviceCsr;
  rowIds: Ints;
  x: Floats;
  d: number;
  alpha?: number;
  beta?: number;
}

function reference({ out, a, rowIds, x, d, alpha = 1, beta = 0 }: HostCall<SpmmRows>): void {
  rowIds.forEach((row, j) => {
    const total = new Float64Array(d);
    addMatrixRow(total, a, row, x, d);
    for (let c = 0; c < d; c++) out[j * d + c] = alpha * total[c] + (beta === 0 ? 0 : beta * out[j * d + c]);
  });
}

function cases(): KernelCase<SpmmRows>[] {
  const made: KernelCase<SpmmRows>[] = [];
  for (const [rows, listed, d] of [
    [1, 1, 1],
    [37, 31, 17],
    [40, 33, 64],
    [40, 129, 65],
    [257, 1025, 8],
    [20, 257, 192],
  ]) {
    const a = sparseMatrix(rows, 23, listed, 'real', 3);
    const whole = sparseMatrix(rows, 23, listed, 'whole');
    const rowIds = idValues(listed, rows, d);
    made.push({
      label: `${listed} of ${rows} rows, d ${d}`,
      call: { out: realValues(listed * d, 1), a, rowIds, x: realValues(23 * d, 2), d, alpha: 0.5, beta: -1 },
    });
    made.push({
      label: `${listed} of ${rows} rows, d ${d}, whole numbers`,
      exact: true,
      call: { out: wholeValues(listed * d, 1), a: whole, rowIds, x: wholeValues(23 * d, 2), d, beta: 2 },
    });
  }
  const none = { a: sparseMatrix(4, 4, 1, 'ones'), rowIds: new Int32Array(0), x: realValues(20, 1), d: 5 };
  made.push({ label: 'no rows listed', call: { out: new Float32Array(0), ...none } });
  const empty = { a: emptyMatrix(4, 4), rowIds: Int32Array.of(3, 3, 0), x: realValues(20, 1), d: 5 };
  made.push({ label: 'no entries', call: { out: new Float32Array(15).fill(Number.NaN), ...empty } });
  return made;
}

/** The entries of the listed rows. */
function entriesOf({ a, rowIds }: Partial<HostCall<SpmmRows>> = {}): number {
  if (!a || !rowIds) {
    throw new AmrError({
      what: 'spmmRows',
      got: 'sizes alone',
      expected: 'the matrix and the ids of its rows on the host, whose entries are counted',
      hint: 'pass them as `host`',
      kind: 'internal',
    });
  }
  return rowIds.reduce((sum, row) => sum + a.offsets[row + 1] - a.offsets[row], 0);
}

export const spmmRows: KernelSpec<SpmmRows> = {
  positional: ({ out, a, rowIds, x, d, alpha = 1, beta = 0 }) => [out, ...csrPositional(a), rowIds, x, d, alpha, beta],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 2e-5, relative: 1e-5, reason: 'as spmm' }),
  bytes: {
    formula: '4 (2e + ed + 3m + md)',
    count: ({ a, rowIds, d, beta = 0 }, host) =>
      4 * (entriesOf(host) * (d + (a.values ? 2 : 1)) + rowIds.length * (3 + d * (beta === 0 ? 1 : 2))),
  },
  flops: { formula: '2 e d', count: ({ d }, host) => 2 * d * entriesOf(host) },
  typical: (step) => {
    const { a, d, nodes, batch } = step;
    const rowIds = step.ids(3 * batch, nodes);
    const host = { a: step.graph, rowIds: step.read(rowIds) };
    return [
      {
        shape: `${3 * batch} rows with ${entriesOf(host)} entries, ${d} wide`,
        call: { out: step.zeros(3 * batch * d), a, rowIds, x: step.floats(nodes * d), d },
        host,
      },
    ];
  },
};
