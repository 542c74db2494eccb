import type { Floats, Ints } from './arrays.js';
import { idValues, realValues, wholeValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';
import { dotOfRows } from './rowDot.js';
import { areWhole, compareSelections, selectBest } from './selection.js';

/**
 * Full ranking: indices[b, k], scores[b, k] of the best items for each user row of users[b, d] against items[n, d] by inner
 * product, leaving out maskIndices[maskOffsets[i]..maskOffsets[i + 1]) (ascending in a row), ties to the lower id. Where
 * fewer than k items remain the rest is index -1, score minus infinity.
 */
export interface RankTopK {
  indices: Ints;
  scores: Floats;
  users: Floats;
  items: Floats;
  maskOffsets: Ints;
  maskIndices: Ints;
  d: number;
  k: number;
}

/** The items row `row` may name, ascending. */
function* unmaskedItems(call: HostCall<RankTopK>, row: number): Iterable<number> {
  const { items, maskOffsets, maskIndices, d } = call;
  const masked = new Set(maskIndices.subarray(maskOffsets[row], maskOffsets[row + 1]));
  for (let item = 0; item < items.length / d; item++) if (!masked.has(item)) yield item;
}

function reference(call: HostCall<RankTopK>): void {
  const { users, items, d, k } = call;
  for (let row = 0; row < users.length / d; row++) {
    selectBest(call, { row, k }, unmaskedItems(call, row), (item) => dotOfRows(users, row, items, item, d));
  }
}

interface Shape {
  rows: number;
  items: number;
  d: number;
  k: number;
  /** masked items of a row; row 0 has every item but one masked */
  masked?: number;
}

function inputs({ rows, items, d, k, masked = 0 }: Shape, values: (length: number, seed: number) => Float32Array) {
  const maskRows = Array.from({ length: rows }, (_, row) => {
    if (masked > 0 && row === 0) return Array.from({ length: items - 1 }, (__, item) => item + 1);
    return [...new Set(idValues(masked, Math.max(1, items), 10 + row))].sort((a, b) => a - b);
  });
  const maskOffsets = new Int32Array(rows + 1);
  maskRows.forEach((row, i) => {
    maskOffsets[i + 1] = maskOffsets[i] + row.length;
  });
  return {
    indices: new Int32Array(rows * k).fill(-7),
    scores: new Float32Array(rows * k).fill(Number.NaN),
    users: values(rows * d, 1),
    items: values(items * d, 2),
    maskOffsets,
    maskIndices: Int32Array.from(maskRows.flat()),
    d,
    k,
  };
}

// Edges of tiles (4, 6, 12 by 4, 16, 32), of blocks (192 rows, 1024 items, 384 deep) and of the 96 for the first threshold.
const SHAPES: Shape[] = [
  { rows: 1, items: 1, d: 1, k: 1 },
  { rows: 3, items: 7, d: 2, k: 7, masked: 2 },
  { rows: 13, items: 33, d: 9, k: 5, masked: 4 },
  { rows: 5, items: 4, d: 3, k: 6, masked: 1 },
  { rows: 25, items: 1023, d: 4, k: 20, masked: 30 },
  { rows: 7, items: 1024, d: 8, k: 50, masked: 600 },
  { rows: 193, items: 1025, d: 3, k: 10, masked: 5 },
  { rows: 14, items: 2600, d: 5, k: 50, masked: 60 },
  { rows: 4, items: 2600, d: 5, k: 97, masked: 9 },
  { rows: 2, items: 1100, d: 2, k: 1100, masked: 50 },
  { rows: 9, items: 1100, d: 385, k: 12, masked: 3 },
  { rows: 0, items: 5, d: 4, k: 2 },
  { rows: 3, items: 0, d: 4, k: 2 },
];

function cases(): KernelCase<RankTopK>[] {
  const made: KernelCase<RankTopK>[] = [];
  for (const shape of SHAPES) {
    const label = `${shape.rows} x ${shape.items} x ${shape.d}, k ${shape.k}`;
    made.push({ label, call: inputs(shape, realValues) });
    made.push({ label: `${label}, whole numbers`, call: inputs(shape, wholeValues) });
  }
  const shape = { rows: 20, items: 2300, d: 4, k: 30, masked: 20 };
  const ascending = inputs(shape, wholeValues);
  ascending.users.fill(1);
  ascending.items.forEach((_, i, items) => {
    items[i] = Math.floor(i / 40);
  });
  made.push({ label: 'every later item is better', call: ascending });
  const equal = inputs(shape, wholeValues);
  equal.items.fill(0);
  equal.items.forEach((_, i, items) => {
    if (i % 3 === 0) items[i] = -0;
  });
  made.push({ label: 'all equal, zeros of both signs', call: equal });
  const special = inputs(shape, wholeValues);
  special.users.forEach((_, i, users) => {
    users[i] = 1;
  });
  for (let item = 0; item < 2300; item += 7) special.items[item * 4] = Number.NaN;
  for (let item = 3; item < 2300; item += 500) special.items[item * 4] = Number.POSITIVE_INFINITY;
  for (let item = 5; item < 2300; item += 11) special.items[item * 4 + 1] = Number.NEGATIVE_INFINITY;
  made.push({ label: 'NaN and infinities', call: special });
  const lost = inputs({ ...shape, rows: 3 }, wholeValues);
  lost.users.fill(Number.NaN);
  made.push({ label: 'all NaN', call: lost });
  return made;
}

export const rankTopK: KernelSpec<RankTopK> = {
  positional: ({ indices, scores, users, items, maskOffsets, maskIndices, d, k }) => [
    indices,
    scores,
    users,
    items,
    maskOffsets,
    maskIndices,
    d,
    k,
  ],
  outputs: ['indices', 'scores'],
  reference,
  cases,
  tolerance: ({ d }) => ({
    absolute: 1e-6 + 3e-7 * Math.sqrt(d),
    relative: 1e-6,
    reason: `inner products of ${d} terms below 1; rounding errors add like a random walk`,
  }),
  compare: (actual, expected, tolerance) => {
    const { users, items, maskOffsets, maskIndices, d, k } = expected;
    const exact = areWhole(users) && areWhole(items);
    return compareSelections(actual, expected, { k, exact, tolerance: exact ? EXACT : tolerance }, (row, id) => {
      const masked = maskIndices.subarray(maskOffsets[row], maskOffsets[row + 1]).includes(id);
      return masked ? Number.NaN : dotOfRows(users, row, items, id, d);
    });
  },
  bytes: {
    formula: '4 (bd + nd + mask + 2 bk)',
    count: ({ users, items, maskIndices, indices }) =>
      4 * (users.length + items.length + maskIndices.length + 2 * indices.length),
  },
  flops: { formula: '2 b n d', count: ({ users, items, d }) => 2 * (users.length / d) * items.length },
  typical: (step) => {
    const [{ d, items, train }, k] = [step, 50];
    const ranked = Math.min(step.batch, step.users);
    const mask = {
      maskOffsets: step.upload(train.offsets.slice(0, ranked + 1)),
      maskIndices: step.upload(train.indices.slice(0, train.offsets[ranked])),
    };
    const found = { indices: step.ints(ranked * k), scores: step.zeros(ranked * k) };
    const tables = { users: step.floats(ranked * d), items: step.floats(items * d) };
    return [
      {
        shape: `${ranked} users, ${items} items, ${d} wide, k ${k}`,
        call: { ...found, ...tables, ...mask, d, k },
        peer: { operation: 'rank', numbers: { users: ranked, items, d, k } },
      },
    ];
  },
};

const EXACT = { absolute: 0, relative: 0, reason: 'whole numbers below 2^24' };
