import type { Floats, Ints } from './arrays.js';
import { EDGE_LENGTHS, idValues, realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';
import { segmentsOf } from './sortSegments.js';

/**
 * The transpose of gatherRows: out[segmentIds[s], :] += alpha * sum of rows[order[j], :] for j in segment s. Segments are
 * runs of equal ids in sorted order (see `Device.sortIds`); segmentOffsets [segments + 1]. Rows not named are untouched.
 */
export interface ScatterRows {
  out: Floats;
  rows: Floats;
  order: Ints;
  segmentOffsets: Ints;
  segmentIds: Ints;
  d: number;
  alpha?: number;
}

function reference({ out, rows, order, segmentOffsets, segmentIds, d, alpha = 1 }: HostCall<ScatterRows>): void {
  segmentIds.forEach((id, s) => {
    for (let c = 0; c < d; c++) {
      let total = 0;
      for (let j = segmentOffsets[s]; j < segmentOffsets[s + 1]; j++) total += rows[order[j] * d + c];
      out[id * d + c] += alpha * total;
    }
  });
}

function cases(): KernelCase<ScatterRows>[] {
  const made: KernelCase<ScatterRows>[] = [];
  const add = (label: string, ids: Int32Array, n: number, d: number, exact = false) => {
    const values = exact ? wholeValues : realValues;
    const call = {
      out: values(n * d, 1),
      rows: values(ids.length * d, 2),
      ...segmentsOf(ids),
      d,
      alpha: exact ? -2 : 0.7,
    };
    made.push({ label: `${label}, d ${d}`, exact, call });
  };
  for (const m of [0, ...EDGE_LENGTHS]) add(`${m} rows into 40`, idValues(m, 40, m), 40, 5);
  for (const d of [1, 16, 17, 64, 65, 192]) {
    add('100 rows into 30', idValues(100, 30, d), 30, d);
    add('100 rows into 30, whole numbers', idValues(100, 30, d), 30, d, true);
  }
  add('one hub', new Int32Array(1025).fill(3), 5, 64);
  add('few ids far apart', Int32Array.of(900, 0, 900, 17), 901, 8);
  return made;
}

export const scatterRows: KernelSpec<ScatterRows> = {
  positional: ({ out, rows, order, segmentOffsets, segmentIds, d, alpha = 1 }) => [
    out,
    rows,
    order,
    segmentOffsets,
    segmentIds,
    d,
    alpha,
  ],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 2e-5, relative: 1e-5, reason: 'up to 1,025 additions of numbers below 1' }),
  bytes: {
    formula: '4 (m + md + 2s + 2 sd)',
    count: ({ order, segmentIds, d }) => 4 * (order.length * (1 + d) + segmentIds.length * (2 + 2 * d)),
  },
  flops: { formula: '(m + 2s) d', count: ({ order, segmentIds, d }) => (order.length + 2 * segmentIds.length) * d },
  typical: (step) => {
    const { d, nodes, batch } = step;
    const picked = 3 * batch;
    const segments = step.segments(step.ids(picked, nodes));
    return [
      {
        shape: `${picked} rows into ${nodes}, ${d} wide`,
        call: { out: step.floats(nodes * d), rows: step.floats(picked * d), ...segments, d },
      },
    ];
  },
};
