import type { Floats, Ints } from './arrays.js';
import { realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** Elements that a matrix [m, k] takes when it is packed: whole panels of rows, two steps of k in each element. */
export function bfloatElements(m: number, k: number, panel: number): number {
  return Math.ceil(m / panel) * panel * Math.ceil(k / 2);
}

/**
 * packed = x [n, d], or its transpose [d, n], rounded to bfloat16 (the upper half of a float32, to nearest even), for `bfloatGemm`: panel
 * after panel of 12 rows (as CPUs multiply) or of 1 (rows one after the other, as cuBLAS reads), in a panel step after step, in a step row after row, in an element the values 2 t (lower half) and 2 t + 1 of
 * the row. Missing rows and values are zero. packed [`bfloatElements`].
 */
export interface PackBfloat {
  packed: Ints;
  x: Floats;
  d: number;
  transpose: boolean;
  /** rows: 1 or 12 */
  panel: number;
}

/**
 * out[m, n] = alpha * a b + beta * out with a [m, k] packed by `packBfloat` and b [k, n] rounded to bfloat16; products and sums are
 * float32. Half the memory of `gemm`, and half its time where the processor has AVX512-BF16.
 */
export interface BfloatGemm {
  out: Floats;
  a: Ints;
  b: Floats;
  m: number;
  n: number;
  k: number;
  alpha?: number;
  beta?: number;
  /** rows of a panel of a */
  panel: number;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The upper half of a float32, rounded to nearest, ties to even. */
function rounded(value: number): number {
  float[0] = value;
  if (Number.isNaN(value)) return (bits[0] >>> 16) | 0x40;
  return (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) >>> 16;
}

function widened(half: number): number {
  bits[0] = (half & 0xffff) << 16;
  return float[0];
}

/** The nearest bfloat16 of a value, ties to even. */
export function bfloatValue(value: number): number {
  return widened(rounded(value));
}

function packReference({ packed, x, d, transpose, panel: panelRows }: HostCall<PackBfloat>): void {
  const n = x.length / d;
  const [m, k] = transpose ? [d, n] : [n, d];
  const pairs = Math.ceil(k / 2);
  const half = (row: number, step: number) =>
    row < m && step < k ? rounded(transpose ? x[step * d + row] : x[row * d + step]) : 0;
  for (let at = 0; at < packed.length; at++) {
    const inPanel = at % (panelRows * pairs);
    const row = Math.floor(at / (panelRows * pairs)) * panelRows + (inPanel % panelRows);
    const t = Math.floor(inPanel / panelRows);
    packed[at] = half(row, 2 * t) | (half(row, 2 * t + 1) << 16);
  }
}

function reference({ out, a, b, m, n, k, alpha = 1, beta = 0, panel: panelRows }: HostCall<BfloatGemm>): void {
  const pairs = Math.ceil(k / 2);
  for (let i = 0; i < m; i++) {
    const panel = Math.floor(i / panelRows) * panelRows * pairs;
    for (let j = 0; j < n; j++) {
      let total = 0;
      for (let p = 0; p < k; p++) {
        const pair = a[panel + Math.floor(p / 2) * panelRows + (i % panelRows)];
        total += widened(p % 2 === 0 ? pair : pair >>> 16) * widened(rounded(b[p * n + j]));
      }
      out[i * n + j] = alpha * total + (beta === 0 ? 0 : beta * out[i * n + j]);
    }
  }
}

const packShapes: [n: number, d: number][] = [
  [0, 3],
  [1, 1],
  [3, 2],
  [11, 7],
  [12, 8],
  [13, 33],
  [24, 31],
  [100, 65],
];

function packCases(): KernelCase<PackBfloat>[] {
  const ways = [12, 1].flatMap((panel) => [false, true].map((transpose) => ({ panel, transpose })));
  return packShapes.flatMap(([n, d]) =>
    ways.map(({ panel, transpose }) => ({
      label: `${n} x ${d}, panels of ${panel}${transpose ? ', transposed' : ''}`,
      exact: true,
      call: {
        packed: new Int32Array(transpose ? bfloatElements(d, n, panel) : bfloatElements(n, d, panel)).fill(7),
        x: realValues(n * d, 1),
        d,
        transpose,
        panel,
      },
    })),
  );
}

function packed(
  m: number,
  k: number,
  panel: number,
  values: (length: number, seed: number) => Float32Array,
): Int32Array {
  const out = new Int32Array(bfloatElements(m, k, panel));
  if (k > 0) packReference({ packed: out, x: values(m * k, 2), d: k, transpose: false, panel });
  return out;
}

function cases(): KernelCase<BfloatGemm>[] {
  const made: KernelCase<BfloatGemm>[] = [];
  const add = (m: number, n: number, k: number, panel = 12) => {
    const label = `${m} x ${k} x ${n}, panels of ${panel}`;
    const operands = (values: typeof realValues) => ({
      out: values(m * n, 1),
      a: packed(m, k, panel, values),
      b: values(k * n, 3),
      ...{ m, n, k, panel },
    });
    made.push({ label, call: { ...operands(realValues), alpha: 0.5, beta: -2 } });
    made.push({ label: `${label}, whole numbers`, exact: true, call: { ...operands(wholeValues), alpha: 2, beta: 1 } });
  };
  // edges of panels (12 rows, 32 columns), of the blocks of rows (96) and of those of the depth (2048)
  for (const m of [1, 11, 12, 13, 95, 97, 200]) add(m, 5, 9);
  for (const n of [1, 15, 16, 17, 31, 32, 33, 64, 70]) add(13, n, 6);
  for (const k of [1, 2, 3, 64, 65, 2047, 2048, 2049, 4100]) add(14, 20, k);
  for (const [m, n, k] of [
    [0, 4, 3],
    [3, 0, 4],
    [3, 4, 0],
  ]) {
    add(m, n, k);
    add(m, n, k, 1);
  }
  for (const [m, n, k] of [
    [1, 1, 1],
    [11, 5, 9],
    [13, 33, 64],
    [97, 6, 7],
    [14, 20, 4100],
  ])
    add(m, n, k, 1);
  const unread = {
    out: new Float32Array(360).fill(Number.NaN),
    a: packed(9, 3, 12, realValues),
    b: realValues(120, 3),
  };
  made.push({ label: 'beta 0 does not read out', call: { ...unread, m: 9, n: 40, k: 3, panel: 12 } });
  return made;
}

export const packBfloat: KernelSpec<PackBfloat> = {
  positional: ({ packed, x, d, transpose, panel }) => [packed, x, d, transpose, panel],
  outputs: ['packed'],
  reference: packReference,
  cases: packCases,
  tolerance: () => ({ absolute: 0, relative: 0, reason: 'rounding is exact' }),
  bytes: { formula: '4 nd + 2 nd', count: ({ x, packed }) => 4 * (x.length + packed.length) },
  flops: { formula: '0', count: () => 0 },
  typical: ({ items, features, ...step }) => [
    {
      shape: `${items} x ${features}, transposed`,
      call: {
        packed: step.ints(bfloatElements(features, items, step.bfloatPanel)),
        x: step.floats(items * features),
        d: features,
        transpose: true,
        panel: step.bfloatPanel,
      },
    },
  ],
};

const GRADIENT_WEIGHTS = wholeValues(12, 9);

export const bfloatGemm: KernelSpec<BfloatGemm> = {
  positional: ({ out, a, b, m, n, k, alpha = 1, beta = 0, panel }) => [out, a, b, m, n, k, alpha, beta, panel],
  outputs: ['out'],
  reference,
  cases,
  tolerance: ({ k }) => ({
    absolute: 2e-6 + 6e-7 * Math.sqrt(k),
    relative: 1e-6,
    reason:
      'operands are rounded alike; what differs are float32 sums of k products below 1, two at a time in one instruction',
  }),
  gradients: [
    {
      label: 'b, by the packed transpose; whole numbers, which bfloat16 holds',
      variables: () => ({ b: wholeValues(20, 3) }),
      value: ({ b }) => {
        // linear in b as the kernel is where nothing is rounded: central differences step beside the whole numbers
        let total = 0;
        const a = wholeValues(15, 2);
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 4; j++) {
            for (let p = 0; p < 5; p++) total += a[i * 5 + p] * b[p * 4 + j] * GRADIENT_WEIGHTS[i * 4 + j];
          }
        }
        return total;
      },
      gradients: (device) => {
        const panel = 12;
        const transposed = new Int32Array(bfloatElements(5, 3, panel));
        packReference({ packed: transposed, x: wholeValues(15, 2), d: 5, transpose: true, panel });
        const out = device.floats(20);
        const call = { out, a: device.upload(transposed), b: device.upload(GRADIENT_WEIGHTS), m: 5, n: 4, k: 3, panel };
        device.run(bfloatGemm, call);
        return { b: device.read(out) };
      },
      tolerance: { absolute: 1e-5, relative: 1e-5, reason: 'small whole numbers: nothing is rounded' },
    },
  ],
  bytes: { formula: '2 mk + 4 (kn + mn)', count: ({ a, b, out }) => 4 * (a.length + b.length + out.length) },
  flops: { formula: '2 m n k', count: ({ m, n, k }) => 2 * m * n * k },
  typical: ({ items, features, hidden, ...step }) =>
    [
      [items, features],
      [features, items],
    ].map(([m, k]) => ({
      shape: `${m} x ${k} by ${k} x ${hidden}`,
      call: {
        out: step.zeros(m * hidden),
        a: step.ints(bfloatElements(m, k, step.bfloatPanel)),
        b: step.floats(k * hidden),
        m,
        n: hidden,
        k,
        panel: step.bfloatPanel,
      },
    })),
};
