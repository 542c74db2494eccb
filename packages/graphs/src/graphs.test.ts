import { type Csr, matrix, RandomStreams, transpose } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bipartiteAdjacency } from './bipartite.js';
import { coPurchases } from './coPurchases.js';
import { withoutInteractions } from './folds.js';
import { modalityWeights } from './modalityWeights.js';
import { neighbourGraph, neighboursOfRows } from './neighbourGraph.js';
import { orientNeighbours } from './orientation.js';

function interactions(users: number, items: number, rows: readonly (readonly number[])[]): Interactions {
  const offsets = new Int32Array(users + 1);
  rows.forEach((row, user) => {
    offsets[user + 1] = offsets[user] + row.length;
  });
  return { users, items, offsets, itemIds: Int32Array.from(rows.flat()) };
}

/** Any small data set: users with none, items without buyers included. */
const anyInteractions = fc
  .record({ users: fc.integer({ min: 1, max: 8 }), items: fc.integer({ min: 1, max: 8 }) })
  .chain(({ users, items }) =>
    fc
      .array(fc.uniqueArray(fc.integer({ min: 0, max: items - 1 })), { minLength: users, maxLength: users })
      .map((rows) =>
        interactions(
          users,
          items,
          rows.map((row) => row.sort((a, b) => a - b)),
        ),
      ),
  );

function dense(a: Csr): number[][] {
  const rows = Array.from({ length: a.rows }, () => new Array<number>(a.cols).fill(0));
  for (let r = 0; r < a.rows; r++) {
    for (let e = a.offsets[r]; e < a.offsets[r + 1]; e++) rows[r][a.indices[e]] = a.values ? a.values[e] : 1;
  }
  return rows;
}

// u0: items 0, 1; u1: item 1; u2: nothing; item 2 has no buyer
const small = interactions(3, 3, [[0, 1], [1], []]);

