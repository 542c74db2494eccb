import { metricNames } from '@agentmmrec/evaluation';
import type { Metrics } from '../study/runRecord.js';

/** What a paper reports of a row on one data set. */
export interface PaperRow {
  readonly metrics: Metrics;
  readonly source: string;
}

/** Numbers of a table by data set and row: R@10, R@20, N@10, N@20 in units of .0001. */
export type PaperTable = Readonly<Record<string, Readonly<Record<string, readonly [number, number, number, number]>>>>;

/** The row of a table, or null where the paper has none. */
export function paperRow(table: PaperTable, source: string, data: string | null, row: string): PaperRow | null {
  const numbers = data === null ? undefined : table[data]?.[row];
  if (!numbers) return null;
  const entries = metricNames.map((name, at) => [name, numbers[at] / 10_000]);
  return { metrics: Object.fromEntries(entries) as Metrics, source };
}
