import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** Columns [at, at + d) of out[n, width] = x[n, d]: one block of a concatenation. */
export interface CopyColumns {
  out: Floats;
  x: Floats;
  width: number;
  at: number;
  d: number;
}

/** out[n, d] += columns [at, at + d) of x[n, width]: its backward. */
export interface AddColumns {
  out: Floats;
  x: Floats;
  width: number;
  at: number;
  d: number;
}

function copyReference({ out, x, width, at, d }: HostCall<CopyColumns>): void {
  for (let r = 0; r < x.length / d; r++) for (let c = 0; c < d; c++) out[r * width + at + c] = x[r * d + c];
}

function addReference({ out, x, width, at, d }: HostCall<AddColumns>): void {
  for (let r = 0; r < out.length / d; r++) for (let c = 0; c < d; c++) out[r * d + c] += x[r * width + at + c];
}

const SHAPES: [n: number, width: number, at: number, d: number][] = [
  [0, 4, 1, 2],
  ...EDGE_LENGTHS.map((n): [number, number, number, number] => [n, 7, 2, 3]),
  [33, 192, 64, 64],
  [40, 257, 192, 65],
  [12, 64, 0, 64],
  [12, 40, 39, 1],
];

function copyCases(): KernelCase<CopyColumns>[] {
  return SHAPES.map(([n, width, at, d]) => ({
    label: `${n} rows, columns ${at} to ${at + d} of ${width}`,
    exact: true,
    call: { out: realValues(n * width, 1), x: realValues(n * d, 2), width, at, d },
  }));
}

function addCases(): KernelCase<AddColumns>[] {
  return SHAPES.map(([n, width, at, d]) => ({
    label: `${n} rows, columns ${at} to ${at + d} of ${width}`,
    call: { out: realValues(n * d, 1), x: realValues(n * width, 2), width, at, d },
  }));
}

const UPSTREAM = realValues(4 * 7, 3);

export const copyColumns: KernelSpec<CopyColumns> = {
  positional: ({ out, x, width, at, d }) => [out, x, width, at, d],
  outputs: ['out'],
  reference: copyReference,
  cases: copyCases,
  tolerance: () => ({ absolute: 0, relative: 0, reason: 'a copy' }),
  gradients: [
    {
      label: 'x, by addColumns',
      variables: () => ({ x: realValues(4 * 3, 1) }),
      value: ({ x }) => {
        const out = new Float64Array(28);
        copyReference({ out, x, width: 7, at: 2, d: 3 });
        return out.reduce((sum, v, i) => sum + v * UPSTREAM[i], 0);
      },
      gradients: (device) => {
        const out = device.floats(12);
        device.run(addColumns, { out, x: device.upload(UPSTREAM), width: 7, at: 2, d: 3 });
        return { x: device.read(out) };
      },
      tolerance: { absolute: 1e-7, relative: 1e-6, reason: 'a copy' },
    },
  ],
  bytes: { formula: '8 nd', count: ({ x }) => 8 * x.length },
  flops: { formula: '0', count: () => 0 },
  typical: (step) => {
    const { d, wide, nodes } = step;
    const call = { out: step.zeros(nodes * wide), x: step.floats(nodes * d), width: wide, at: 0, d };
    return [{ shape: `${nodes} x ${d} into ${wide}`, call }];
  },
};

export const addColumns: KernelSpec<AddColumns> = {
  positional: ({ out, x, width, at, d }) => [out, x, width, at, d],
  outputs: ['out'],
  reference: addReference,
  cases: addCases,
  tolerance: () => ({ absolute: 0, relative: 6e-8, reason: 'one rounding' }),
  bytes: { formula: '12 nd', count: ({ out }) => 12 * out.length },
  flops: { formula: 'n d', count: ({ out }) => out.length },
  typical: (step) => {
    const { d, wide, nodes } = step;
    const call = { out: step.floats(nodes * d), x: step.floats(nodes * wide), width: wide, at: 0, d };
    return [{ shape: `${nodes} x ${d} of ${wide}`, call }];
  },
};
