import { buildInteractions } from '@agentmmrec/datasets';
import { type Evaluation, metricNames } from '@agentmmrec/evaluation';
import { describe, expect, test } from '@jest/globals';
import { packRecord, unpackRecord } from '../runs/packedRecord.js';
import { type RunRecord, resultLine } from '../study/runRecord.js';
import { type ComparedRow, compareRows, corrected, differenceSentence, summarize } from './comparison.js';
import { groupsOf } from './groups.js';
import { significanceOf } from './significance.js';

function evaluation(recalls: readonly number[]): Evaluation {
  const values = Float64Array.from(recalls);
  const average = recalls.reduce((sum, value) => sum + value, 0) / recalls.length;
  const each = <T>(value: T) =>
    Object.fromEntries(metricNames.map((name) => [name, value])) as Record<(typeof metricNames)[number], T>;
  return { userIds: Int32Array.from(recalls.keys()), metrics: each(average), perUser: each(values), coldUsers: 0 };
}

function run(recalls: readonly number[], fingerprint = 'data', reranked?: readonly number[]): RunRecord {
  return {
    model: 'lightgcn',
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
      /^worse is BELOW base: Recall@20 -0\.1250 \[-0\.\d+, -0\.\d+\], -50\.0\u00a0%\.$/,
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

describe('tests of differences', () => {
  /** Differences of +0.2 for nine users of ten and -0.1 for the tenth. */
  const better = halves.map((value, user) => value + (user % 10 === 9 ? -0.1 : 0.2));

  test('t, Wilcoxon and effect size of the users, each the mean over seeds', () => {
    const one = compareRows(row('a', run(better)), row('b', run(halves)), 'recall@20');
    // Mean .17, sample deviation .3 sqrt(.09 * 40 / 39), forty users: t = 11.8.
    expect(one.tests.effectSize).toBeCloseTo(0.17 / (0.3 * Math.sqrt((0.09 * 40) / 39)), 6);
    expect(one.tests.tTestP).toBeLessThan(1e-9);
    expect(one.tests.wilcoxonP).toBeLessThan(1e-5);
    expect(one.tests.seedTTestP).toBeNull();
    const two = compareRows(row('a', run(better), run(halves)), row('b', run(halves), run(halves)), 'recall@20');
    expect(two.tests.effectSize).toBeCloseTo(one.tests.effectSize, 6);
    expect(two.tests.seedTTestP).toBeGreaterThan(0.3);
  });

  test('no difference has p 1 and no effect', () => {
    const { tests, verdict } = compareRows(row('a', run(halves)), row('b', run(halves)), 'recall@20');
    expect(tests).toEqual({ tTestP: 1, wilcoxonP: 1, seedTTestP: null, correctedP: 1, effectSize: 0 });
    expect(verdict).toBe('no clear difference');
  });

  test('Holm corrects over the differences of one metric, and over no other', () => {
    const noisy = halves.map((value, user) => value + (user % 4 === 0 ? 0.3 : -0.05));
    const of = (label: string, recalls: readonly number[], metric: 'recall@20' | 'ndcg@20') =>
      compareRows(row(label, run(recalls)), row('b', run(halves)), metric);
    const alone = of('a', noisy, 'recall@20');
    const pair = corrected([alone, of('c', better, 'recall@20'), of('a', noisy, 'ndcg@20')]);
    // The larger of two p-values stays, the smaller one doubles; another metric is a family of its own.
    expect(alone.tests.tTestP).toBeGreaterThan(0.01);
    expect(pair[0].tests.correctedP).toBeCloseTo(alone.tests.tTestP, 12);
    expect(pair[1].tests.correctedP).toBeCloseTo(2 * pair[1].tests.tTestP, 12);
    expect(pair[2].tests.correctedP).toBeCloseTo(pair[2].tests.tTestP, 12);
  });

  test('every pair of rows stands twice, with opposite signs and one p', () => {
    const { labels, cells } = significanceOf(
      [row('a', run(better)), row('b', run(halves)), row('c', run(halves))],
      'recall@20',
    );
    expect(labels).toEqual(['a', 'b', 'c']);
    expect(cells[0][0]).toBeNull();
    expect(cells[0][1]?.difference).toBeCloseTo(0.17);
    expect(cells[1][0]).toEqual({ difference: -(cells[0][1]?.difference ?? 0), p: cells[0][1]?.p });
    expect(cells[1][2]).toEqual({ difference: 0, p: 1 });
  });

  test('groups are of the users by their training items, and hold the mean of their values', () => {
    const pairs = [3, 5, 6, 11, 30].flatMap((count, user) =>
      Array.from({ length: count }, (_, item) => ({ user, item })),
    );
    const train = buildInteractions(5, 40, {
      userIds: Int32Array.from(pairs, ({ user }) => user),
      itemIds: Int32Array.from(pairs, ({ item }) => item),
    });
    const [{ groups }] = groupsOf([row('a', run([0.2, 0.4, 0.6, 0.8, 1]))], train);
    expect(groups.map(({ label, users }) => [label, users])).toEqual([
      ['(0,5]', 2],
      ['(5,10]', 1],
      ['(10,20]', 1],
      ['(20,inf)', 1],
    ]);
    expect(groups.map(({ metrics }) => Number(metrics['recall@20'].toFixed(6)))).toEqual([0.3, 0.6, 0.8, 1]);
  });

  test('a record keeps every user through JSON, to the last bit', () => {
    const record = run([1 / 3, 0.1 + 0.2, Number.MIN_VALUE], 'data', [0.5, 0, 1]);
    expect(unpackRecord(JSON.parse(JSON.stringify(packRecord(record))))).toEqual(record);
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
