import type { Ints } from './arrays.js';
import { idValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/**
 * hits[b]: bit p of row i is set where items[i, p] is among the row's truth, truthIndices[truthOffsets[i]..truthOffsets[i + 1])
 * (ascending in a row), for lists items [b, k] of at most 31 places. A place without an item (-1) is no hit.
 */
export interface RankedHits {
  hits: Ints;
  items: Ints;
  truthOffsets: Ints;
  truthIndices: Ints;
  k: number;
}

function reference({ hits, items, truthOffsets, truthIndices, k }: HostCall<RankedHits>): void {
  for (let row = 0; row < hits.length; row++) {
    const truth = new Set(truthIndices.subarray(truthOffsets[row], truthOffsets[row + 1]));
    hits[row] = 0;
    for (let p = 0; p < k; p++) if (truth.has(items[row * k + p])) hits[row] |= 1 << p;
  }
}

function cases(): KernelCase<RankedHits>[] {
  return [
    { rows: 0, k: 3, bound: 5, longest: 2 },
    { rows: 1, k: 1, bound: 1, longest: 1 },
    { rows: 9, k: 20, bound: 30, longest: 8 },
    { rows: 70, k: 31, bound: 60, longest: 40 },
    { rows: 600, k: 10, bound: 50, longest: 3 },
  ].map(({ rows, k, bound, longest }) => {
    const truths = Array.from({ length: rows }, (_, row) =>
      [...new Set(idValues(row % (longest + 1), bound, row + 1))].sort((a, b) => a - b),
    );
    const truthOffsets = new Int32Array(rows + 1);
    truths.forEach((truth, row) => {
      truthOffsets[row + 1] = truthOffsets[row] + truth.length;
    });
    const call = {
      hits: new Int32Array(rows).fill(-1),
      items: idValues(rows * k, bound, 3).map((id, at) => (at % 11 === 10 ? -1 : id)),
      truthOffsets,
      truthIndices: Int32Array.from(truths.flat()),
      k,
    };
    return { label: `${rows} lists of ${k}`, exact: true, call };
  });
}

export const rankedHits: KernelSpec<RankedHits> = {
  positional: ({ hits, items, truthOffsets, truthIndices, k }) => [hits, items, truthOffsets, truthIndices, k],
  outputs: ['hits'],
  reference,
  cases,
  tolerance: () => ({ absolute: 0, relative: 0, reason: 'whole numbers' }),
  bytes: {
    formula: '4 (bk + truth + 2b)',
    count: ({ hits, items, truthIndices }) => 4 * (items.length + truthIndices.length + 2 * hits.length),
  },
  flops: { formula: '0', count: () => 0 },
  typical: (step) => {
    const { users, items } = step;
    const truth = { truthOffsets: step.ints(users + 1), truthIndices: step.ints(0) };
    const lists = { items: step.ids(20 * users, items), k: 20 };
    return [{ shape: `${users} lists of 20`, call: { hits: step.ints(users), ...lists, ...truth } }];
  },
};
