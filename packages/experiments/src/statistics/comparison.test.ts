import { type Evaluation, metricNames } from '@agentmmrec/evaluation';
import { describe, expect, test } from '@jest/globals';
import { type RunRecord, resultLine } from '../runRecord.js';
import { type ComparedRow, compareRows, differenceSentence, summarize } from './comparison.js';

function evaluation(recalls: readonly number[]): Evaluation {
  const values = Float64Array.from(recalls);
  const average = recalls.reduce((sum, value) => sum + value, 0) / recalls.length;
  const each = <T>(value: T) =>
    Object.fromEntries(metricNames.map((name) => [name, value])) as Record<(typeof metricNames)[number], T>;
  return { userIds: Int32Array.from(recalls.keys()), metrics: each(average), perUser: each(values), coldUsers: 0 };
}

function run(recalls: readonly number[], fingerprint = 'data', reranked?: readonly number[]): RunRecord {
  return {
    model: 'm',
    data: 'd',
    fingerprint,
    seed: 1,
    device: 'cpu',
    reasoner: null,
    options: {},
    epochs: 3,
    secondsPerEpoch: 0.5,
    peakRssBytes: 1,
    curve: [],
    valid: evaluation(recalls).metrics,
    test: evaluation(recalls),
    testReranked: reranked ? evaluation(reranked) : null,
    reranking: null,
    examples: [],
    synthetic: false,
    feedback: [],
    remarks: [],
  };
}

const row = (label: string, ...runs: RunRecord[]): ComparedRow => ({ label, runs, reranked: false });
const halves = Array.from({ length: 40 }, (_, user) => (user % 2) / 2);

describe('comparison', () => {
  test('mean and sample deviation over seeds', () => {
    const summary = summarize(row('a', run([0.1, 0.3]), run([0.4, 0.6])));
    expect(summary.mean['recall@20']).toBeCloseTo(0.35);
    expect(summary.spread['recall@20']).toBeCloseTo(Math.sqrt(0.045));
    expect(summarize(row('a', run([0.1]))).spread['ndcg@10']).toBe(0);
  });

  test('a constant gain is above with an interval of no width', () => {
    const better = row('better', run(halves.map((value) => value + 0.1)));
    const found = compareRows(better, row('base', run(halves)), 'recall@20');
    expect(found).toMatchObject({ verdict: 'above', seedsAbove: 1, seeds: 1 });
    expect(found.interval.low).toBeCloseTo(0.1);
    expect(found.relative).toBeCloseTo(0.4);
  });

  test('a loss is said to be one', () => {
    const worse = row('worse', run(halves.map((value) => value * 0.5)));
    const found = compareRows(worse, row('base', run(halves)), 'recall@20');
    expect(found.verdict).toBe('below');
    expect(differenceSentence(found)).toMatch(
      /^worse is BELOW base: recall@20 -0\.1250 \[-0\.\d+, -0\.\d+\], -50\.0\u00a0%\.$/,
    );
  });

  test('noise round zero is no clear difference', () => {
    const noisy = row('noisy', run(halves.map((value, user) => value + (user % 4 < 2 ? 0.1 : -0.1))));
    expect(compareRows(noisy, row('base', run(halves)), 'recall@20').verdict).toBe('no clear difference');
  });

  test('runs of several data sets pool their users, also of different number', () => {
    const base = row('base', run([0.1, 0.2], 'one'), run([0.3, 0.4, 0.5], 'two'));
    const better = row('better', run([0.2, 0.3], 'one'), run([0.2, 0.3, 0.4], 'two'));
    const found = compareRows(better, base, 'recall@20');
    expect(found.interval.mean).toBeCloseTo((0.1 * 2 - 0.1 * 3) / 5);
    expect(found.seedsAbove).toBe(1);
  });

  test('takes the reranked lists where the row asks for them', () => {
    const runs = [run([0.1, 0.1], 'data', [0.2, 0.2])];
    const found = compareRows(
      { label: 'reranked', runs, reranked: true },
      { label: 'base', runs, reranked: false },
      'ndcg@20',
    );
    expect(found.interval.mean).toBeCloseTo(0.1);
  });

  test('refuses rows of other data or other seeds', () => {
    const base = row('base', run([0.1], 'one'));
    expect(() => compareRows(row('a', run([0.1], 'two')), base, 'recall@20')).toThrow('different data or seeds');
    expect(() => compareRows(row('a', run([0.1], 'one')), row('base'), 'recall@20')).toThrow('different data or seeds');
    expect(() => compareRows(row('a'), base, 'recall@20')).toThrow('different data or seeds');
  });

  test('is the same whatever was compared before', () => {
    const better = row('better', run(halves.map((value, user) => value + (user % 3) / 10)));
    const first = compareRows(better, row('base', run(halves)), 'recall@20');
    compareRows(better, row('other', run(halves)), 'ndcg@10');
    expect(compareRows(better, row('base', run(halves)), 'recall@20')).toEqual(first);
  });
});

test('the result line has the agreed names in the agreed order', () => {
  const names = [
    'model',
    'data',
    'seed',
    'device',
    'reasoner',
    'epochs',
    'secondsPerEpoch',
    'peakRssBytes',
    'valid',
    'test',
  ];
  expect(Object.keys(resultLine(run([0.1])))).toEqual(names);
  expect(Object.keys(resultLine(run([0.1], 'data', [0.2])))).toEqual([...names, 'testReranked']);
});
