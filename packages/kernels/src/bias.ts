import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** out[n, d] = x[n, d] + bias[d], by rows, times `slope` (default 1) where that is not above 0: LeakyReLU. May alias x. */
export interface AddBias {
  out: Floats;
  x: Floats;
  bias: Floats;
  d: number;
  slope?: number;
}

/** out[d] += sum of the rows of x[n, d]. */
export interface AddRowSums {
  out: Floats;
  x: Floats;
  d: number;
}

function addBiasReference({ out, x, bias, d, slope = 1 }: HostCall<AddBias>): void {
  for (let i = 0; i < out.length; i++) {
    const sum = x[i] + bias[i % d];
    out[i] = sum > 0 ? sum : slope * sum;
  }
}

function addRowSumsReference({ out, x, d }: HostCall<AddRowSums>): void {
  for (let c = 0; c < d; c++) {
    let total = 0;
    for (let r = 0; r < x.length / d; r++) total += x[r * d + c];
    out[c] += total;
  }
}

const SHAPES: [n: number, d: number][] = [
  ...[0, ...EDGE_LENGTHS].map((n): [number, number] => [n, 5]),
  ...[1, 16, 63, 64, 65, 192, 256].map((d): [number, number] => [40, d]),
];

function addBiasCases(): KernelCase<AddBias>[] {
  const same = realValues(33 * 20, 4);
  return [
    ...SHAPES.map(([n, d]) => ({
      label: `${n} x ${d}`,
      call: { out: realValues(n * d, 1), x: realValues(n * d, 2), bias: realValues(d, 3), d },
    })),
    ...SHAPES.map(([n, d]) => ({
      label: `${n} x ${d}, leaky`,
      call: { out: realValues(n * d, 1), x: realValues(n * d, 2), bias: realValues(d, 3), d, slope: 0.01 },
    })),
    { label: 'out is x', call: { out: same, x: same, bias: realValues(20, 3), d: 20 } },
  ];
}

function addRowSumsCases(): KernelCase<AddRowSums>[] {
  return [...SHAPES, [9000, 7] as [number, number]].flatMap(([n, d]) => [
    { label: `${n} x ${d}`, call: { out: realValues(d, 1), x: realValues(n * d, 2), d } },
    { label: `${n} x ${d}, whole numbers`, exact: true, call: { out: wholeValues(d, 1), x: wholeValues(n * d, 2), d } },
  ]);
}

const UPSTREAM = realValues(4 * 3, 5);

export const addBias: KernelSpec<AddBias> = {
  positional: ({ out, x, bias, d, slope = 1 }) => [out, x, bias, d, slope],
  outputs: ['out'],
  reference: addBiasReference,
  cases: addBiasCases,
  tolerance: ({ slope }) =>
    slope === undefined
      ? { absolute: 0, relative: 6e-8, reason: 'one rounding' }
      : { absolute: 0, relative: 2e-7, reason: 'two roundings, the slope rounded to float32' },
  gradients: [
    {
      label: 'bias, by addRowSums',
      variables: () => ({ bias: realValues(3, 1) }),
      value: ({ bias }) => {
        const out = new Float64Array(12);
        addBiasReference({ out, x: realValues(12, 2), bias, d: 3 });
        return out.reduce((sum, v, i) => sum + v * UPSTREAM[i], 0);
      },
      gradients: (device) => {
        const out = device.floats(3);
        device.run(addRowSums, { out, x: device.upload(UPSTREAM), d: 3 });
        return { bias: device.read(out) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'linear: only float32 rounding of few terms' },
    },
  ],
  bytes: { formula: '8 nd', count: ({ out }) => 8 * out.length },
  flops: { formula: 'n d', count: ({ out }) => out.length },
  typical: (step) => {
    const { nodes, d } = step;
    return [
      {
        shape: `${nodes} x ${d}`,
        call: { out: step.zeros(nodes * d), x: step.floats(nodes * d), bias: step.floats(d), d },
      },
    ];
  },
};

export const addRowSums: KernelSpec<AddRowSums> = {
  positional: ({ out, x, d }) => [out, x, d],
  outputs: ['out'],
  reference: addRowSumsReference,
  cases: addRowSumsCases,
  tolerance: () => ({
    absolute: 1e-4,
    relative: 1e-5,
    reason: 'up to 9,000 additions of numbers below 1, partial sums below 100',
  }),
  bytes: { formula: '4 (nd + 2d)', count: ({ out, x }) => 4 * (x.length + 2 * out.length) },
  flops: { formula: 'n d', count: ({ x }) => x.length },
  typical: (step) => {
    const { nodes, d } = step;
    return [{ shape: `${nodes} x ${d}`, call: { out: step.zeros(d), x: step.floats(nodes * d), d } }];
  },
};
