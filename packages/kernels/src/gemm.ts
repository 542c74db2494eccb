import type { Floats } from './arrays.js';
import { realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** out[m, n] = alpha * op(a) op(b) + beta * out; op(a) [m, k], op(b) [k, n]; a transposed operand is stored [k, m] / [n, k]. */
export interface Gemm {
  out: Floats;
  a: Floats;
  b: Floats;
  m: number;
  n: number;
  k: number;
  transposeA?: boolean;
  transposeB?: boolean;
  alpha?: number;
  beta?: number;
}

function reference(call: HostCall<Gemm>): void {
  const { out, a, b, m, n, k, transposeA, transposeB, alpha = 1, beta = 0 } = call;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let total = 0;
      for (let p = 0; p < k; p++)
        total += a[transposeA ? p * m + i : i * k + p] * b[transposeB ? j * k + p : p * n + j];
      out[i * n + j] = alpha * total + (beta === 0 ? 0 : beta * out[i * n + j]);
    }
  }
}

interface Shape {
  m: number;
  n: number;
  k: number;
  transposeA?: boolean;
  transposeB?: boolean;
  alpha?: number;
  beta?: number;
}

function operands(shape: Shape, values: (length: number, seed: number) => Float32Array) {
  const { m, n, k } = shape;
  return { out: values(m * n, 1), a: values(m * k, 2), b: values(k * n, 3), ...shape };
}

const TRANSPOSES = [
  { transposeA: false, transposeB: false },
  { transposeA: true, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: true },
];

function cases(): KernelCase<Gemm>[] {
  const made: KernelCase<Gemm>[] = [];
  const add = (shape: Shape) => {
    const marks = `${shape.transposeA ? ', a transposed' : ''}${shape.transposeB ? ', b transposed' : ''}`;
    const label = `${shape.m} x ${shape.k} x ${shape.n}${marks}`;
    made.push({ label, call: operands({ ...shape, alpha: 0.5, beta: -2 }, realValues) });
    const whole = operands({ ...shape, alpha: 2, beta: 1 }, wholeValues);
    made.push({ label: `${label}, whole numbers`, exact: true, call: whole });
  };
  for (const transposes of TRANSPOSES) {
    for (const [m, k, n] of [
      [1, 1, 1],
      [5, 7, 3],
      [12, 4, 32],
      [13, 65, 33],
      [70, 33, 66],
    ]) {
      add({ m, n, k, ...transposes });
    }
    add({ m: 25, n: 19, k: 1000, ...transposes });
  }
  // Edges of the tiles (4, 6, 12 by 4, 16, 32), of the blocks (192 by 512) and of the blocks of the depth (384).
  for (const m of [4, 6, 7, 11, 24, 191, 193, 385]) add({ m, n: 5, k: 9 });
  for (const n of [4, 15, 16, 17, 31, 64, 511, 513]) add({ m: 7, n, k: 5, transposeB: true });
  for (const k of [383, 384, 385, 769]) add({ m: 14, n: 35, k });
  for (const [m, n, k] of [
    [0, 4, 3],
    [3, 0, 4],
    [3, 4, 0],
  ])
    add({ m, n, k });
  const unread = { ...operands({ m: 9, n: 40, k: 3 }, realValues), out: new Float32Array(360).fill(Number.NaN) };
  made.push({ label: 'beta 0 does not read out', call: unread });
  const nan = operands({ m: 3, n: 3, k: 3 }, realValues);
  nan.a[4] = Number.NaN;
  made.push({ label: 'NaN passes', call: nan });
  return made;
}

const GRADIENT_SHAPE = { m: 3, n: 4, k: 5, alpha: 1.5 };
const GRADIENT_WEIGHTS = realValues(3 * 4, 9);

export const gemm: KernelSpec<Gemm> = {
  positional: ({ out, a, b, m, n, k, transposeA = false, transposeB = false, alpha = 1, beta = 0 }) => [
    out,
    a,
    b,
    m,
    n,
    k,
    transposeA,
    transposeB,
    alpha,
    beta,
  ],
  outputs: ['out'],
  reference,
  cases,
  tolerance: ({ k }) => ({
    absolute: 2e-6 + 3e-7 * Math.sqrt(k),
    relative: 1e-6,
    reason: 'sums of k products below 1, in blocks of 384; rounding errors add like a random walk',
  }),
  gradients: [
    {
      label: 'both operands, by the transposed products',
      variables: () => ({ a: realValues(3 * 5, 1), b: realValues(5 * 4, 2) }),
      value: ({ a, b }) => {
        const out = new Float64Array(3 * 4);
        reference({ out, a, b, ...GRADIENT_SHAPE });
        return out.reduce((sum, v, i) => sum + v * GRADIENT_WEIGHTS[i], 0);
      },
      gradients: (device, variables) => {
        const { m, n, k, alpha } = GRADIENT_SHAPE;
        const [a, b, dOut] = [variables.a, variables.b, GRADIENT_WEIGHTS].map((values) => device.upload(values));
        const [da, db] = [device.floats(m * k), device.floats(k * n)];
        device.run(gemm, { out: da, a: dOut, b, m, n: k, k: n, transposeB: true, alpha });
        device.run(gemm, { out: db, a, b: dOut, m: k, n, k: m, transposeA: true, alpha });
        return { a: device.read(da), b: device.read(db) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'linear in each: only float32 rounding of few terms' },
    },
  ],
  bytes: {
    formula: '4 (mk + kn + mn)',
    count: ({ m, n, k, beta = 0 }) => 4 * (m * k + k * n + m * n * (beta === 0 ? 1 : 2)),
  },
  flops: { formula: '2 m n k', count: ({ m, n, k }) => 2 * m * n * k },
  typical: ({ items, features, hidden, batch, ...step }) => {
    const product = (m: number, n: number, k: number, transposeA: boolean) => ({
      shape: `${m} x ${k} by ${k} x ${n}${transposeA ? ', a transposed' : ''}`,
      call: { out: step.zeros(m * n), a: step.floats(m * k), b: step.floats(k * n), m, n, k, transposeA },
      peer: { operation: 'gemm', numbers: { m, n, k, transposeA: transposeA ? 1 : 0 } },
    });
    return [
      product(items, hidden, features, false),
      product(features, hidden, items, true),
      product(batch, hidden, hidden, false),
    ];
  },
};
