import type { Floats } from './arrays.js';
import { realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec, Numbers } from './kernel.js';

export type HypercomplexPart = 'product' | 'dLeft' | 'dRight';

/**
 * Products of hypercomplex numbers (the Cayley-Dickson construction) of `components` parts, 1 to 16, for each of d columns of n
 * rows: out, left, right [n, components * d], part c in columns [c d, (c + 1) d). From halves, conjugating:
 * (a, b)(c, e) = (a c - e* b, e a + b c*); else (a c - e b, a e + b c), which commutes. With part 'product' out = left right;
 * with 'dLeft' left holds the gradient of the product and out becomes that of the left factor, with 'dRight' right holds it
 * and out becomes that of the right factor. All + beta * out.
 */
export interface Hypercomplex {
  out: Floats;
  left: Floats;
  right: Floats;
  d: number;
  components: number;
  part: HypercomplexPart;
  conjugates: boolean;
  beta?: number;
}

/** In the order of `enum class HypercomplexPart` in native/kernels/hypercomplex.h, which takes the place as a number. */
const HYPERCOMPLEX_PARTS: readonly HypercomplexPart[] = ['product', 'dLeft', 'dRight'];

const conjugate = (x: number[]): number[] => x.map((v, i) => (i === 0 ? v : -v));
const plus = (x: number[], y: number[], sign: number): number[] => x.map((v, i) => v + sign * y[i]);

/** The product of two numbers by halves, as the construction says. */
function product(x: number[], y: number[], conjugates: boolean): number[] {
  if (x.length === 1) return [x[0] * y[0]];
  const half = x.length / 2;
  const [a, b, c, e] = [x.slice(0, half), x.slice(half), y.slice(0, half), y.slice(half)];
  const times = (left: number[], right: number[]) => product(left, right, conjugates);
  if (!conjugates) return [...plus(times(a, c), times(e, b), -1), ...plus(times(a, e), times(b, c), 1)];
  return [...plus(times(a, c), times(conjugate(e), b), -1), ...plus(times(e, a), times(b, conjugate(c)), 1)];
}

const unit = (components: number, at: number): number[] =>
  Array.from({ length: components }, (_, c) => (c === at ? 1 : 0));

/** Part k of the result from the parts of the two operands at one row and column. */
function partOf(call: HostCall<Hypercomplex>, k: number, left: number[], right: number[]): number {
  const { components, part, conjugates } = call;
  const dot = (x: number[], y: number[]) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  if (part === 'dLeft') return dot(left, product(unit(components, k), right, conjugates));
  if (part === 'dRight') return dot(right, product(left, unit(components, k), conjugates));
  return product(left, right, conjugates)[k];
}

function reference(call: HostCall<Hypercomplex>): void {
  const { out, left, right, d, components, beta = 0 } = call;
  const width = components * d;
  const parts = (of: Numbers, row: number, c: number) =>
    Array.from({ length: components }, (_, k) => of[row * width + k * d + c]);
  for (let row = 0; row < left.length / width; row++) {
    for (let c = 0; c < d; c++) {
      const [x, y] = [parts(left, row, c), parts(right, row, c)];
      for (let k = 0; k < components; k++) {
        const at = row * width + k * d + c;
        out[at] = partOf(call, k, x, y) + (beta === 0 ? 0 : beta * out[at]);
      }
    }
  }
}

function cases(): KernelCase<Hypercomplex>[] {
  const made: KernelCase<Hypercomplex>[] = [];
  const shapes = [
    [1, 1, 1],
    [7, 3, 2],
    [33, 17, 4],
    [9, 64, 4],
    [5, 65, 8],
    [3, 8, 16],
    [0, 4, 4],
  ];
  for (const [n, d, components] of shapes) {
    for (const part of HYPERCOMPLEX_PARTS) {
      for (const conjugates of [false, true]) {
        const size = n * d * components;
        const label = `${part} of ${components} parts, ${n} x ${d}${conjugates ? ', conjugating' : ''}`;
        const rest = { d, components, part, conjugates };
        const operands = (values: typeof realValues) => ({ left: values(size, 2), right: values(size, 3) });
        made.push({ label, call: { out: realValues(size, 1), ...operands(realValues), ...rest, beta: 0.5 } });
        const nothing = new Float32Array(size).fill(Number.NaN);
        made.push({ label: `${label}, whole`, exact: true, call: { out: nothing, ...operands(wholeValues), ...rest } });
      }
    }
  }
  return made;
}

const UPSTREAM = realValues(2 * 8 * 3, 9);

export const hypercomplex: KernelSpec<Hypercomplex> = {
  positional: ({ out, left, right, d, components, part, conjugates, beta = 0 }) => [
    out,
    left,
    right,
    d,
    components,
    HYPERCOMPLEX_PARTS.indexOf(part),
    conjugates,
    beta,
  ],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 2e-6, relative: 1e-6, reason: 'up to 17 additions of products below 1' }),
  gradients: [false, true].map((conjugates) => ({
    label: conjugates ? 'both factors, conjugating' : 'both factors',
    variables: () => ({ x: realValues(48, 1), y: realValues(48, 2) }),
    value: ({ x, y }) => {
      const out = new Float64Array(48);
      reference({ out, left: x, right: y, d: 3, components: 8, part: 'product', conjugates });
      return out.reduce((sum, v, i) => sum + v * UPSTREAM[i], 0);
    },
    gradients: (device, { x, y }) => {
      const [dx, dy] = [device.floats(48), device.floats(48)];
      const dOut = device.upload(UPSTREAM);
      const rest = { d: 3, components: 8, conjugates };
      device.run(hypercomplex, { out: dx, left: dOut, right: device.upload(y), part: 'dLeft', ...rest });
      device.run(hypercomplex, { out: dy, left: device.upload(x), right: dOut, part: 'dRight', ...rest });
      return { x: device.read(dx), y: device.read(dy) };
    },
    tolerance: { absolute: 2e-6, relative: 1e-5, reason: 'bilinear: only float32 rounding of few terms' },
  })),
  bytes: { formula: '12 nd', count: ({ out, beta = 0 }) => 4 * out.length * (beta === 0 ? 3 : 4) },
  flops: { formula: '3 n d parts', count: ({ out, components }) => 3 * out.length * components },
  typical: (step) => {
    const [n, components] = [step.nodes * step.d, 4];
    const numbers = { d: step.d / components, components, part: 'product', conjugates: true } as const;
    const call = { out: step.zeros(n), left: step.floats(n), right: step.floats(n), ...numbers };
    return [{ shape: `${step.nodes} x ${step.d}, ${components} parts`, call }];
  },
};
