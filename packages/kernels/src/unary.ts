import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { GradientCheck, HostCall, KernelCase, KernelSpec } from './kernel.js';

/**
 * What `unary` and `unaryBackward` compute of each element. With p the parameter: leakyRelu has slope p (default 0.01) below 0,
 * softplus(x) = log(1 + e^x) is stable, power is x^p for x >= 0 (NaN below), shift x + p, atLeast max(x, p), atMost min(x, p); the
 * others take none.
 */
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
  | 'negate'
  | 'sign'
  | 'reciprocal'
  | 'power'
  | 'shift'
  | 'atLeast'
  | 'atMost';

/** out = f(x); may alias x. `parameter` is for the functions that take one. */
export interface Unary {
  out: Floats;
  x: Floats;
  f: UnaryFunction;
  parameter?: number;
}

/** dx += dOut * f'(x), from input x and output `out`. */
export interface UnaryBackward {
  dx: Floats;
  dOut: Floats;
  x: Floats;
  out: Floats;
  f: UnaryFunction;
  parameter?: number;
}

/** In the order of `enum class UnaryFunction` in native/kernels/unary.h, which takes the place as a number. */
const UNARY_FUNCTIONS: readonly UnaryFunction[] = [
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
  'sign',
  'reciprocal',
  'power',
  'shift',
  'atLeast',
  'atMost',
];

/** The slope of leakyRelu where none is given; what the other functions take is given. */
const DEFAULT_PARAMETER = 0.01;

type Scalar = (x: number, parameter: number) => number;

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
  sign: Math.sign,
  reciprocal: (x) => 1 / x,
  power: (x, exponent) => (x < 0 ? Number.NaN : x ** exponent),
  shift: (x, by) => x + by,
  atLeast: Math.max,
  atMost: Math.min,
};

/** f'(x); at the kinks of leakyRelu, relu and abs the left side's, zero and zero, at the bounds of atLeast and atMost one. */
const DERIVATIVES: Record<UnaryFunction, (x: number, out: number, parameter: number) => number> = {
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
  sign: () => 0,
  reciprocal: (_, out) => -out * out,
  power: (x, _, exponent) => (x < 0 ? Number.NaN : exponent * x ** (exponent - 1)),
  shift: () => 1,
  atLeast: (x, _, bound) => (x < bound ? 0 : 1),
  atMost: (x, _, bound) => (x > bound ? 0 : 1),
};

function reference({ out, x, f, parameter = DEFAULT_PARAMETER }: HostCall<Unary>): void {
  for (let i = 0; i < out.length; i++) out[i] = FUNCTIONS[f](x[i], parameter);
}

function backwardReference({ dx, dOut, x, out, f, parameter = DEFAULT_PARAMETER }: HostCall<UnaryBackward>): void {
  for (let i = 0; i < dx.length; i++) dx[i] += dOut[i] * DERIVATIVES[f](x[i], out[i], parameter);
}

/** Where f is defined, up to `size` from zero, or positive. */
function inputs(f: UnaryFunction, length: number, size: number): Float32Array {
  const positive = f === 'log' || f === 'sqrt' || f === 'power';
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
      call: { out: realValues(n, 1), x: inputs(f, n, 4), f, parameter: 0.2 },
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
      return { label: `${f}, ${n}`, call: { dx: realValues(n, 1), dOut: realValues(n, 5), x, out, f, parameter: 0.2 } };
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
      reference({ out, x: variables.x, f, parameter: 0.2 });
      return out.reduce((sum, v, i) => sum + v * upstream[i], 0);
    },
    gradients: (device, variables) => {
      const [dx, out, xs] = [device.floats(41), device.floats(41), device.upload(variables.x)];
      device.run(unary, { out, x: xs, f, parameter: 0.2 });
      device.run(unaryBackward, { dx, dOut: device.upload(upstream), x: xs, out, f, parameter: 0.2 });
      return { x: device.read(dx) };
    },
    tolerance: { absolute: 2e-6, relative: 2e-5, reason: 'f from float32 outputs; the differences err by about 1e-9' },
  };
}

export const unary: KernelSpec<Unary> = {
  positional: ({ out, x, f, parameter = DEFAULT_PARAMETER }) => [out, x, UNARY_FUNCTIONS.indexOf(f), parameter],
  outputs: ['out'],
  reference,
  cases,
  tolerance: ({ f }) => ({
    absolute: f === 'shift' ? 1e-8 : 1e-38,
    relative: f === 'power' ? 3e-6 : 6e-7,
    reason: 'five units in the last place, of power those of a logarithm below 100; the parameter is rounded',
  }),
  bytes: { formula: '8 nd', count: ({ out }) => 8 * out.length },
  flops: { formula: 'n d', count: ({ out }) => out.length },
  typical: (step) => {
    const n = step.nodes * step.d;
    return [
      { shape: `${n} elements`, call: { out: step.zeros(n), x: step.floats(n), f: 'leakyRelu', parameter: 0.2 } },
    ];
  },
};

export const unaryBackward: KernelSpec<UnaryBackward> = {
  positional: ({ dx, dOut, x, out, f, parameter = DEFAULT_PARAMETER }) => [
    dx,
    dOut,
    x,
    out,
    UNARY_FUNCTIONS.indexOf(f),
    parameter,
  ],
  outputs: ['dx'],
  reference: backwardReference,
  cases: backwardCases,
  tolerance: ({ f }) => ({
    absolute: 5e-7,
    relative: f === 'power' ? 3e-6 : 1e-6,
    reason: 'few roundings; 1 - out and 1 - out^2 cancel, by at most their size',
  }),
  gradients: UNARY_FUNCTIONS.map(gradientCheck),
  // of x and out the derivatives use one, and no other is read
  bytes: { formula: '16 nd', count: ({ dx }) => 16 * dx.length },
  flops: { formula: '3 n d', count: ({ dx }) => 3 * dx.length },
  typical: (step) => {
    const n = step.nodes * step.d;
    const [dx, dOut, x, out] = [step.zeros(n), step.floats(n), step.floats(n), step.floats(n)];
    return [{ shape: `${n} elements`, call: { dx, dOut, x, out, f: 'leakyRelu', parameter: 0.2 } }];
  },
};
