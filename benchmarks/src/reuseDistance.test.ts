import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hitShares } from './reuseDistance.js';

const plain = { rowBytes: 1, streamedBytesPerRead: 0, passBytes: Number.POSITIVE_INFINITY };

/** An actual least-recently-used cache of so many rows. */
function simulate(rows: readonly number[], capacity: number): number {
  const held: number[] = [];
  let hits = 0;
  for (const row of rows) {
    const at = held.indexOf(row);
    if (at >= 0) {
      hits++;
      held.splice(at, 1);
    } else if (held.length === capacity) held.shift();
    held.push(row);
  }
  return hits / rows.length;
}

describe('shares of reads that a cache serves', () => {
  test('equal those of a simulated least-recently-used cache', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(15), { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 1, max: 16 }),
        (rows, size) => {
          const [share] = hitShares({ ...plain, rows: Int32Array.from(rows), tableRows: 16 }, [size]);
          expect(share).toBeCloseTo(simulate(rows, size), 12);
        },
      ),
    );
  });

  test('what streams by pushes rows out, and a short pass leaves first reads in the cache', () => {
    const rows = Int32Array.of(0, 1, 0, 1);
    expect(hitShares({ ...plain, rows, tableRows: 2, streamedBytesPerRead: 10 }, [5, 50])).toEqual([0, 0.5]);
    expect(hitShares({ ...plain, rows, tableRows: 2, passBytes: 4 }, [5])).toEqual([1]);
  });

  test('a sampled long trace of uniform reads: the share is capacity over table', () => {
    const tableRows = 50_000;
    let state = 1;
    const rows = Int32Array.from({ length: 2_000_000 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * tableRows);
    });
    const [share] = hitShares({ ...plain, rows, tableRows, passBytes: 0 }, [tableRows / 4]);
    expect(share).toBeGreaterThan(0.22);
    expect(share).toBeLessThan(0.3);
  });
});
