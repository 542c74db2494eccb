import type { FeedbackReport } from '@agentmmrec/training';
import type { ExperimentRow } from '../experiments/contract.js';
import type { Candidate } from '../search/ranges.js';
import type { SearchResult, Trial } from '../search/search.js';
import type { RunRecord } from '../study/runRecord.js';
import type { ExecutedRow } from './execute.js';

/** What a search on validation came to. */
export interface Choice {
  /** empty: the row keeps the options it has without a search */
  readonly options: Candidate;
  /** Recall@20 on validation with these */
  readonly validRecall20: number | null;
  /** and with the options it has without a search; null where they were no candidate */
  readonly ownValidRecall20: number | null;
  /** runs of the search that are finished, of how many */
  readonly finished: number;
  readonly runs: number;
  readonly seed: number;
}

/** Null where nothing was searched, or nothing of the search is finished. */
export function choiceOf(searched: SearchResult | null, seed: number): Choice | null {
  const finished = searched?.trials.filter(({ validRecall20 }) => validRecall20 !== null) ?? [];
  if (searched === null || finished.length === 0) return null;
  const { chosen, trials } = searched;
  const isOwn = ({ options }: Trial) => Object.keys(options).length === 0;
  return {
    options: chosen,
    validRecall20: finished.findLast(({ options }) => options === chosen)?.validRecall20 ?? null,
    ownValidRecall20: finished.find(isOwn)?.validRecall20 ?? null,
    ...{ finished: finished.length, runs: trials.length, seed },
  };
}

export function noChoice(searched: SearchResult | null): string[] {
  if (searched === null || searched.trials.some(({ validRecall20 }) => validRecall20 !== null)) return [];
  return [`none of its ${searched.trials.length} candidates is finished`];
}

export function failuresOf(runs: ExecutedRow['runs']): string[] {
  const absent = runs.flatMap(({ seed, outcome }) => (outcome.status === 'absent' ? [seed] : []));
  return [
    ...runs.flatMap(({ seed, outcome }) => (outcome.status === 'failed' ? [`seed ${seed}: ${outcome.reason}`] : [])),
    ...(absent.length > 1 ? [`seeds ${absent.join(', ')} are still to come`] : []),
    ...(absent.length === 1 ? [`seed ${absent[0]} is still to come`] : []),
  ];
}

/** Said of a row with feedback that ended before its first round. */
export function noRound({ recipe }: ExperimentRow, records: readonly RunRecord[]): string[] {
  const none =
    recipe.feedback !== undefined && records.length > 0 && records.every(({ feedback }) => feedback.length === 0);
  return none ? ['training ended before the first feedback round'] : [];
}

/** Said of a row whose memory the run before rewrote without keeping anything: it is what it was. */
export function deadlock({ row }: ExecutedRow, executed: readonly ExecutedRow[]): string[] {
  const before = executed.find((one) => one.row.label === row.memoryAfter);
  const done = (before?.runs ?? []).flatMap(({ seed, outcome }) =>
    outcome.status === 'finished' && outcome.record
      ? [{ seed, reports: outcome.record.feedback.map(({ report }) => report as FeedbackReport) }]
      : [],
  );
  // Without a round nothing was tried: that is said of the row before.
  const stuck = done.filter(({ reports }) => reports.length > 0 && reports.every(({ improved }) => improved === 0));
  if (stuck.length === 0) return [];
  const reports = stuck.flatMap(({ reports: own }) => own);
  const rewrites = reports.reduce((total, report) => total + report.rewrites, 0);
  const seeds = stuck.map(({ seed }) => seed).join(', ');
  const where = stuck.length === done.length ? '' : ` of seed${stuck.length > 1 ? 's' : ''} ${seeds}`;
  return [
    `DEADLOCK: none of ${rewrites} rewrites in ${reports.length} rounds of the run before ranked a user better, so the memory${where} is what it was`,
  ];
}

/** What runs had to say about their data, and whom it concerns. */
export interface RowRemark {
  readonly remark: string;
  /** labels of rows; empty: all that have numbers */
  readonly rows: readonly string[];
}

/** What runs had to say about their data, each once. */
export function remarksOf(executed: readonly ExecutedRow[]): RowRemark[] {
  const by = new Map<string, Set<string>>();
  const finished = new Set<string>();
  for (const { row, runs } of executed) {
    for (const { outcome } of runs) {
      if (outcome.status !== 'finished') continue;
      finished.add(row.label);
      for (const remark of outcome.record?.remarks ?? []) by.set(remark, (by.get(remark) ?? new Set()).add(row.label));
    }
  }
  return [...by].map(([remark, labels]) => ({ remark, rows: labels.size === finished.size ? [] : [...labels] }));
}
