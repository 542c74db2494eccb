import type { Floats, Ints } from './arrays.js';
import { idValues, realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';
import { spmm } from './spmm.js';

/** out[n, d] = alpha * (mean of the k rows neighbours[i, :] of x[m, d]) + beta * out. neighbours [n, k]. Source: method eq. 17, 18. */
export interface NeighbourMean {
  out: Floats;
  neighbours: Ints;
  x: Floats;
  k: number;
  d: number;
  alpha?: number;
  beta?: number;
}

function reference({ out, neighbours, x, k, d, alpha = 1, beta = 0 }: HostCall<NeighbourMean>): void {
  for (let r = 0; r < neighbours.length / k; r++) {
    for (let c = 0; c < d; c++) {
      let total = 0;
      for (let j = 0; j < k; j++) total += x[neighbours[r * k + j] * d + c];
      out[r * d + c] = (alpha * total) / k + (beta === 0 ? 0 : beta * out[r * d + c]);
    }
  }
}

function cases(): KernelCase<NeighbourMean>[] {
  const made: KernelCase<NeighbourMean>[] = [];
  for (const [n, m, k, d] of [
    [1, 1, 1, 1],
    [31, 7, 10, 15],
    [33, 40, 10, 64],
    [128, 129, 3, 65],
    [257, 20, 20, 192],
    [1025, 50, 10, 16],
  ]) {
    const neighbours = idValues(n * k, m, n);
    made.push({
      label: `${n} rows, k ${k}, d ${d}`,
      call: { out: realValues(n * d, 1), neighbours, x: realValues(m * d, 2), k, d, alpha: 0.9, beta: 1 },
    });
  }
  made.push({
    label: 'whole numbers',
    exact: true,
    call: {
      out: wholeValues(60 * 33, 1),
      neighbours: idValues(240, 9, 1),
      x: wholeValues(9 * 33, 2),
      k: 4,
      d: 33,
      alpha: 4,
      beta: 1,
    },
  });
  made.push({
    label: 'beta 0 does not read out',
    call: {
      out: new Float32Array(8).fill(Number.NaN),
      neighbours: Int32Array.of(1, 0, 1, 1),
      x: realValues(8, 1),
      k: 2,
      d: 4,
    },
  });
  made.push({
    label: 'no rows',
    call: { out: new Float32Array(0), neighbours: new Int32Array(0), x: realValues(8, 1), k: 2, d: 4 },
  });
  return made;
}

const NEIGHBOURS = Int32Array.of(0, 2, 1, 1, 2, 0, 2, 2);
const UPSTREAM = realValues(4 * 3, 5);

export const neighbourMean: KernelSpec<NeighbourMean> = {
  positional: ({ out, neighbours, x, k, d, alpha = 1, beta = 0 }) => [out, neighbours, x, k, d, alpha, beta],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 1e-6, relative: 2e-6, reason: 'at most 20 additions of numbers below 1' }),
  gradients: [
    {
      label: 'x, by spmm with the transposed lists',
      variables: () => ({ x: realValues(3 * 3, 1) }),
      value: ({ x }) => {
        const out = new Float64Array(12);
        reference({ out, neighbours: NEIGHBOURS, x, k: 2, d: 3 });
        return out.reduce((sum, v, i) => sum + v * UPSTREAM[i], 0);
      },
      gradients: (device) => {
        const dx = device.floats(9);
        const transposed = {
          rows: 3,
          cols: 4,
          offsets: Int32Array.of(0, 2, 4, 8),
          indices: Int32Array.of(0, 2, 1, 1, 0, 2, 3, 3),
          values: null,
        };
        device.run(spmm, { out: dx, a: device.uploadCsr(transposed), x: device.upload(UPSTREAM), d: 3, alpha: 0.5 });
        return { x: device.read(dx) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'linear: only float32 rounding of few terms' },
    },
  ],
  bytes: {
    formula: '4 (nk + nkd + nd)',
    count: ({ out, neighbours, d, beta = 0 }) => 4 * (neighbours.length * (1 + d) + out.length * (beta === 0 ? 1 : 2)),
  },
  flops: { formula: '(k + 1) n d', count: ({ out, neighbours, d }) => neighbours.length * d + out.length },
  typical: (step) => {
    const [{ d, nodes }, k] = [step, 10];
    const tables = { out: step.zeros(nodes * d), neighbours: step.ids(nodes * k, nodes), x: step.floats(nodes * d) };
    return [{ shape: `${nodes} rows, k ${k}, ${d} wide`, call: { ...tables, k, d } }];
  },
};
