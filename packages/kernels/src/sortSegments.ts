import type { Ints, Segments } from './arrays.js';
import { EDGE_LENGTHS, idValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/**
 * The runs of equal ids[n] (not negative): order[n] their positions, ids ascending, equal ids in their order; run s is
 * order[segmentOffsets[s]..segmentOffsets[s + 1]) and has the id segmentIds[s]; places[n] is the run of each position.
 * segmentOffsets has n + 1 and segmentIds n entries: runs beyond the distinct ids are empty and repeat the last id.
 */
export interface SortSegments {
  order: Ints;
  places: Ints;
  segmentOffsets: Ints;
  segmentIds: Ints;
  ids: Ints;
}

/** The segments of ids (not negative) and no empty ones: the plain version. A device sorts with `Device.sortIds`. */
export function segmentsOf(ids: Int32Array): Segments<Int32Array> {
  const order = Int32Array.from(ids, (_, i) => i).sort((a, b) => ids[a] - ids[b] || a - b);
  const starts = Array.from(order.keys()).filter((i) => i === 0 || ids[order[i]] !== ids[order[i - 1]]);
  return {
    order,
    segmentOffsets: Int32Array.of(...starts, ids.length),
    segmentIds: Int32Array.from(starts, (start) => ids[order[start]]),
  };
}

function reference({ order, places, segmentOffsets, segmentIds, ids }: HostCall<SortSegments>): void {
  const segments = segmentsOf(ids);
  const count = segments.segmentIds.length;
  order.set(segments.order);
  segmentOffsets.fill(ids.length);
  segmentOffsets.set(segments.segmentOffsets);
  segmentIds.fill(segments.segmentIds[count - 1] ?? 0);
  segmentIds.set(segments.segmentIds);
  for (let s = 0; s < count; s++) {
    for (let i = segmentOffsets[s]; i < segmentOffsets[s + 1]; i++) places[order[i]] = s;
  }
}

function cases(): KernelCase<SortSegments>[] {
  const made: KernelCase<SortSegments>[] = [];
  const add = (label: string, ids: Int32Array) => {
    const ints = (length: number) => new Int32Array(length).fill(-7);
    const [order, places, segmentIds] = [ints(ids.length), ints(ids.length), ints(ids.length)];
    made.push({ label, call: { order, places, segmentOffsets: ints(ids.length + 1), segmentIds, ids } });
  };
  for (const n of [0, ...EDGE_LENGTHS, 6144]) add(`${n} ids below 300`, idValues(n, 300, n));
  add(
    'distinct and descending',
    Int32Array.from({ length: 600 }, (_, i) => 599 - i),
  );
  add('one id', new Int32Array(700).fill(5));
  for (const bound of [2047, 2048, 2049, 2 ** 22, 2 ** 31 - 1])
    add(`1,000 ids below ${bound}`, idValues(1000, bound, 3));
  return made;
}

export const sortSegments: KernelSpec<SortSegments> = {
  positional: ({ order, places, segmentOffsets, segmentIds, ids }) => [order, places, segmentOffsets, segmentIds, ids],
  outputs: ['order', 'places', 'segmentOffsets', 'segmentIds'],
  reference,
  cases,
  tolerance: () => ({ absolute: 0, relative: 0, reason: 'whole numbers' }),
  bytes: { formula: '20 m', count: ({ ids }) => 4 * 5 * ids.length },
  flops: { formula: '0', count: () => 0 },
  typical: (step) => {
    const m = 3 * step.batch;
    const [order, places, segmentIds] = [1, 2, 3].map(() => step.ints(m));
    return [
      {
        shape: `${m} ids below ${step.nodes}`,
        call: { order, places, segmentOffsets: step.ints(m + 1), segmentIds, ids: step.ids(m, step.nodes) },
      },
    ];
  },
};
