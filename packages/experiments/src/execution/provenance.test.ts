import { expect, test } from '@jest/globals';
import type { FinishedRun } from '../runs/finishedRun.js';
import type { Outcome } from '../runs/runner.js';
import type { PlannedRun } from '../runs/runSpec.js';
import type { ExecutedRow } from './execute.js';
import { fillingsOf, provenanceOf } from './provenance.js';

const cost = (requests: number): FinishedRun['cost'] => ({
  ...{ startedAtMs: 0, wallSeconds: 2, machine: 'machine', device: 'cpu' },
  ...{ requests, inputTokens: 10 * requests, outputTokens: requests },
});

const filling: FinishedRun = {
  ...{ cost: cost(5), record: null, selection: null },
  knowledge: {
    ...{ reasoner: 'qwen', digest: 'asked', entries: 2 },
    writers: [{ reasoner: 'qwen', modelDigest: 'sha256:0123456789abcdef0123' }],
  },
};

/** A row of two seeds that share one memory. */
const row: Pick<ExecutedRow, 'runs'> = {
  runs: [1, 2].map((seed) => ({
    ...{ seed, id: `run ${seed}`, run: { label: `seed ${seed}`, spec: { training: {} } } as PlannedRun },
    outcome: { status: 'finished', reused: false, cost: cost(3), record: null, selection: null, knowledge: null },
    knowledge: { id: 'memory', outcome: { status: 'finished', reused: false, ...filling } },
  })),
};

test('a memory that several runs share is counted once, and who wrote it is named with its weights', () => {
  expect(fillingsOf([row])).toHaveLength(1);
  const given = { version: '1', codeVersion: 'c', command: '', options: {}, seeds: [1, 2] };
  const found = provenanceOf([{ ...row, row: {} as ExecutedRow['row'], searched: null, selections: [] }], given);
  expect(found).toMatchObject({ calls: 5 + 2 * 3, tokens: 11 * 11, wallSeconds: 6 });
  expect(found.writers).toEqual(['qwen sha256:0123456789ab']);
});

test('runs without knowledge name no writer', () => {
  const bare = { ...row, runs: row.runs.map((run) => ({ ...run, knowledge: null })) };
  const given = { version: '1', codeVersion: 'c', command: '', options: {}, seeds: [1, 2] };
  expect(
    provenanceOf([{ ...bare, row: {} as ExecutedRow['row'], searched: null, selections: [] }], given),
  ).not.toHaveProperty('writers');
});

test('runs of a search count in the time, the calls and the number of runs, each once', () => {
  const one = {
    status: 'finished',
    reused: false,
    ...{ cost: cost(1), record: null, selection: null, knowledge: null },
  };
  const selections = ['a', 'b', 'a'].map((id) => ({ id, options: {}, outcome: one as Outcome }));
  const given = { version: '1', codeVersion: 'c', command: '', options: {}, seeds: [1, 2] };
  const found = provenanceOf([{ ...row, row: {} as ExecutedRow['row'], searched: null, selections }], given);
  expect(found).toMatchObject({ calls: 5 + 2 * 3 + 2, wallSeconds: 10, runCount: 5 });
  expect(found.runs).toHaveLength(2);
});
