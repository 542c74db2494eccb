import type { Floats } from '@agentmmrec/kernels';
import { type BackwardCall, definePrimitive, requireShape } from '../primitive.js';
import { type Shape, showShape, type Tensor } from '../tensor.js';

export interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** op(a) [m, k] and op(b) [k, n]. */
function gemmSizes(
  [a, b]: readonly Tensor[],
  { transposeA, transposeB }: Transposes,
): { m: number; n: number; k: number } {
  const [m, k] = transposeA ? [a.cols, a.rows] : a.shape;
  const [kOfB, n] = transposeB ? [b.cols, b.rows] : b.shape;
  requireShape(
    'gemm',
    k === kOfB,
    `${a.name} ${showShape([m, k])} times ${b.name} ${showShape([kOfB, n])}`,
    'equal inner sizes',
  );
  return { m, n, k };
}

/** out[m, n] = op(a) op(b). A constant operand (raw features) costs nothing in the backward. */
export const gemm = definePrimitive<Transposes>({
  name: 'gemm',
  shape: (inputs, attributes): Shape => {
    const { m, n } = gemmSizes(inputs, attributes);
    return [m, n];
  },
  forward: ({ kernels, inputs, out, attributes }) =>
    kernels.gemm({
      out: out.data,
      a: inputs[0].data,
      b: inputs[1].data,
      ...gemmSizes(inputs, attributes),
      ...attributes,
    }),
  backward: ({ kernels, inputs, dOut, attributes, over }) => {
    const [a, b] = inputs;
    const { transposeA, transposeB } = attributes;
    const { m, n, k } = gemmSizes(inputs, attributes);
    const da = over(a);
    if (da && !transposeA) {
      kernels.gemm({ out: da.to, a: dOut, b: b.data, m, n: k, k: n, transposeB: !transposeB, beta: da.beta });
    } else if (da) {
      kernels.gemm({
        out: da.to,
        a: b.data,
        b: dOut,
        m: k,
        n: m,
        k: n,
        transposeA: transposeB,
        transposeB: true,
        beta: da.beta,
      });
    }
    const db = over(b);
    if (db && !transposeB) {
      kernels.gemm({ out: db.to, a: a.data, b: dOut, m: k, n, k: m, transposeA: !transposeA, beta: db.beta });
    } else if (db) {
      kernels.gemm({
        out: db.to,
        a: dOut,
        b: a.data,
        m: n,
        n: k,
        k: m,
        transposeA: true,
        transposeB: transposeA,
        beta: db.beta,
      });
    }
  },
});

/**
 * out[n, m] = x[n, k] weight[k, m] + bias[1, m], where not above 0 times `slope` (1: linear, else LeakyReLU; not below 0). Bias and slope are
 * applied in place: one table instead of three.
 */
export const linear = definePrimitive<{ slope: number }>({
  name: 'linear',
  shape: ([x, weight, bias]): Shape => {
    const { m, n } = gemmSizes([x, weight], PLAIN);
    requireBias('linear', bias, n);
    return [m, n];
  },
  forward: ({ kernels, inputs: [x, weight, bias], out, attributes: { slope } }) => {
    kernels.gemm({ out: out.data, a: x.data, b: weight.data, ...gemmSizes([x, weight], PLAIN) });
    kernels.addBias({ out: out.data, x: out.data, bias: bias.data, d: out.cols, slope });
  },
  backward: (call) => {
    const { kernels, inputs, attributes, over } = call;
    const [x, weight, bias] = inputs;
    const { m, n, k } = gemmSizes([x, weight], PLAIN);
    const dSum = biasGradient(call, bias, attributes.slope);
    const dWeight = over(weight);
    if (dWeight) {
      kernels.gemm({ out: dWeight.to, a: x.data, b: dSum, m: k, n, k: m, transposeA: true, beta: dWeight.beta });
    }
    const dx = over(x);
    if (dx) kernels.gemm({ out: dx.to, a: dSum, b: weight.data, m, n: k, k: n, transposeB: true, beta: dx.beta });
  },
});

