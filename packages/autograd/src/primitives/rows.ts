import type { Ints } from '@agentmmrec/kernels';
import { definePrimitive, requireShape } from '../primitive.js';
import { showShape } from '../tensor.js';

/** out[m, d] = x[from + ids[m], :]. Backward: sorted-segment scatter, the same bits for any number of threads. */
export const gatherRows = definePrimitive<{ ids: Ints; from: number }>({
  name: 'gatherRows',
  shape: ([x], { ids, from }) => {
    requireShape('gatherRows', from >= 0 && from <= x.rows, `first row ${from} of ${x.rows}`, 'a first row inside x');
    return [ids.length, x.cols];
  },
  forward: ({ kernels, inputs: [x], out, attributes: { ids, from } }) =>
    kernels.gatherRows({ out: out.data, x: x.data.subarray(from * x.cols, x.data.length), ids, d: x.cols }),
  backward: ({ kernels, inputs: [x], dOut, attributes: { ids, from }, into, segments }) => {
    const dx = into(x);
    if (!dx) return;
    const out = dx.subarray(from * x.cols, dx.length);
    kernels.scatterRows({ out, rows: dOut, ...segments(ids), d: x.cols });
  },
});

/** Where the top left corner of one input stands in an assembled matrix. */
export interface Place {
  readonly row: number;
  readonly col: number;
}

/**
 * out[rows, cols] from blocks side by side and below each other: input b fills the rectangle at places[b]. The blocks must
 * cover the whole of out without overlap.
 */
export const assemble = definePrimitive<{ rows: number; cols: number; places: readonly Place[] }>({
  name: 'assemble',
  shape: (inputs, { rows, cols, places }) => {
    let area = 0;
    for (const [b, block] of inputs.entries()) {
      const { row, col } = places[b];
      const inside = row >= 0 && col >= 0 && row + block.rows <= rows && col + block.cols <= cols;
      requireShape(
        'assemble',
        inside,
        `${block.name} ${showShape(block.shape)} at row ${row}, column ${col}`,
        `a block inside ${showShape([rows, cols])}`,
      );
      area += block.rows * block.cols;
    }
    requireShape(
      'assemble',
      area === rows * cols,
      `blocks of ${area} values`,
      `${rows * cols} for ${showShape([rows, cols])}`,
    );
    return [rows, cols];
  },
  forward: ({ kernels, inputs, out, attributes: { cols, places } }) => {
    for (const [b, block] of inputs.entries()) {
      const { row, col } = places[b];
      const target = out.data.subarray(row * cols, (row + block.rows) * cols);
      kernels.copyColumns({ out: target, x: block.data, width: cols, at: col, d: block.cols });
    }
  },
  backward: ({ kernels, inputs, dOut, attributes: { cols, places }, into }) => {
    for (const [b, block] of inputs.entries()) {
      const dBlock = into(block);
      if (!dBlock) continue;
      const { row, col } = places[b];
      const source = dOut.subarray(row * cols, (row + block.rows) * cols);
      kernels.addColumns({ out: dBlock, x: source, width: cols, at: col, d: block.cols });
    }
  },
});

/** out[n, d] = columns [at, at + d) of x. */
export const columns = definePrimitive<{ at: number; d: number }>({
  name: 'columns',
  accumulates: true,
  shape: ([x], { at, d }) => {
    requireShape(
      'columns',
      at >= 0 && d > 0 && at + d <= x.cols,
      `columns ${at} to ${at + d} of ${showShape(x.shape)}`,
      'columns inside x',
    );
    return [x.rows, d];
  },
  forward: ({ kernels, inputs: [x], out, attributes: { at, d } }) =>
    kernels.addColumns({ out: out.data, x: x.data, width: x.cols, at, d }),
  backward: ({ kernels, inputs: [x], dOut, attributes: { at, d }, into, scratch }) => {
    const dx = into(x);
    if (!dx) return;
    const block = scratch(x.shape, 'zeros');
    kernels.copyColumns({ out: block, x: dOut, width: x.cols, at, d });
    kernels.axpby({ out: dx, x: block, alpha: 1, beta: 1 });
  },
});

/** out[n, d] = x / max(|x|, 1e-12) by rows. */
export const normalizeRows = definePrimitive({
  name: 'normalizeRows',
  isWhole: true,
  shape: ([x]) => x.shape,
  forward: ({ kernels, inputs: [x], out, keep }) => {
    const norms = keep([x.rows, 1]);
    kernels.normalizeRows({ out: out.data, norms, x: x.data, d: x.cols });
    return norms;
  },
  backward: ({ kernels, inputs: [x], out, saved: norms, dOut, into }) => {
    const dx = into(x);
    if (dx) kernels.normalizeRowsBackward({ dx, dOut, out: out.data, norms, d: x.cols });
  },
});

/** out[n, d] = exp(x) by rows over their sum. */
export const softmaxRows = definePrimitive({
  name: 'softmaxRows',
  shape: ([x]) => x.shape,
  forward: ({ kernels, inputs: [x], out, scratch }) =>
    kernels.softmaxRows({ out: out.data, logSumExp: scratch([x.rows, 1], 'any'), x: x.data, d: x.cols }),
  backward: ({ kernels, inputs: [x], out, dOut, into }) => {
    const dx = into(x);
    if (dx) kernels.softmaxRowsBackward({ dx, dOut, out: out.data, d: x.cols });
  },
});

