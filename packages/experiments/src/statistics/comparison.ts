import { AmrError, RandomStreams } from '@agentmmrec/core';
import {
  bootstrapInterval,
  type Evaluation,
  hierarchicalInterval,
  holm,
  type Interval,
  type MetricName,
  metricLabels,
  metricNames,
  pairedDifferences,
  pairedTTest,
  wilcoxonSignedRank,
} from '@agentmmrec/evaluation';
import type { Metrics, RunRecord } from '../study/runRecord.js';

/** One row of a table: a way of recommending, run once per seed. */
export interface ComparedRow {
  readonly label: string;
  readonly runs: readonly RunRecord[];
  /** take the lists after reranking */
  readonly reranked: boolean;
  /** said under the table: how its options were chosen, what it lacks */
  readonly note?: string;
}

/** A row of a table. */
export interface RowSummary {
  readonly label: string;
  readonly seeds: number;
  readonly mean: Metrics;
  /** sample standard deviation over seeds; 0 with one seed */
  readonly spread: Metrics;
  readonly note: string | null;
}

export type Verdict = 'above' | 'below' | 'no clear difference';

/** How one row differs from another in one metric, user by user. */
export interface PairedDifference {
  readonly label: string;
  readonly baseline: string;
  readonly metric: MetricName;
  readonly interval: Interval;
  readonly baselineMean: number;
  /** mean difference over the baseline's mean */
  readonly relative: number;
  /** in how many of `seeds` the row's mean lies above the baseline's */
  readonly seedsAbove: number;
  readonly seeds: number;
  /** by where the interval lies */
  readonly verdict: Verdict;
  readonly tests: PairedTests;
}

/** Paired tests of a difference; p-values are two-sided. */
export interface PairedTests {
  /** over users, each with the mean of its differences over seeds */
  readonly tTestP: number;
  readonly wilcoxonP: number;
  /** over the seeds' means; null with one seed */
  readonly seedTTestP: number | null;
  /** `tTestP` corrected by Holm over the differences of one table in one metric; `tTestP` itself until then */
  readonly correctedP: number;
  /** Cohen's d of paired values: the mean difference over the standard deviation of the differences; 0 without spread */
  readonly effectSize: number;
}

/** The test evaluation a row stands for. */
export function evaluationOf(row: ComparedRow, run: RunRecord): Evaluation {
  return (row.reranked && run.testReranked) || run.test;
}

export function summarize(row: ComparedRow): RowSummary {
  const values = (metric: MetricName) => row.runs.map((run) => evaluationOf(row, run).metrics[metric]);
  const fold = (of: (values: number[]) => number): Metrics => {
    const entries = metricNames.map((metric) => [metric, of(values(metric))]);
    return Object.fromEntries(entries) as Record<MetricName, number>;
  };
  return {
    label: row.label,
    seeds: row.runs.length,
    mean: fold(mean),
    spread: fold(deviation),
    note: row.note ?? null,
  };
}

/**
 * The paired difference row - baseline with a 95 % bootstrap interval. Runs of one data set are paired over users and seeds at
 * once; runs of different data sets (catalogs of several seeds) have different users, so all users are pooled and resampled.
 * @throws AmrError internal when the two rows were not run on the same data and seeds
 */
export function compareRows(row: ComparedRow, baseline: ComparedRow, metric: MetricName): PairedDifference {
  const differences = row.runs.map((run, i) => {
    const other = baseline.runs[i];
    if (other?.fingerprint !== run.fingerprint) throw notPaired(row, baseline);
    const [mine, theirs] = [evaluationOf(row, run), evaluationOf(baseline, other)];
    return pairedDifferences(mine.perUser[metric], theirs.perUser[metric]);
  });
  if (baseline.runs.length !== row.runs.length || row.runs.length === 0) throw notPaired(row, baseline);
  // A stream of its own, so that an interval does not depend on which others were computed before.
  const stream = new RandomStreams(0).stream(`interval ${row.label} ${baseline.label} ${metric}`);
  const oneDataset = new Set(row.runs.map((run) => run.fingerprint)).size === 1;
  const interval = oneDataset
    ? hierarchicalInterval(differences, stream)
    : bootstrapInterval(Float64Array.from(differences.flatMap((values) => [...values])), stream);
  const base = mean(baseline.runs.map((run) => evaluationOf(baseline, run).metrics[metric]));
  return {
    label: row.label,
    baseline: baseline.label,
    metric,
    interval,
    baselineMean: base,
    relative: base === 0 ? 0 : interval.mean / base,
    seedsAbove: differences.filter((values) => mean([...values]) > 0).length,
    seeds: differences.length,
    verdict: interval.low > 0 ? 'above' : interval.high < 0 ? 'below' : 'no clear difference',
    tests: testsOf(differences, oneDataset),
  };
}

function testsOf(differences: readonly Float64Array[], oneDataset: boolean): PairedTests {
  const users = oneDataset ? meanRow(differences) : Float64Array.from(differences.flatMap((values) => [...values]));
  const seedMeans = Float64Array.from(differences, (values) => mean([...values]));
  const tTestP = users.length < 2 ? 1 : pairedTTest(users).p;
  const spread = deviation([...users]);
  return {
    tTestP,
    wilcoxonP: wilcoxonSignedRank(users).p,
    seedTTestP: seedMeans.length < 2 ? null : pairedTTest(seedMeans).p,
    correctedP: tTestP,
    effectSize: spread === 0 ? 0 : mean([...users]) / spread,
  };
}

/** The mean over seeds of each user's difference. */
function meanRow(rows: readonly Float64Array[]): Float64Array {
  return Float64Array.from(rows[0], (_, user) => rows.reduce((sum, row) => sum + row[user], 0) / rows.length);
}

/** Corrects the p-values of differences shown together, for each metric by itself: many comparisons find something by chance. */
export function corrected(differences: readonly PairedDifference[]): PairedDifference[] {
  return differences.map((one) => {
    const family = differences.filter(({ metric }) => metric === one.metric);
    const ps = holm(family.map(({ tests }) => tests.tTestP));
    return { ...one, tests: { ...one.tests, correctedP: ps[family.indexOf(one)] } };
  });
}

/** The difference as a sentence that states a loss as a loss. */
export function differenceSentence(difference: PairedDifference): string {
  const { label, baseline, metric, interval, relative, seedsAbove, seeds, verdict } = difference;
  const said = {
    above: `${label} is above ${baseline}`,
    below: `${label} is BELOW ${baseline}`,
    'no clear difference': `${label} shows no clear difference from ${baseline}`,
  }[verdict];
  const bounds = `[${signed(interval.low, 4)}, ${signed(interval.high, 4)}]`;
  const across = seeds > 1 ? `, higher in ${seedsAbove} of ${seeds} seeds` : '';
  return `${said}: ${metricLabels[metric]} ${signed(interval.mean, 4)} ${bounds}, ${signed(100 * relative, 1)}\u00a0%${across}.`;
}

export function signed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return value > 0 ? `+${text}` : text;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation; 0 of fewer than two. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

function notPaired(row: ComparedRow, baseline: ComparedRow): AmrError {
  return new AmrError({
    what: `comparing ${row.label} with ${baseline.label}`,
    got: 'runs on different data or seeds',
    expected: 'the same data and seeds in the same order',
    hint: 'run both rows over one list of seeds',
    kind: 'internal',
  });
}
