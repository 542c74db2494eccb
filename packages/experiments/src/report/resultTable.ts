import { metricLabels, metricNames } from '@agentmmrec/evaluation';
import type { ExperimentResult, ResultRow } from '../execution/result.js';
import type { PairedDifference } from '../statistics/comparison.js';

/** No epoch takes 0.00 s: what is shorter is shown as this. */
export const LEAST_SECONDS = 0.001;

/** A column of numbers of a result. */
export interface ResultColumn {
  readonly label: string;
  /** null where the row has none */
  value(row: ResultRow): number | null;
  format(value: number): string;
  /** half the width of what is printed beside the value: the spread over seeds */
  spread?(row: ResultRow): number | null;
  /** what stands small below the value */
  below?(row: ResultRow): string;
  /** whether the largest or the smallest value is the best; absent: none is */
  readonly best?: 'largest' | 'smallest';
}

/** The columns of a result's table after the row's name. */
export function columnsOf(result: ExperimentResult): ResultColumn[] {
  const metrics = metricNames.map(
    (metric): ResultColumn => ({
      label: metricLabels[metric],
      value: ({ mean }) => mean?.[metric] ?? null,
      spread: ({ spread, seeds }) => (seeds.length > 1 ? (spread?.[metric] ?? null) : null),
      format: (value) => value.toFixed(4),
      best: 'largest',
    }),
  );
  const paper: ResultColumn[] = result.rows.some((row) => row.paper)
    ? [
        {
          label: 'Recall@20 in the paper',
          value: (row) => row.paper?.metrics['recall@20'] ?? null,
          format: (value) => value.toFixed(4),
          below: ({ mean, paper: published }) => besidePaper(mean?.['recall@20'], published?.metrics['recall@20']),
        },
      ]
    : [];
  const further: Readonly<Record<ExperimentResult['columns'][number], ResultColumn>> = {
    epochSeconds: { label: 's/epoch', value: (row) => row.secondsPerEpoch, format: seconds },
    memory: { label: 'MB', value: (row) => row.peakRssBytes, format: (value) => (value / 1e6).toFixed(0) },
    calls: { label: 'calls', value: (row) => row.calls, format: (value) => value.toLocaleString('en') },
    tokens: { label: 'tokens', value: (row) => row.tokens, format: (value) => value.toLocaleString('en') },
  };
  return [...metrics, ...paper, ...result.columns.map((name) => further[name])];
}

/** How far ours lies from the paper's: `ours +2.1 %`. */
function besidePaper(ours: number | undefined, published: number | undefined): string {
  if (ours === undefined || !published) return '';
  const percent = (100 * (ours - published)) / published;
  return `ours ${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

/** Rows that have numbers, under the line of their group, those without one first; in the order of the plan otherwise. */
export function groupedRows({
  rows: all,
}: ExperimentResult): { readonly group: string | null; readonly rows: readonly ResultRow[] }[] {
  const rows = all.filter(({ mean }) => mean !== null);
  const names = [...new Set(rows.map(({ group }) => group))].sort((a, b) => Number(a !== null) - Number(b !== null));
  return names.map((group) => ({ group, rows: rows.filter((row) => row.group === group) }));
}

/** The best value of a column. */
export function bestOf(column: ResultColumn, rows: readonly ResultRow[]): number | null {
  const values = rows.map((row) => column.value(row)).filter((value): value is number => value !== null);
  if (values.length < 2 || column.best === undefined) return null;
  return column.best === 'largest' ? Math.max(...values) : Math.min(...values);
}

/** A cell as text: `0.0744 ±0.0012`, and a dash where there is nothing. */
export function cellText(column: ResultColumn, row: ResultRow): string {
  const value = column.value(row);
  if (value === null) return '–';
  const spread = column.spread?.(row) ?? null;
  const below = column.below?.(row) ?? '';
  if (below !== '') return `${column.format(value)} (${below})`;
  return spread === null ? column.format(value) : `${column.format(value)} ±${column.format(spread)}`;
}

/** Columns of the table of differences. */
export const differenceColumns = [
  'row',
  'against',
  'metric',
  'difference',
  '95 % interval',
  'relative',
  'verdict',
  't-test p, Holm',
  'Wilcoxon p',
  't-test of seeds p',
  'effect size',
  'seeds ahead',
] as const;

/** Those of its columns that hold words, by index. */
export const differenceWords: readonly number[] = [1, 2, 6];

export function differenceCells(one: PairedDifference): string[] {
  const { label, baseline, metric, interval, relative, verdict, tests, seedsAbove, seeds: count } = one;
  return [
    label,
    baseline,
    metricLabels[metric],
    signed(interval.mean),
    `[${signed(interval.low)}, ${signed(interval.high)}]`,
    `${relative > 0 ? '+' : ''}${(100 * relative).toFixed(1)} %`,
    { above: 'better', below: 'WORSE', 'no clear difference': 'not clear' }[verdict],
    pValue(tests.correctedP),
    pValue(tests.wilcoxonP),
    tests.seedTTestP === null ? '–' : pValue(tests.seedTTestP),
    tests.effectSize.toFixed(3),
    `${seedsAbove} of ${count}`,
  ];
}

export function pValue(p: number): string {
  return p < 0.0001 ? '<0.0001' : p.toFixed(4);
}

export function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(4)}`;
}

function seconds(value: number): string {
  if (value < 0.1) return Math.max(LEAST_SECONDS, value).toFixed(3);
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}
