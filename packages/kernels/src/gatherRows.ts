import type { Floats, Ints } from './arrays.js';
import { EDGE_LENGTHS, idValues, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';
import { scatterRows } from './scatterRows.js';
import { segmentsOf } from './sortSegments.js';

/** out[m, d] = x[ids[m], :]. */
export interface GatherRows {
  out: Floats;
  x: Floats;
  ids: Ints;
  d: number;
}

function reference({ out, x, ids, d }: HostCall<GatherRows>): void {
  ids.forEach((id, j) => {
    for (let c = 0; c < d; c++) out[j * d + c] = x[id * d + c];
  });
}

function cases(): KernelCase<GatherRows>[] {
  const made: KernelCase<GatherRows>[] = [];
  const add = (m: number, n: number, d: number) =>
    made.push({
      label: `${m} of ${n} rows, d ${d}`,
      exact: true,
      call: { out: realValues(m * d, 1), x: realValues(n * d, 2), ids: idValues(m, n, 3), d },
    });
  for (const m of [0, ...EDGE_LENGTHS]) add(m, 30, 5);
  for (const d of [1, 15, 16, 17, 63, 64, 65, 192]) add(33, 20, d);
  const odd = Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, -0, 1e-45);
  made.push({
    label: 'odd values',
    exact: true,
    call: { out: new Float32Array(6), x: odd, ids: Int32Array.of(1, 0, 1), d: 2 },
  });
  return made;
}

const IDS = Int32Array.of(2, 0, 2, 2, 1);
const UPSTREAM = realValues(5 * 3, 4);

export const gatherRows: KernelSpec<GatherRows> = {
  positional: ({ out, x, ids, d }) => [out, x, ids, d],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 0, relative: 0, reason: 'a copy' }),
  gradients: [
    {
      label: 'x, by scatterRows',
      variables: () => ({ x: realValues(4 * 3, 1) }),
      value: ({ x }) => {
        const out = new Float64Array(15);
        reference({ out, x, ids: IDS, d: 3 });
        return out.reduce((sum, v, i) => sum + v * UPSTREAM[i], 0);
      },
      gradients: (device) => {
        const out = device.floats(12);
        const { order, segmentOffsets, segmentIds } = segmentsOf(IDS);
        device.run(scatterRows, {
          out,
          rows: device.upload(UPSTREAM),
          order: device.upload(order),
          segmentOffsets: device.upload(segmentOffsets),
          segmentIds: device.upload(segmentIds),
          d: 3,
        });
        return { x: device.read(out) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'linear: only float32 rounding of few terms' },
    },
  ],
  bytes: { formula: '4 (m + 2 md)', count: ({ out, ids }) => 4 * (2 * out.length + ids.length) },
  flops: { formula: '0', count: () => 0 },
  typical: (step) => {
    const { d, nodes, batch } = step;
    const picked = 3 * batch;
    return [
      {
        shape: `${picked} of ${nodes} rows, ${d} wide`,
        call: { out: step.zeros(picked * d), x: step.floats(nodes * d), ids: step.ids(picked, nodes), d },
        peer: { operation: 'gather', numbers: { rows: nodes, picked, d } },
      },
    ];
  },
};
