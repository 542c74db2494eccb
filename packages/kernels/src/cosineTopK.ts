import type { Floats, Ints } from './arrays.js';
import { idValues, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec, Numbers } from './kernel.js';
import { dotOfRows } from './rowDot.js';
import { areWhole, compareSelections, selectBest } from './selection.js';

/**
 * Exact cosine neighbours: indices[n, k], scores[n, k] of the k most similar rows of keys[m, d] for each of queries[n, d],
 * best first, ties to the lower id; a zero vector has cosine 0 with everything. `excludeSelf`: row i may not name i
 * (queries and keys are then the same set). k > candidates is an error.
 */
export interface CosineTopK {
  indices: Ints;
  scores: Floats;
  queries: Floats;
  keys: Floats;
  d: number;
  k: number;
  excludeSelf?: boolean;
}

/** 1 / |row|; 0 for a zero row, NaN for one with NaN or infinity. */
function inverseLength(x: Numbers, row: number, d: number): number {
  const squared = dotOfRows(x, row, x, row, d);
  return squared === 0 ? 0 : Number.isFinite(squared) ? 1 / Math.sqrt(squared) : Number.NaN;
}

/** The cosine of query row i and key row j. */
function cosine({ queries, keys, d }: HostCall<CosineTopK>, i: number, j: number): number {
  return dotOfRows(queries, i, keys, j, d) * (inverseLength(queries, i, d) * inverseLength(keys, j, d));
}

function* candidates(count: number, left: number): Iterable<number> {
  for (let id = 0; id < count; id++) if (id !== left) yield id;
}

function reference(call: HostCall<CosineTopK>): void {
  const { queries, keys, d, k, excludeSelf } = call;
  const [n, m] = [queries.length / d, keys.length / d];
  const queryInverse = Float64Array.from({ length: n }, (_, i) => inverseLength(queries, i, d));
  const keyInverse = Float64Array.from({ length: m }, (_, j) => inverseLength(keys, j, d));
  for (let i = 0; i < n; i++) {
    selectBest(call, { row: i, k }, candidates(m, excludeSelf ? i : -1), (j) => {
      return dotOfRows(queries, i, keys, j, d) * (queryInverse[i] * keyInverse[j]);
    });
  }
}

interface Shape {
  n: number;
  d: number;
  k: number;
}

/** Rows of random values, every fifth zero, every seventh a copy of an earlier one. */
function rows(n: number, d: number, seed: number): Float32Array {
  const made = realValues(n * d, seed);
  for (let row = 0; row < n; row++) {
    if (row % 5 === 4) made.fill(0, row * d, (row + 1) * d);
    if (row % 7 === 6) made.copyWithin(row * d, (row - 5) * d, (row - 4) * d);
  }
  return made;
}

/**
 * Rows of +-1 times a power of two, every eleventh zero: their cosines are equal in float32 exactly where they are equal, so
 * ids must be exact.
 */
function signRows(n: number, d: number, seed: number): Float32Array {
  const signs = idValues(n * d, 2, seed);
  return Float32Array.from(signs, (sign, at) => {
    const row = Math.floor(at / d);
    return row % 11 === 10 ? 0 : (2 * sign - 1) * 2 ** (row % 4);
  });
}

function call(queries: Float32Array, keys: Float32Array, { n, d, k }: Shape, excludeSelf = false) {
  const [indices, scores] = [new Int32Array(n * k).fill(-7), new Float32Array(n * k).fill(Number.NaN)];
  return { indices, scores, queries, keys, d, k, excludeSelf };
}

// Edges of tiles (4, 6, 12 by 4, 16, 32) and of blocks (384 by 384 of one set, 192 by 1024 of two, 384 deep).
const SHAPES: Shape[] = [
  { n: 2, d: 1, k: 1 },
  { n: 5, d: 3, k: 4 },
  { n: 13, d: 7, k: 5 },
  { n: 33, d: 16, k: 10 },
  { n: 50, d: 17, k: 49 },
  { n: 383, d: 2, k: 3 },
  { n: 385, d: 4, k: 10 },
  { n: 780, d: 3, k: 10 },
  { n: 40, d: 769, k: 6 },
];

