import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { GradientCheck, HostCall, KernelCase, KernelSpec } from './kernel.js';

/** What `unary` and `unaryBackward` compute of each element. */
export type UnaryFunction =
  | 'leakyRelu'
  | 'relu'
  | 'sigmoid'
  | 'tanh'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'softplus'
  | 'square'
  | 'abs'
  | 'negate';

/** out = f(x). `slope` is for leakyRelu. softplus(x) = log(1 + e^x), stable. */
export interface Unary {
  out: Floats;
  x: Floats;
  f: UnaryFunction;
  slope?: number;
}

/** dx += dOut * f'(x), from input x and output `out`. */
export interface UnaryBackward {
  dx: Floats;
  dOut: Floats;
  x: Floats;
  out: Floats;
  f: UnaryFunction;
  slope?: number;
}

/** In the order of `enum class UnaryFunction` in native/kernels/unary.h, which takes the place as a number. */
export const UNARY_FUNCTIONS: readonly UnaryFunction[] = [
  'leakyRelu',
  'relu',
  'sigmoid',
  'tanh',
  'exp',
  'log',
  'sqrt',
  'softplus',
  'square',
  'abs',
  'negate',
];

const DEFAULT_SLOPE = 0.01;

type Scalar = (x: number, slope: number) => number;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const FUNCTIONS: Record<UnaryFunction, Scalar> = {
  leakyRelu: (x, slope) => (x > 0 ? x : slope * x),
  relu: (x) => Math.max(x, 0),
  sigmoid,
  tanh: Math.tanh,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  softplus,
  square: (x) => x * x,
  abs: Math.abs,
  negate: (x) => -x,
};

/** f'(x); at the kinks of leakyRelu, relu and abs the left side's, zero and zero. */
const DERIVATIVES: Record<UnaryFunction, (x: number, out: number, slope: number) => number> = {
  leakyRelu: (x, _, slope) => (x > 0 ? 1 : slope),
  relu: (x) => (x > 0 ? 1 : 0),
  sigmoid: (_, out) => out * (1 - out),
  tanh: (_, out) => 1 - out * out,
  exp: (_, out) => out,
  log: (x) => 1 / x,
  sqrt: (_, out) => 0.5 / out,
  softplus: (x) => sigmoid(x),
  square: (x) => 2 * x,
  abs: (x) => Math.sign(x),
  negate: () => -1,
};

function reference({ out, x, f, slope = DEFAULT_SLOPE }: HostCall<Unary>): void {
  for (let i = 0; i < out.length; i++) out[i] = FUNCTIONS[f](x[i], slope);
}

function backwardReference({ dx, dOut, x, out, f, slope = DEFAULT_SLOPE }: HostCall<UnaryBackward>): void {
  for (let i = 0; i < dx.length; i++) dx[i] += dOut[i] * DERIVATIVES[f](x[i], out[i], slope);
}

/** Where f is defined, up to `size` from zero, or positive. */
function inputs(f: UnaryFunction, length: number, size: number): Float32Array {
  const positive = f === 'log' || f === 'sqrt';
  return realValues(length, 2).map((v) => (positive ? Math.abs(v) * size + 1e-3 : v * size));
}

/** Limits, NaN, the edges of float32's exponential, subnormal numbers. */
const ODD = Float32Array.of(
  0,
  1,
  -1,
  88.5,
  89.5,
  200,
  -87.2,
  -103,
  -104.5,
  -200,
  1e-30,
  -1e-30,
  1e-40,
  3.4e38,
  -3.4e38,
  0.4,
  0.3999,
  1e-7,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  Math.SQRT1_2,
  Math.SQRT2,
  0.7,
  0.99999994,
);

