import type { StreamKey } from '@agentmmrec/core';
import type { Floats, Kernels, Segments, UnaryFunction } from '@agentmmrec/kernels';
import { type BackwardCall, definePrimitive, requireShape, sameShape } from '../primitive.js';
import { showShape } from '../tensor.js';

/** out = alpha * a + beta * b. */
export const combine = definePrimitive<{ alpha: number; beta: number }>({
  name: 'combine',
  shape: ([a, b]) => sameShape('combine', a, b),
  forward: ({ kernels, inputs: [a, b], out, attributes: { alpha, beta } }) => {
    // Both summands are rounded before they are added; one call does that where one of them is there as it is.
    if (alpha === 1) return kernels.axpby({ out: out.data, x: b.data, alpha: beta, y: a.data, beta: 1 });
    if (beta === 1) return kernels.axpby({ out: out.data, x: a.data, alpha, y: b.data, beta: 1 });
    kernels.axpby({ out: out.data, x: a.data, alpha, beta: 0 });
    kernels.axpby({ out: out.data, x: b.data, alpha: beta, beta: 1 });
  },
  backward: ({ inputs: [a, b], attributes: { alpha, beta }, pass }) => {
    pass(a, alpha);
    pass(b, beta);
  },
});

/** out = alpha * x. */
export const scale = definePrimitive<{ alpha: number }>({
  name: 'scale',
  shape: ([x]) => x.shape,
  forward: ({ kernels, inputs: [x], out, attributes: { alpha } }) =>
    kernels.axpby({ out: out.data, x: x.data, alpha, beta: 0 }),
  backward: ({ inputs: [x], attributes: { alpha }, pass }) => pass(x, alpha),
});

/** out = a * b, element by element. */
export const multiply = definePrimitive({
  name: 'multiply',
  shape: ([a, b]) => sameShape('multiply', a, b),
  forward: ({ kernels, inputs: [a, b], out }) => kernels.multiply({ out: out.data, a: a.data, b: b.data }),
  backward: ({ kernels, inputs: [a, b], dOut, over }) => {
    const da = over(a);
    if (da) kernels.multiply({ out: da.to, a: dOut, b: b.data, beta: da.beta });
    const db = over(b);
    if (db) kernels.multiply({ out: db.to, a: dOut, b: a.data, beta: db.beta });
  },
});

/** out = f(x), element by element. */
export const unary = definePrimitive<{ f: UnaryFunction; parameter: number }>({
  name: 'unary',
  shape: ([x]) => x.shape,
  forward: ({ kernels, inputs: [x], out, attributes: { f, parameter } }) =>
    kernels.unary({ out: out.data, x: x.data, f, parameter }),
  backward: ({ kernels, inputs: [x], out, dOut, attributes: { f, parameter }, into }) => {
    const dx = into(x);
    if (dx) kernels.unaryBackward({ dx, dOut, x: x.data, out: out.data, f, parameter });
  },
});

/** out = dOut * (1 where x is above 0, else slope): what LeakyReLU passes back; where it has a slope of its own that is 0, so x gets none. */
export const leakySlope = definePrimitive<{ slope: number }>({
  name: 'leakySlope',
  accumulates: true,
  shape: ([dOut, x]) => sameShape('leakySlope', dOut, x),
  forward: ({ kernels, inputs: [dOut, x], out, attributes: { slope } }) =>
    kernels.unaryBackward({
      dx: out.data,
      dOut: dOut.data,
      x: x.data,
      out: x.data,
      f: 'leakyRelu',
      parameter: slope,
    }),
  backward: ({ kernels, inputs: [given, x], dOut, attributes: { slope }, into }) => {
    const dx = into(given);
    if (dx) kernels.unaryBackward({ dx, dOut, x: x.data, out: x.data, f: 'leakyRelu', parameter: slope });
  },
});

/** Places in a matrix, row by row, ascending and each once, as segments of one row each. */
export interface Entries extends Segments {
  readonly count: number;
}

/** out = x but 0 at the places. */
export const withoutEntries = definePrimitive<{ places: Entries }>({
  name: 'withoutEntries',
  shape: ([x]) => x.shape,
  forward: ({ kernels, inputs: [x], out, attributes: { places }, scratch }) => {
    kernels.axpby({ out: out.data, x: x.data, alpha: 1, beta: 0 });
    clearEntries(kernels, out.data, places, scratch);
  },
  backward: ({ kernels, inputs: [x], dOut, attributes: { places }, pass, scratch }) => {
    clearEntries(kernels, dOut, places, scratch); // nobody else has it
    pass(x);
  },
});

