import type { DeviceCsr, Ints } from '@agentmmrec/kernels';
import { definePrimitive, requireShape } from '../primitive.js';
import { showShape, type Tensor } from '../tensor.js';

/** A sparse matrix and its transpose on the device (the same object when it is symmetric). */
export interface SparseMatrix {
  readonly forward: DeviceCsr;
  readonly transposed: DeviceCsr;
}

/** out[rows, d] = alpha * A x. */
export const spmm = definePrimitive<{ a: SparseMatrix; alpha: number }>({
  name: 'spmm',
  shape: ([x], { a }) => {
    requireOperand('spmm', a.forward, x);
    return [a.forward.rows, x.cols];
  },
  forward: ({ kernels, inputs: [x], out, attributes: { a, alpha } }) =>
    kernels.spmm({ out: out.data, a: a.forward, x: x.data, d: x.cols, alpha }),
  backward: ({ kernels, inputs: [x], dOut, attributes: { a, alpha }, over }) => {
    const dx = over(x);
    if (dx) kernels.spmm({ out: dx.to, a: a.transposed, x: dOut, d: x.cols, alpha, beta: dx.beta });
  },
});

/** out[m, d] = alpha * A[rowIds, :] x: only the listed rows of a propagation. */
export const spmmRows = definePrimitive<{ a: SparseMatrix; rowIds: Ints; alpha: number }>({
  name: 'spmmRows',
  shape: ([x], { a, rowIds }) => {
    requireOperand('spmmRows', a.forward, x);
    return [rowIds.length, x.cols];
  },
  forward: ({ kernels, inputs: [x], out, attributes: { a, rowIds, alpha } }) =>
    kernels.spmmRows({ out: out.data, a: a.forward, rowIds, x: x.data, d: x.cols, alpha }),
  backward: ({ kernels, inputs: [x], dOut, attributes: { a, rowIds, alpha }, over, scratch, segments }) => {
    const dx = over(x);
    if (!dx) return;
    const full = scratch([a.forward.rows, x.cols], 'zeros');
    kernels.scatterRows({ out: full, rows: dOut, ...segments(rowIds), d: x.cols });
    kernels.spmm({ out: dx.to, a: a.transposed, x: full, d: x.cols, alpha, beta: dx.beta });
  },
});

/**
 * out[n, d] = base + alpha * mean of the k rows x[neighbours[i, :]] (method eq. 17, 18); without a second input base is 0.
 * `transposed` [x.rows, n] (ones) serves the backward; null: the neighbours are a small selection of rows, whose gradients
 * are scattered by sorted segments instead.
 */
export const neighbourMean = definePrimitive<{
  neighbours: Ints;
  k: number;
  transposed: DeviceCsr | null;
  alpha: number;
}>({
  name: 'neighbourMean',
  shape: ([x, base], { neighbours, k, transposed }) => {
    const rows = neighbours.length / k;
    requireShape('neighbourMean', Number.isInteger(rows), `${neighbours.length} neighbours`, `a multiple of k = ${k}`);
    if (base)
      requireShape(
        'neighbourMean',
        base.rows === rows && base.cols === x.cols,
        `base ${showShape(base.shape)}`,
        showShape([rows, x.cols]),
      );
    if (transposed) {
      const fits = transposed.rows === x.rows && transposed.cols === rows;
      requireShape(
        'neighbourMean',
        fits,
        `transposed lists ${showShape([transposed.rows, transposed.cols])}`,
        showShape([x.rows, rows]),
      );
    }
    return [rows, x.cols];
  },
  forward: ({ kernels, inputs: [x, base], out, attributes: { neighbours, k, alpha } }) => {
    if (base) kernels.axpby({ out: out.data, x: base.data, alpha: 1, beta: 0 });
    kernels.neighbourMean({ out: out.data, neighbours, x: x.data, k, d: x.cols, alpha, beta: base ? 1 : 0 });
  },
  backward: (call) => {
    const { kernels, inputs, dOut } = call;
    const [x, base] = inputs;
    const { neighbours, k, transposed, alpha } = call.attributes;
    const share = { d: x.cols, alpha: alpha / k };
    const whole = transposed && call.over(x);
    const selected = transposed ? null : call.into(x);
    if (whole) kernels.spmm({ out: whole.to, a: transposed, x: dOut, beta: whole.beta, ...share });
    if (selected) kernels.scatterRows({ out: selected, rows: dOut, ...call.segments(neighbours, k), ...share });
    if (base) call.pass(base);
  },
});

/** out[n, d] = weight * sum over l = 0..layers of A^l x (LightGCN eq. 4, 8), without keeping the layers. */
export const lightgcnReadout = definePrimitive<{ a: SparseMatrix; layers: number; weight: number }>({
  name: 'lightgcnReadout',
  shape: ([x], { a }) => {
    requireOperand('lightgcnReadout', a.forward, x);
    requireShape(
      'lightgcnReadout',
      a.forward.rows === a.forward.cols,
      showShape([a.forward.rows, a.forward.cols]),
      'a square matrix',
    );
    return x.shape;
  },
  forward: ({ kernels, inputs: [x], out, attributes: { a, layers, weight }, scratch }) => {
    const memory = scratch([2 * x.rows, x.cols], 'any');
    kernels.lightgcnReadout({ out: out.data, scratch: memory, a: a.forward, e0: x.data, d: x.cols, layers, weight });
  },
  backward: ({ kernels, inputs: [x], dOut, attributes: { a, layers, weight }, over, scratch }) => {
    const dx = over(x);
    if (!dx) return;
    const target = dx.beta === 0 ? dx.to : scratch(x.shape, 'any');
    kernels.lightgcnReadout({
      out: target,
      scratch: scratch([2 * x.rows, x.cols], 'any'),
      a: a.transposed,
      e0: dOut,
      d: x.cols,
      layers,
      weight,
    });
    if (dx.beta === 1) kernels.axpby({ out: dx.to, x: target, alpha: 1, beta: 1 });
  },
});

function requireOperand(name: string, a: DeviceCsr, x: Tensor): void {
  requireShape(
    name,
    a.cols === x.rows,
    `A ${showShape([a.rows, a.cols])} times ${x.name} ${showShape(x.shape)}`,
    `x with ${a.cols} rows`,
  );
}