function cases(): KernelCase<Unary>[] {
  return UNARY_FUNCTIONS.flatMap((f) => {
    const made: KernelCase<Unary>[] = EDGE_LENGTHS.filter((n) => n < 130).map((n) => ({
      label: `${f}, ${n}`,
      call: { out: realValues(n, 1), x: inputs(f, n, 4), f, slope: 0.2 },
    }));
    const same = inputs(f, 1025, 20);
    made.push({ label: `${f}, out is x`, call: { out: same, x: same, f } });
    made.push({ label: `${f}, many`, call: { out: new Float32Array(40_000), x: inputs(f, 40_000, 1), f } });
    made.push({ label: `${f}, odd values`, call: { out: new Float32Array(ODD.length), x: ODD, f } });
    made.push({ label: `${f}, nothing`, call: { out: new Float32Array(0), x: new Float32Array(0), f } });
    return made;
  });
}

function backwardCases(): KernelCase<UnaryBackward>[] {
  return UNARY_FUNCTIONS.flatMap((f) =>
    [0, 1, 33, 128, 257, 1025, 20_000].map((n) => {
      const x = inputs(f, n, 3);
      const out = x.map((v) => FUNCTIONS[f](v, 0.2));
      return { label: `${f}, ${n}`, call: { dx: realValues(n, 1), dOut: realValues(n, 5), x, out, f, slope: 0.2 } };
    }),
  );
}

function gradientCheck(f: UnaryFunction): GradientCheck {
  // Away from the kinks at zero by more than the step of the differences.
  const x = inputs(f, 41, 2).map((v) => (Math.abs(v) < 1e-2 ? 0.5 : v));
  const upstream = realValues(41, 6);
  return {
    label: f,
    variables: () => ({ x }),
    value: (variables) => {
      const out = new Float64Array(41);
      reference({ out, x: variables.x, f, slope: 0.2 });
      return out.reduce((sum, v, i) => sum + v * upstream[i], 0);
    },
    gradients: (device, variables) => {
      const [dx, out, xs] = [device.floats(41), device.floats(41), device.upload(variables.x)];
      device.run(unary, { out, x: xs, f, slope: 0.2 });
      device.run(unaryBackward, { dx, dOut: device.upload(upstream), x: xs, out, f, slope: 0.2 });
      return { x: device.read(dx) };
    },
    tolerance: { absolute: 2e-6, relative: 2e-5, reason: 'f from float32 outputs; the differences err by about 1e-9' },
  };
}

export const unary: KernelSpec<Unary> = {
  positional: ({ out, x, f, slope = DEFAULT_SLOPE }) => [out, x, UNARY_FUNCTIONS.indexOf(f), slope],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 1e-38,
    relative: 6e-7,
    reason: 'five units in the last place; subnormal results may be 0',
  }),
  bytes: { formula: '8 nd', count: ({ out }) => 8 * out.length },
  flops: { formula: 'n d', count: ({ out }) => out.length },
  typical: (step) => {
    const n = step.nodes * step.d;
    return [{ shape: `${n} elements`, call: { out: step.zeros(n), x: step.floats(n), f: 'leakyRelu', slope: 0.2 } }];
  },
};

export const unaryBackward: KernelSpec<UnaryBackward> = {
  positional: ({ dx, dOut, x, out, f, slope = DEFAULT_SLOPE }) => [dx, dOut, x, out, UNARY_FUNCTIONS.indexOf(f), slope],
  outputs: ['dx'],
  reference: backwardReference,
  cases: backwardCases,
  tolerance: () => ({
    absolute: 5e-7,
    relative: 1e-6,
    reason: 'few roundings; 1 - out and 1 - out^2 cancel, by at most their size',
  }),
  gradients: UNARY_FUNCTIONS.map(gradientCheck),
  bytes: { formula: '20 nd', count: ({ dx }) => 20 * dx.length },
  flops: { formula: '3 n d', count: ({ dx }) => 3 * dx.length },
  typical: (step) => {
    const n = step.nodes * step.d;
    const [dx, dOut, x, out] = [step.zeros(n), step.floats(n), step.floats(n), step.floats(n)];
    return [{ shape: `${n} elements`, call: { dx, dOut, x, out, f: 'leakyRelu', slope: 0.2 } }];
  },
};
