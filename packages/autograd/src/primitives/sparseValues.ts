import type { DeviceCsr, Floats, Ints } from '@agentmmrec/kernels';
import { definePrimitive, requireShape } from '../primitive.js';
import { showShape, type Tensor } from '../tensor.js';

/** Where a sparse matrix has entries, on the device: its values are a tensor [nnz, 1] in the order of the entries. */
export interface SparsePattern {
  /** [rows, cols] without values */
  readonly forward: DeviceCsr;
  /** [cols, rows] without values */
  readonly transposed: DeviceCsr;
  /** [nnz] which entry of `forward` each entry of `transposed` is */
  readonly order: Ints;
}

/**
 * out[rows, d] = A(values) x for values [nnz, 1] and x [cols, d]: neighbours' rows weighed by numbers that are trained.
 * dx = A(values)^T dOut; the gradient of value (i, j) is dOut_i . x_j, at the entries only.
 */
export const spmmValues = definePrimitive<{ pattern: SparsePattern }>({
  name: 'spmmValues',
  shape: ([values, x], { pattern: { forward } }) => {
    requireValues('spmmValues', forward, values);
    requireRows('spmmValues', x, forward.cols);
    return [forward.rows, x.cols];
  },
  forward: ({ kernels, inputs: [values, x], out, attributes: { pattern } }) =>
    kernels.spmm({ out: out.data, a: { ...pattern.forward, values: values.data }, x: x.data, d: x.cols }),
  backward: ({ kernels, inputs: [values, x], dOut, attributes: { pattern }, over, scratch }) => {
    const dValues = over(values);
    const d = x.cols;
    if (dValues) {
      kernels.entryDots({ out: dValues.to, pattern: pattern.forward, a: dOut, b: x.data, d, beta: dValues.beta });
    }
    const dx = over(x);
    if (!dx) return;
    const turned = scratch([values.rows, 1], 'any');
    kernels.gatherRows({ out: turned, x: values.data, ids: pattern.order, d: 1 });
    kernels.spmm({ out: dx.to, a: { ...pattern.transposed, values: turned }, x: dOut, d, beta: dx.beta });
  },
});

/** out[nnz, 1] = a_i . b_j for each entry (i, j) of the pattern, a [rows, d], b [cols, d]; with a = b similarities of chosen pairs. */
export const entryDots = definePrimitive<{ pattern: SparsePattern }>({
  name: 'entryDots',
  shape: ([a, b], { pattern: { forward } }) => {
    requireRows('entryDots', a, forward.rows);
    requireRows('entryDots', b, forward.cols);
    requireShape('entryDots', a.cols === b.cols, `${showShape(a.shape)} and ${showShape(b.shape)}`, 'equal widths');
    return [forward.nnz, 1];
  },
  forward: ({ kernels, inputs: [a, b], out, attributes: { pattern } }) =>
    kernels.entryDots({ out: out.data, pattern: pattern.forward, a: a.data, b: b.data, d: a.cols }),
  backward: ({ kernels, inputs: [a, b], dOut, attributes: { pattern }, over, scratch }) => {
    const d = a.cols;
    const weighted = (csr: DeviceCsr, values: Floats): DeviceCsr => ({ ...csr, values });
    const da = over(a);
    if (da) kernels.spmm({ out: da.to, a: weighted(pattern.forward, dOut), x: b.data, d, beta: da.beta });
    const db = over(b);
    if (!db) return;
    const turned = scratch([pattern.forward.nnz, 1], 'any');
    kernels.gatherRows({ out: turned, x: dOut, ids: pattern.order, d: 1 });
    kernels.spmm({ out: db.to, a: weighted(pattern.transposed, turned), x: a.data, d, beta: db.beta });
  },
});

function requireValues(name: string, { nnz }: DeviceCsr, values: Tensor): void {
  const holds = values.rows === nnz && values.cols === 1;
  requireShape(name, holds, `values ${showShape(values.shape)}`, `${showShape([nnz, 1])}, one for each entry`);
}

function requireRows(name: string, x: Tensor, rows: number): void {
  requireShape(name, x.rows === rows, `${x.name} ${showShape(x.shape)}`, `${rows} rows, as the pattern has`);
}
