import { adamSettings, moveElement } from './adam.js';
import type { Floats, Ints } from './arrays.js';
import { idValues, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/**
 * Adam on a table most of whose rows have no gradient in a step: those wait, and are brought up to date when they are needed.
 * Each row named by `rowIds` (every row without it; ascending, a repeated id counts once) of parameter, m, v [n, d] takes the
 * steps stepsTaken[row] + 1 .. step, all without a gradient but for the last, which takes row j of `gradient` [rowIds.length, d]
 * for the row's place j where gradients are given. Then stepsTaken[row] = step, and the row has the bits that `adam` leaves
 * when it moves the whole table every step. A count outside [0, step) replays nothing; without counts no row owes a step: rows
 * without a gradient keep their moments, and those with one take that step alone ("lazy" Adam).
 */
export interface AdamRows {
  parameter: Floats;
  m: Floats;
  v: Floats;
  stepsTaken?: Ints;
  rowIds?: Ints;
  gradient?: Floats;
  d: number;
  step: number;
  /** [1] where the step is counted on the device: it counts in place of `step` */
  clock?: Ints;
  learningRate: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
}

function reference(call: HostCall<AdamRows>): void {
  const { parameter, m, v, stepsTaken, rowIds, gradient, d, clock } = call;
  const step = clock ? clock[0] : call.step;
  const settings = adamSettings(call);
  const listed = rowIds ?? Int32Array.from({ length: parameter.length / d }, (_, row) => row);
  listed.forEach((row, j) => {
    if (j > 0 && listed[j - 1] === row) return;
    const taken = stepsTaken?.[row] ?? -1;
    const isSound = taken >= 0 && taken < step;
    const first = isSound ? taken + 1 : step + 1;
    for (let c = 0; c < d; c++) {
      const at = row * d + c;
      for (let t = first; t < step; t++) moveElement({ parameter, m, v }, at, 0, t, settings);
      if (gradient) moveElement({ parameter, m, v }, at, gradient[j * d + c], step, settings);
      else if (isSound) moveElement({ parameter, m, v }, at, 0, step, settings);
    }
    if (stepsTaken) stepsTaken[row] = step;
  });
}

interface Sizes {
  readonly rows: number;
  readonly d: number;
  readonly step: number;
  readonly listed: 'all' | 'some' | 'none';
  readonly gradient: boolean;
  readonly weightDecay?: number;
  /** the step as the device counts it */
  readonly clock?: Int32Array;
}

function cases(): KernelCase<AdamRows>[] {
  const made: KernelCase<AdamRows>[] = [];
  const add = (sizes: Sizes, taken: Int32Array | null = idValues(sizes.rows, sizes.step, 9)) => {
    const { rows, d, step, listed, gradient, ...settings } = sizes;
    const some = Int32Array.from(Array.from({ length: rows }, (_, row) => row).filter((row) => row % 3 !== 1));
    const rowIds = listed === 'some' ? some : listed === 'none' ? new Int32Array(0) : undefined;
    made.push({
      label: JSON.stringify(sizes),
      call: {
        parameter: realValues(rows * d, 1),
        m: realValues(rows * d, 2).map((value) => value / 10),
        v: realValues(rows * d, 3).map((value) => value * value),
        ...(taken && { stepsTaken: taken }),
        ...(rowIds && { rowIds }),
        ...(gradient && { gradient: realValues((rowIds?.length ?? rows) * d, 4) }),
        d,
        step,
        learningRate: 1e-2,
        ...settings,
      },
    });
  };
  for (const d of [1, 7, 8, 31, 32, 33, 64, 65, 192]) add({ rows: 10, d, step: 5, listed: 'some', gradient: true });
  for (const rows of [1, 2, 63, 64, 65]) add({ rows, d: 20, step: 40, listed: 'some', gradient: false });
  for (const listed of ['all', 'none'] as const) {
    for (const gradient of [false, true]) add({ rows: 33, d: 12, step: 70, listed, gradient });
  }
  add({ rows: 0, d: 4, step: 3, listed: 'all', gradient: true });
  add({ rows: 9, d: 8, step: 1, listed: 'all', gradient: true });
  add({ rows: 9, d: 8, step: 20, listed: 'all', gradient: true, weightDecay: 0.1 });
  add({ rows: 9, d: 8, step: 1, listed: 'some', gradient: true, clock: Int32Array.of(7) }, idValues(9, 7, 9));
  for (const listed of ['all', 'some'] as const) {
    for (const gradient of [false, true]) add({ rows: 40, d: 33, step: 9, listed, gradient }, null);
  }
  add({ rows: 4, d: 8, step: 3, listed: 'all', gradient: false }, Int32Array.of(-1, 3, 2 ** 31 - 1, 2));
  return made;
}

export const adamRows: KernelSpec<AdamRows> = {
  positional: (call) => {
    const { parameter, m, v, stepsTaken, rowIds, gradient, d, step, clock } = call;
    return [parameter, m, v, stepsTaken, rowIds, gradient, d, step, clock, ...Object.values(adamSettings(call))];
  },
  outputs: ['parameter', 'm', 'v', 'stepsTaken'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 2e-6,
    relative: 1e-5,
    reason: 'some eight roundings a step over up to 70 steps, each at most a few learning rates',
  }),
  bytes: {
    formula: '4 s (7d + 3)',
    count: ({ parameter, rowIds, gradient, d }) => {
      const listed = rowIds?.length ?? parameter.length / d;
      return 4 * listed * (6 * d + (gradient ? d : 0) + 2 + (rowIds ? 1 : 0));
    },
  },
  // of one step each; rows that waited cost as much for every step
  flops: {
    formula: '13 s d',
    count: ({ rowIds, parameter, d }) => 13 * (rowIds ? rowIds.length * d : parameter.length),
  },
  typical: (step) => {
    const { nodes, d, batch } = step;
    const { segmentIds } = step.segments(step.ids(3 * batch, nodes));
    const n = nodes * d;
    const tables = { parameter: step.floats(n), m: step.zeros(n), v: step.zeros(n), stepsTaken: step.ints(nodes) };
    const rows = { rowIds: segmentIds, gradient: step.floats(3 * batch * d), d };
    return [
      {
        shape: `${3 * batch} rows of ${nodes}, ${d} wide`,
        call: { ...tables, ...rows, step: 1, learningRate: 1e-3 },
      },
    ];
  },
};