function cases(): KernelCase<CosineTopK>[] {
  const made: KernelCase<CosineTopK>[] = [];
  for (const shape of SHAPES) {
    const { n, d, k } = shape;
    const label = `${n} x ${d}, k ${k}`;
    const [real, whole] = [rows(n, d, n), signRows(n, d, n)];
    made.push({ label, call: call(real, real, shape) });
    made.push({ label: `${label}, without self`, call: call(real, real, shape, true) });
    made.push({ label: `${label}, whole numbers`, call: call(whole, whole, shape) });
    made.push({ label: `${label}, whole numbers, without self`, call: call(whole, whole, shape, true) });
    made.push({ label: `${label}, two arrays`, call: call(whole, whole.slice(), shape, true) });
  }
  for (const [n, m, d, k] of [
    [1, 9, 4, 9],
    [193, 40, 5, 7],
    [30, 1100, 6, 12],
    [6, 2100, 3, 100],
    [5, 40, 500, 8],
  ]) {
    made.push({ label: `${n} of ${m} x ${d}`, call: call(rows(n, d, 1), rows(m, d, 2), { n, d, k }) });
    const whole = call(signRows(n, d, 1), signRows(m, d, 2), { n, d, k });
    made.push({ label: `${n} of ${m} x ${d}, whole numbers`, call: whole });
  }
  const ordinary = rows(40, 6, 3);
  const extreme = ordinary.map((v, i) => v * 10 ** ((Math.floor(i / 6) % 5) * 14 - 28));
  made.push({ label: 'huge and tiny rows', call: call(extreme, extreme, { n: 40, d: 6, k: 8 }) });
  made.push({ label: 'huge and tiny keys', call: call(ordinary, extreme, { n: 40, d: 6, k: 8 }) });
  const lost = signRows(40, 6, 3);
  lost[20] = Number.NaN;
  lost[100] = Number.POSITIVE_INFINITY;
  made.push({ label: 'NaN and infinity', call: call(lost, lost, { n: 40, d: 6, k: 40 }) });
  made.push({ label: 'no queries', call: call(new Float32Array(0), ordinary, { n: 0, d: 6, k: 8 }) });
  return made;
}

export const cosineTopK: KernelSpec<CosineTopK> = {
  positional: ({ indices, scores, queries, keys, d, k, excludeSelf = false }) => [
    indices,
    scores,
    queries,
    keys,
    d,
    k,
    excludeSelf,
  ],
  outputs: ['indices', 'scores'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 1e-6,
    relative: 1e-6,
    reason: 'the product of unit rows to about the rounding of one float32 sum, then two roundings of its scale',
  }),
  compare: (actual, expected, tolerance) => {
    const { queries, keys, k, excludeSelf } = expected;
    const finite = (x: Numbers) => areWhole(x.filter((v) => Number.isFinite(v)) as Numbers);
    const exact = finite(queries) && finite(keys);
    return compareSelections(actual, expected, { k, exact, tolerance }, (row, id) =>
      excludeSelf && row === id ? Number.NaN : cosine(expected, row, id),
    );
  },
  bytes: {
    formula: '4 (nd + 2 nk)',
    count: ({ queries, keys, indices }) => 4 * ((queries === keys ? 1 : 2) * queries.length + 2 * indices.length),
  },
  // Of one set with itself only one triangle is needed.
  flops: {
    formula: 'n n d',
    count: ({ queries, keys, d }) => 2 * (queries.length / d) * keys.length * (queries === keys ? 0.5 : 1),
  },
  typical: (step) => {
    const [{ items: n, hidden: d }, k] = [step, 10];
    const rows = step.floats(n * d);
    return [
      {
        shape: `${n} x ${d}, k ${k}`,
        call: { indices: step.ints(n * k), scores: step.zeros(n * k), queries: rows, keys: rows, d, k },
        peer: { operation: 'topk', numbers: { n, d, k } },
      },
    ];
  },
};