/** What stands at the places is taken from itself. */
function clearEntries(
  kernels: Kernels,
  memory: Floats,
  { count, ...segments }: Entries,
  scratch: BackwardCall<unknown, unknown>['scratch'],
): void {
  if (count === 0) return;
  const there = scratch([count, 1], 'any');
  kernels.gatherRows({ out: there, x: memory, ids: segments.segmentIds, d: 1 });
  kernels.scatterRows({ out: memory, rows: there, ...segments, d: 1, alpha: -1 });
}

/**
 * out = x / (1 - rate), or 0 for a part `rate` of the elements (Srivastava et al. 2014, scaled while training). Which ones is a
 * function of the stream's key, so the backward draws the mask again instead of keeping it.
 */
export const dropout = definePrimitive<{ rate: number; key: StreamKey }>({
  name: 'dropout',
  shape: ([x]) => x.shape,
  forward: ({ kernels, inputs: [x], out, attributes: { rate, key } }) =>
    kernels.dropout({ out: out.data, x: x.data, rate, key0: key.k0, key1: key.k1 }),
  backward: ({ kernels, inputs: [x], dOut, attributes: { rate, key }, over }) => {
    const dx = over(x);
    if (dx) kernels.dropout({ out: dx.to, x: dOut, rate, key0: key.k0, key1: key.k1, beta: dx.beta });
  },
});

/**
 * out[n, components * d] = x y by rows, as hypercomplex numbers of `components` parts for each of d columns (Cayley and Dickson;
 * see the kernel for the two forms).
 */
export const hypercomplex = definePrimitive<{ components: number; conjugates: boolean }>({
  name: 'hypercomplex',
  shape: ([x, y], { components }) => {
    sameShape('hypercomplex', x, y);
    const whole = Number.isInteger(x.cols / components);
    requireShape('hypercomplex', whole, showShape(x.shape), `a multiple of ${components} columns`);
    return x.shape;
  },
  forward: ({ kernels, inputs: [x, y], out, attributes }) =>
    kernels.hypercomplex({
      out: out.data,
      left: x.data,
      right: y.data,
      d: x.cols / attributes.components,
      part: 'product',
      ...attributes,
    }),
  backward: ({ kernels, inputs: [x, y], dOut, attributes, over }) => {
    const shared = { d: x.cols / attributes.components, ...attributes };
    const dx = over(x);
    if (dx) kernels.hypercomplex({ out: dx.to, left: dOut, right: y.data, part: 'dLeft', beta: dx.beta, ...shared });
    const dy = over(y);
    if (dy) kernels.hypercomplex({ out: dy.to, left: x.data, right: dOut, part: 'dRight', beta: dy.beta, ...shared });
  },
});

/** out[1, 1] = alpha * sum of x. */
export const sum = definePrimitive<{ alpha: number }>({
  name: 'sum',
  shape: () => [1, 1],
  forward: ({ kernels, inputs: [x], out, attributes: { alpha } }) => kernels.sum({ out: out.data, x: x.data, alpha }),
  backward: ({ kernels, inputs: [x], attributes: { alpha }, upstream, into, scratch }) => {
    const dx = into(x);
    if (!dx) return;
    const row = scratch([1, x.cols], 'zeros');
    kernels.unary({ out: row, x: row, f: 'exp' }); // ones, without a copy from the host
    kernels.axpby({ out: row, x: row, alpha: alpha * upstream(), beta: 0 });
    kernels.addBias({ out: dx, x: dx, bias: row, d: x.cols });
  },
});

/** out[1, 1] = alpha * sum of a * b; with a = b the squared norm. */
export const dot = definePrimitive<{ alpha: number }>({
  name: 'dot',
  shape: ([a, b]) => {
    sameShape('dot', a, b);
    return [1, 1];
  },
  forward: ({ kernels, inputs: [a, b], out, attributes: { alpha } }) =>
    kernels.dot({ out: out.data, a: a.data, b: b.data, alpha }),
  backward: ({ kernels, inputs: [a, b], attributes: { alpha }, upstream, over }) => {
    const da = over(a);
    if (da) kernels.axpby({ out: da.to, x: b.data, alpha: alpha * upstream(), beta: da.beta });
    const db = over(b);
    if (db) kernels.axpby({ out: db.to, x: a.data, alpha: alpha * upstream(), beta: db.beta });
  },
});
