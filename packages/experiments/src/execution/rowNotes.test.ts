import { expect, test } from '@jest/globals';
import type { ExecutedRow } from './execute.js';
import { deadlock } from './rowNotes.js';

/** A row whose run of each seed reports rounds with so many users improved. */
function executed(label: string, improved: readonly (readonly number[])[], memoryAfter?: string): ExecutedRow {
  const runs = improved.map((rounds, at) => ({
    seed: at + 1,
    outcome: {
      status: 'finished',
      record: { feedback: rounds.map((count) => ({ report: { improved: count, rewrites: 4 } })) },
    },
  }));
  return { row: { label, memoryAfter }, runs } as unknown as ExecutedRow;
}

const noted = (improved: readonly (readonly number[])[]): string[] => {
  const after = executed('after', [[1]], 'before');
  return deadlock(after, [executed('before', improved), after]);
};

test('a memory of which no rewrite was kept is a deadlock, said with its seeds where others kept some', () => {
  expect(noted([[0, 0], [0]])).toEqual([
    'DEADLOCK: none of 12 rewrites in 3 rounds of the run before ranked a user better, so the memory is what it was',
  ]);
  expect(noted([[0], [1]])[0]).toContain('none of 4 rewrites in 1 rounds');
  expect(noted([[0], [1]])[0]).toContain('so the memory of seed 1 is what it was');
  expect(noted([[0, 2], [1]])).toEqual([]);
});

test('a row on no other memory, and one after a run without a round, are none', () => {
  const alone = executed('alone', [[0]]);
  expect(deadlock(alone, [alone])).toEqual([]);
  expect(noted([[], []])).toEqual([]);
});