describe('bipartiteAdjacency', () => {
  test('symmetric weights of a worked example', () => {
    const a = dense(bipartiteAdjacency(small, 'symmetric'));
    expect(a[0][3]).toBeCloseTo(1 / Math.sqrt(2), 6); // u0 has 2 items, i0 one buyer
    expect(a[0][4]).toBeCloseTo(1 / 2, 6); // 2 and 2
    expect(a[1][4]).toBeCloseTo(1 / Math.sqrt(2), 6);
    expect(a[2]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(a.flat().filter((w) => w !== 0)).toHaveLength(6);
  });

  test('the paper weights of the same', () => {
    const a = dense(bipartiteAdjacency(small, 'mean'));
    expect([a[0][3], a[0][4], a[1][4]]).toEqual([1 / 2, 1 / 4, 1 / 2]);
  });

  test('is its own transpose, columns ascending, no edge inside a side, spectral radius at most 1', () => {
    fc.assert(
      fc.property(anyInteractions, fc.constantFrom('symmetric' as const, 'mean' as const), (train, norm) => {
        const a = bipartiteAdjacency(train, norm);
        expect(transpose(a)).toEqual(a);
        const sides = dense(a).flatMap((row, r) =>
          row.flatMap((w, c) => (w !== 0 ? [r < train.users === c < train.users] : [])),
        );
        expect(sides).not.toContain(true);
        for (let r = 0; r < a.rows; r++) {
          const row = Array.from(a.indices.subarray(a.offsets[r], a.offsets[r + 1]));
          expect(row).toEqual([...row].sort((x, y) => x - y));
        }
        // power iteration from a positive vector
        let x = new Array<number>(a.rows).fill(1);
        for (let i = 0; i < 30; i++) {
          const y = dense(a).map((row) => row.reduce((sum, w, c) => sum + w * x[c], 0));
          const length = Math.hypot(...y);
          expect(length / Math.hypot(...x)).toBeLessThanOrEqual(1 + 1e-5);
          if (length === 0) return;
          x = y.map((value) => value / length);
        }
      }),
    );
  });
});

describe('withoutInteractions', () => {
  test('takes exactly the fold out', () => {
    const fold = interactions(3, 3, [[1], [], []]);
    expect(withoutInteractions(small, fold)).toEqual(interactions(3, 3, [[0], [1], []]));
    expect(small.itemIds).toEqual(Int32Array.of(0, 1, 1));
  });

  test('refuses a fold that was never there, or of other data', () => {
    expect(() => withoutInteractions(small, interactions(3, 3, [[], [], [2]]))).toThrow(
      /pair \(2, 2\), expected pairs of the interactions/,
    );
    expect(() => withoutInteractions(small, interactions(3, 4, [[], [], []]))).toThrow(
      /3 users and 4 items, expected 3 users and 3 items/,
    );
  });
});

describe('coPurchases', () => {
  test('counts buyers in common, never the item itself', () => {
    const train = interactions(4, 4, [[0, 1, 2], [0, 1], [1, 3], []]);
    const find = coPurchases(train);
    expect(find(0)).toEqual({ itemIds: Int32Array.of(1, 2), counts: Int32Array.of(2, 1) });
    expect(find(1)).toEqual({ itemIds: Int32Array.of(0, 2, 3), counts: Int32Array.of(2, 1, 1) });
    expect(find(0)).toEqual({ itemIds: Int32Array.of(1, 2), counts: Int32Array.of(2, 1) }); // nothing left over
    expect(coPurchases(interactions(1, 2, [[0]]))(1)).toEqual({ itemIds: Int32Array.of(), counts: Int32Array.of() });
  });
});

describe('neighbourGraph', () => {
  const device = openDevice('reference');
  // 0 and 2 point the same way, 1 is orthogonal, 3 is zero
  const rows = matrix(4, 2, Float32Array.of(1, 0, 0, 3, 2, 0, 0, 0));

  test('best first, ties to the lower id, a zero row has itself alone', () => {
    const graph = neighbourGraph(device, rows, { k: 3, self: 'include' }, 'graph');
    expect(Array.from(graph.indices)).toEqual([0, 2, 1, 1, 0, 2, 0, 2, 1, 3, 3, 3]);
    expect(Array.from(graph.scores)).toEqual([1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0]);
  });

  test('without self', () => {
    const graph = neighbourGraph(device, rows, { k: 1, self: 'exclude' }, 'graph');
    expect(Array.from(graph.indices)).toEqual([2, 0, 0, 0]);
  });

  test('is the brute force order on integer vectors', () => {
    const stream = new RandomStreams(5).stream('vectors');
    const data = Float32Array.from({ length: 30 * 4 }, () => stream.integer(3) - 1);
    const graph = neighbourGraph(device, matrix(30, 4, data), { k: 5, self: 'exclude' }, 'graph');
    const row = (r: number) => Array.from(data.subarray(r * 4, r * 4 + 4));
    const product = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    for (let r = 0; r < 30; r++) {
      const cosine = (other: number) =>
        product(row(r), row(other)) / (Math.hypot(...row(r)) * Math.hypot(...row(other)) || 1);
      const best = Array.from({ length: 30 }, (_, other) => other)
        .filter((other) => other !== r)
        .sort((a, b) => (Math.abs(cosine(b) - cosine(a)) > 1e-6 ? cosine(b) - cosine(a) : a - b));
      const listed = Array.from(graph.indices.subarray(r * 5, r * 5 + 5));
      expect(listed.map((other) => cosine(other).toFixed(5))).toEqual(
        best.slice(0, 5).map((other) => cosine(other).toFixed(5)),
      );
      expect(new Set(listed).size).toBe(5);
    }
  });

  test('names what cannot have so many neighbours, and keeps no memory', () => {
    const before = device.memory().usedBytes;
    expect(() => neighbourGraph(device, rows, { k: 4, self: 'exclude' }, 'raw graph of text features')).toThrow(
      'raw graph of text features: got k = 4 for 4 rows without self, expected k from 1 to 3. HINT: choose a smaller --k',
    );
    expect(device.memory().usedBytes).toBe(before);
  });
});

describe('orientNeighbours', () => {
  const lists = { rows: 3, k: 2, indices: Int32Array.of(1, 0, 0, 1, 0, 2) };

  test('own: the mean of the row; transpose: of those who chose it', () => {
    const half = 0.5;
    expect(dense(orientNeighbours(lists, 'own'))).toEqual([
      [half, half, 0],
      [half, half, 0],
      [half, 0, half],
    ]);
    expect(dense(orientNeighbours(lists, 'transpose'))).toEqual([
      [half, half, half],
      [half, half, 0],
      [0, 0, half],
    ]);
  });

  test('symmetric: either, with its own degrees, and equal to its transpose', () => {
    const a = orientNeighbours(lists, 'symmetric');
    const [d0, d1, d2] = [3, 2, 2]; // 0: 0, 1, 2; 1: 0, 1; 2: 0, 2
    const expected = [
      [1 / d0, 1 / Math.sqrt(d0 * d1), 1 / Math.sqrt(d0 * d2)],
      [1 / Math.sqrt(d0 * d1), 1 / d1, 0],
      [1 / Math.sqrt(d0 * d2), 0, 1 / d2],
    ];
    dense(a).forEach((row, r) => {
      row.forEach((w, c) => {
        expect(w).toBeCloseTo(expected[r][c], 6);
      });
    });
    expect(transpose(a)).toEqual(a);
  });

  test('refuses ids of other nodes', () => {
    expect(() => orientNeighbours({ rows: 2, k: 1, indices: Int32Array.of(0, 2) }, 'own')).toThrow(
      /id 2 in row 1, expected ids from 0 to 1/,
    );
  });
});

test.each([
  [
    ['image', 'text'],
    [0.1, 0.9],
  ],
  [
    ['image', 'audio'],
    [0.1, 0.9],
  ],
  [['text'], [1]],
  [['image'], [1]],
  [
    ['text', 'image', 'audio'],
    [0.45, 0.1, 0.45],
  ],
  [
    ['text', 'audio'],
    [0.5, 0.5],
  ],
])('raw graphs of %j weigh %j', (modalities, weights) => {
  modalityWeights(modalities, 0.1).forEach((weight, m) => {
    expect(weight).toBeCloseTo(weights[m], 12);
  });
});

test('the lists of some rows are those that the whole graph has', () => {
  const device = openDevice('cpu', { threads: 1 });
  const stream = new RandomStreams(5).stream('rows');
  const embeddings = matrix(
    40,
    6,
    Float32Array.from({ length: 240 }, () => stream.integer(3) - 1),
  );
  embeddings.data.fill(0, 6 * 7, 6 * 8); // a zero row
  embeddings.data.set(embeddings.data.subarray(0, 6), 6 * 9); // a row twice
  for (const self of ['include', 'exclude'] as const) {
    const { indices, k } = neighbourGraph(device, embeddings, { k: 5, self }, 'test');
    const rows = [39, 7, 0, 9, 7, ...Array.from({ length: 40 }, (_, row) => row)];
    neighboursOfRows(device, embeddings, rows, { k: 5, self }).forEach((found, at) => {
      expect(found.map((one) => one.row)).toEqual([...indices.subarray(rows[at] * k, (rows[at] + 1) * k)]);
    });
  }
  expect(neighboursOfRows(device, embeddings, [], { k: 5, self: 'include' })).toEqual([]);
  expect(() => neighboursOfRows(device, embeddings, [0], { k: 40, self: 'exclude' })).toThrow(
    /got k = 40 for 40 rows without self/,
  );
});