/** out[n, 1] = log of the sum of exp(x) over the rows of x[n, d]. Its gradient is the softmax. */
export const logSumExpRows = definePrimitive({
  name: 'logSumExpRows',
  shape: ([x]) => [x.rows, 1],
  forward: ({ kernels, inputs: [x], out, keep }) => {
    const softmax = keep(x.shape);
    kernels.softmaxRows({ out: softmax, logSumExp: out.data, x: x.data, d: x.cols });
    return softmax;
  },
  backward: ({ kernels, inputs: [x], saved: softmax, dOut, over, scratch }) => {
    const dx = over(x);
    if (!dx) return;
    const rows = scratch(x.shape, 'any');
    kernels.scaleRows({ out: rows, x: softmax, scale: dOut, d: x.cols });
    kernels.axpby({ out: dx.to, x: rows, alpha: 1, beta: dx.beta });
  },
});

/** out[n, d] = row i of x[n, d] times scale[n, 1]. */
export const scaleRows = definePrimitive({
  name: 'scaleRows',
  shape: ([x, scale]) => {
    requireShape(
      'scaleRows',
      scale.cols === 1 && scale.rows === x.rows,
      `scale ${showShape(scale.shape)} for x ${showShape(x.shape)}`,
      showShape([x.rows, 1]),
    );
    return x.shape;
  },
  forward: ({ kernels, inputs: [x, scale], out }) =>
    kernels.scaleRows({ out: out.data, x: x.data, scale: scale.data, d: x.cols }),
  backward: ({ kernels, inputs: [x, scale], dOut, over, scratch }) => {
    const dx = over(x);
    if (dx) {
      const rows = scratch(x.shape, 'any');
      kernels.scaleRows({ out: rows, x: dOut, scale: scale.data, d: x.cols });
      kernels.axpby({ out: dx.to, x: rows, alpha: 1, beta: dx.beta });
    }
    const dScale = over(scale);
    if (dScale) {
      const dots = scratch([x.rows, 1], 'any');
      kernels.rowDot({ out: dots, a: dOut, b: x.data, d: x.cols });
      kernels.axpby({ out: dScale.to, x: dots, alpha: 1, beta: dScale.beta });
    }
  },
});

/** out[n, d] = column c of x[n, d] times scale[1, d]. */
export const scaleColumns = definePrimitive({
  name: 'scaleColumns',
  shape: ([x, scale]) => {
    requireShape(
      'scaleColumns',
      scale.rows === 1 && scale.cols === x.cols,
      `scale ${showShape(scale.shape)} for x ${showShape(x.shape)}`,
      showShape([1, x.cols]),
    );
    return x.shape;
  },
  forward: ({ kernels, inputs: [x, scale], out }) =>
    kernels.scaleColumns({ out: out.data, x: x.data, scale: scale.data, d: x.cols }),
  backward: ({ kernels, inputs: [x, scale], dOut, into, over, scratch }) => {
    const dx = over(x);
    if (dx) kernels.scaleColumns({ out: dx.to, x: dOut, scale: scale.data, d: x.cols, beta: dx.beta });
    const dScale = into(scale);
    if (!dScale) return;
    const products = scratch(x.shape, 'any');
    kernels.multiply({ out: products, a: dOut, b: x.data });
    kernels.addRowSums({ out: dScale, x: products, d: x.cols });
  },
});

/** out[d, n] = the transpose of x[n, d]. */
export const transpose = definePrimitive({
  name: 'transpose',
  shape: ([x]) => [x.cols, x.rows],
  forward: ({ kernels, inputs: [x], out }) => kernels.transpose({ out: out.data, x: x.data, d: x.cols }),
  backward: ({ kernels, inputs: [x], dOut, over }) => {
    const dx = over(x);
    if (dx && x.rows > 0) kernels.transpose({ out: dx.to, x: dOut, d: x.rows, beta: dx.beta });
  },
});

/** out[n, 1] = dot products of the rows of a[n, d] and b[n, d]. */
export const rowDot = definePrimitive({
  name: 'rowDot',
  shape: ([a, b]) => {
    requireShape(
      'rowDot',
      a.rows === b.rows && a.cols === b.cols,
      `${showShape(a.shape)} and ${showShape(b.shape)}`,
      'equal shapes',
    );
    return [a.rows, 1];
  },
  forward: ({ kernels, inputs: [a, b], out }) => kernels.rowDot({ out: out.data, a: a.data, b: b.data, d: a.cols }),
  backward: ({ kernels, inputs: [a, b], dOut, over, scratch }) => {
    for (const [input, other] of [
      [a, b],
      [b, a],
    ]) {
      const target = over(input);
      if (!target) continue;
      const rows = scratch(other.shape, 'any');
      kernels.scaleRows({ out: rows, x: other.data, scale: dOut, d: other.cols });
      kernels.axpby({ out: target.to, x: rows, alpha: 1, beta: target.beta });
    }
  },
});
