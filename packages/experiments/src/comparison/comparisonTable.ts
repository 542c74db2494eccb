import { textTable } from '@agentmmrec/core';
import { metricLabels, metricNames } from '@agentmmrec/evaluation';
import type { IntervalChart } from '../page/charts.js';
import type { PageTable } from '../page/page.js';
import { differenceSentence, type PairedDifference, type RowSummary } from '../statistics/comparison.js';

/** Rows and their differences, ready to be shown and written. */
export interface ComparisonResult {
  readonly rows: readonly RowSummary[];
  readonly differences: readonly PairedDifference[];
}

/** The table for a terminal: test metrics, mean and sample deviation over seeds, then notes and differences as sentences. */
export function renderComparison({ rows, differences }: ComparisonResult): string {
  const cells = comparisonCells(rows);
  const notes = rows.flatMap((row) => (row.note ? [`${row.label}: ${row.note}`] : []));
  const sentences = differences.map(differenceSentence);
  return [
    textTable(cells),
    ...section('Notes', notes),
    ...section('Paired differences (95 % interval)', sentences),
  ].join('\n');
}

export function comparisonPageTable({ rows }: ComparisonResult, strong: readonly string[]): PageTable {
  const [columns, ...cells] = comparisonCells(rows);
  return { columns, rows: cells, strong: rows.flatMap((row, i) => (strong.includes(row.label) ? [i] : [])) };
}

/** Differences of one metric as a chart, in percent of the baseline. */
export function differenceChart(title: string, differences: readonly PairedDifference[]): IntervalChart {
  return {
    title,
    xLabel: 'difference in percent of the baseline, with 95 % interval',
    rows: differences.map(({ label, baseline, interval, baselineMean }) => ({
      label: `${label} − ${baseline}`,
      estimate: (100 * interval.mean) / baselineMean,
      low: (100 * interval.low) / baselineMean,
      high: (100 * interval.high) / baselineMean,
    })),
  };
}

function comparisonCells(rows: readonly RowSummary[]): string[][] {
  const seeds = Math.max(0, ...rows.map((row) => row.seeds));
  const value = (mean: number, spread: number) =>
    seeds > 1 ? `${mean.toFixed(4)} ±${spread.toFixed(4)}` : mean.toFixed(4);
  return [
    ['test', ...metricNames.map((metric) => metricLabels[metric])],
    ...rows.map((row) => [row.label, ...metricNames.map((metric) => value(row.mean[metric], row.spread[metric]))]),
  ];
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${heading}:`, ...lines.map((line) => `  ${line}`)];
}