/** What bias and slope pass back: the gradient of the product, after that of the bias was added. */
export function biasGradient(
  {
    kernels,
    out,
    dOut,
    into,
    scratch,
  }: Pick<BackwardCall<unknown, unknown>, 'kernels' | 'out' | 'dOut' | 'into' | 'scratch'>,
  bias: Tensor,
  slope: number,
): Floats {
  let dSum = dOut;
  if (slope !== 1) {
    // The sum itself is gone, but the result has its sign.
    dSum = scratch(out.shape, 'zeros');
    kernels.unaryBackward({ dx: dSum, dOut, x: out.data, out: out.data, f: 'leakyRelu', parameter: slope });
  }
  const dBias = into(bias);
  if (dBias) kernels.addRowSums({ out: dBias, x: dSum, d: out.cols });
  return dSum;
}

const PLAIN: Transposes = { transposeA: false, transposeB: false };

/** A bias is a row as wide as what it is added to. */
export function requireBias(name: string, bias: Tensor, width: number): void {
  requireShape(
    name,
    bias.rows === 1 && bias.cols === width,
    `bias ${bias.name} ${showShape(bias.shape)}`,
    showShape([1, width]),
  );
}

/** out[n, d] = x[n, d] + bias[1, d] by rows, with `slope` as `linear`: the one place where a row meets a matrix, and it has its own name. */
export const addBias = definePrimitive<{ slope: number }>({
  name: 'addBias',
  shape: ([x, bias]) => {
    requireBias('addBias', bias, x.cols);
    return x.shape;
  },
  forward: ({ kernels, inputs: [x, bias], out, attributes: { slope } }) =>
    kernels.addBias({ out: out.data, x: x.data, bias: bias.data, d: x.cols, slope }),
  backward: (call) => {
    const { kernels, inputs, attributes, over, pass } = call;
    const [x, bias] = inputs;
    const dSum = biasGradient(call, bias, attributes.slope);
    if (attributes.slope === 1) return pass(x);
    const dx = over(x);
    if (dx) kernels.axpby({ out: dx.to, x: dSum, alpha: 1, beta: dx.beta });
  },
});

/** out[d, d] = the products of the columns of x[n, d] with each other: x transposed times x. */
export const gram = definePrimitive({
  name: 'gram',
  shape: ([x]) => [x.cols, x.cols],
  forward: ({ kernels, inputs: [x], out }) =>
    kernels.gemm({ out: out.data, a: x.data, b: x.data, m: x.cols, n: x.cols, k: x.rows, transposeA: true }),
  backward: ({ kernels, inputs: [x], dOut, over, scratch }) => {
    const dx = over(x);
    if (!dx) return;
    const d = x.cols;
    const both = scratch([d, d], 'any'); // dOut + its transpose
    kernels.transpose({ out: both, x: dOut, d });
    kernels.axpby({ out: both, x: dOut, alpha: 1, beta: 1 });
    kernels.gemm({ out: dx.to, a: x.data, b: both, m: x.rows, n: d, k: d, beta: dx.beta });
  },
});

/** out[1, d] = mean of the rows of x[n, d]. */
export const columnMeans = definePrimitive({
  name: 'columnMeans',
  accumulates: true,
  shape: ([x]) => {
    requireShape('columnMeans', x.rows > 0, showShape(x.shape), 'at least one row');
    return [1, x.cols];
  },
  forward: ({ kernels, inputs: [x], out }) => {
    kernels.addRowSums({ out: out.data, x: x.data, d: x.cols });
    kernels.axpby({ out: out.data, x: out.data, alpha: 1 / x.rows, beta: 0 });
  },
  backward: ({ kernels, inputs: [x], dOut, into, scratch }) => {
    const dx = into(x);
    if (!dx) return;
    const share = scratch([1, x.cols], 'any');
    kernels.axpby({ out: share, x: dOut, alpha: 1 / x.rows, beta: 0 });
    kernels.addBias({ out: dx, x: dx, bias: share, d: x.cols });
  },
});
