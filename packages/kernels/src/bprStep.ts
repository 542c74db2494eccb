import type { Floats, Ints } from './arrays.js';
import { bprTerm } from './bpr.js';
import { EDGE_LENGTHS, idValues, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';
import { segmentsOf } from './sortSegments.js';

/**
 * The fused BPR step on the rows of table[n, d]: nodes[3 * batch] name the rows of the users, then of the positives, then of
 * the negatives, and order, segmentOffsets, segmentIds are their runs (see `Device.sortIds`). loss[1] as in `bpr` plus
 * l2 / (2 * batch) * sum of the squared rows; dRows[segments, d] = its gradient for the rows segmentIds (what belongs to an
 * empty run keeps what it held). `slopes` [batch] is working memory.
 */
export interface BprStep {
  loss: Floats;
  dRows: Floats;
  slopes: Floats;
  table: Floats;
  nodes: Ints;
  order: Ints;
  segmentOffsets: Ints;
  segmentIds: Ints;
  d: number;
  l2: number;
}

function reference(call: HostCall<BprStep>): void {
  const { loss, dRows, table, nodes, order, segmentOffsets, segmentIds, d, l2 } = call;
  const batch = nodes.length / 3;
  const row = (position: number) => table.subarray(nodes[position] * d, (nodes[position] + 1) * d);
  const gradients = new Float64Array(3 * batch * d); // of each position
  let total = 0;
  for (let j = 0; j < batch; j++) {
    const [u, p, n] = [row(j), row(batch + j), row(2 * batch + j)];
    const term = bprTerm(u, p, n);
    total += term.loss;
    for (let c = 0; c < d; c++) {
      total += (l2 / 2) * (u[c] ** 2 + p[c] ** 2 + n[c] ** 2);
      gradients[j * d + c] = (term.slope * (p[c] - n[c]) + l2 * u[c]) / batch;
      gradients[(batch + j) * d + c] = (term.slope * u[c] + l2 * p[c]) / batch;
      gradients[(2 * batch + j) * d + c] = (-term.slope * u[c] + l2 * n[c]) / batch;
    }
  }
  for (let s = 0; s < segmentIds.length; s++) {
    for (let c = 0; c < d && segmentOffsets[s] < segmentOffsets[s + 1]; c++) {
      let sum = 0;
      for (let i = segmentOffsets[s]; i < segmentOffsets[s + 1]; i++) sum += gradients[order[i] * d + c];
      dRows[s * d + c] = sum;
    }
  }
  loss[0] = total / batch;
}

interface Sizes {
  batch: number;
  rows: number;
  d: number;
  l2: number;
}

function call({ batch, rows, d, l2 }: Sizes): HostCall<BprStep> {
  const nodes = idValues(3 * batch, rows, 5);
  const segments = segmentsOf(nodes);
  return {
    loss: new Float32Array(1),
    dRows: realValues(segments.segmentIds.length * d, 1),
    slopes: new Float32Array(batch),
    table: realValues(rows * d, 3),
    nodes,
    ...segments,
    d,
    l2,
  };
}

function cases(): KernelCase<BprStep>[] {
  const made: KernelCase<BprStep>[] = [];
  const add = (sizes: Sizes) => made.push({ label: JSON.stringify(sizes), call: call(sizes) });
  for (const batch of EDGE_LENGTHS) add({ batch, rows: 70, d: 6, l2: 0.1 });
  for (const d of [1, 16, 17, 64, 65, 192]) add({ batch: 40, rows: 330, d, l2: 0 });
  add({ batch: 300, rows: 1, d: 20, l2: 0.01 });
  add({ batch: 300, rows: 70_000, d: 2, l2: 0.01 });
  return made;
}

/** Users 0 to 2, items 3 to 6; one user with three positives, one item in both roles. */
const NODES = Int32Array.of(0, 2, 0, 1, 0, 4, 4, 6, 3, 5, 6, 3, 4, 4, 5);

export const bprStep: KernelSpec<BprStep> = {
  positional: ({ loss, dRows, slopes, table, nodes, order, segmentOffsets, segmentIds, d, l2 }) => [
    loss,
    dRows,
    slopes,
    table,
    nodes,
    order,
    segmentOffsets,
    segmentIds,
    d,
    l2,
  ],
  outputs: ['loss', 'dRows'],
  scratch: ['slopes'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 2e-6,
    relative: 1e-5,
    reason: 'margins of up to 192 float32 products, sums of up to 900 rows',
  }),
  gradients: [
    {
      label: 'the table',
      variables: () => ({ table: realValues(7 * 4, 1) }),
      value: ({ table }) => {
        const [loss, dRows, slopes] = [1, 28, 5].map((n) => new Float64Array(n));
        reference({ loss, dRows, slopes, table, nodes: NODES, ...segmentsOf(NODES), d: 4, l2: 0.3 });
        return loss[0];
      },
      gradients: (device, { table }) => {
        const [loss, dRows, slopes] = [1, 28, 5].map((n) => device.floats(n));
        const { order, segmentOffsets, segmentIds } = segmentsOf(NODES); // every row is named, so run s is row s
        device.run(bprStep, {
          loss,
          dRows,
          slopes,
          table: device.upload(table),
          nodes: device.upload(NODES),
          order: device.upload(order),
          segmentOffsets: device.upload(segmentOffsets),
          segmentIds: device.upload(segmentIds),
          d: 4,
          l2: 0.3,
        });
        return { table: device.read(dRows) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'float32 exponentials; the differences err by about 1e-9' },
    },
  ],
  bytes: {
    formula: '4 (3b (3 + 2d) + s (2 + d))',
    count: ({ nodes, segmentIds, d }) => 4 * (nodes.length * (3 + 2 * d) + segmentIds.length * (2 + d)),
  },
  flops: { formula: '15 b d', count: ({ nodes, d }) => (nodes.length / 3) * d * 15 },
  typical: (step) => {
    const [{ batch, d }, n] = [step, 3 * step.batch];
    const nodes = step.ids(n, step.nodes);
    const outputs = { loss: step.zeros(1), dRows: step.zeros(n * d), slopes: step.zeros(batch) };
    const inputs = { table: step.floats(step.nodes * d), nodes, ...step.segments(nodes) };
    return [{ shape: `batch ${batch}, ${d} wide`, call: { ...outputs, ...inputs, d, l2: 1e-3 } }];
  },
};
