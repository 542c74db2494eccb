import { metricLabels } from '@agentmmrec/evaluation';
import type { ExperimentResult } from '../execution/result.js';
import { optionWords } from '../search/search.js';

/** What is said about rows, as a table of words. */
export interface NoteTable {
  readonly heading: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** columns of words, by index; the others but the first are numbers */
  readonly words: readonly number[];
}

/** What is said under a result: of everything, and in tables of its rows. */
export interface Notes {
  readonly sentences: readonly string[];
  /** those that have rows */
  readonly tables: readonly NoteTable[];
}

export function notesOf(result: ExperimentResult): Notes {
  const everywhere = (result.rowRemarks ?? []).flatMap(({ remark, rows }) => (rows.length === 0 ? [remark] : []));
  const tables = [choiceTable(result), missingTable(result), remarkTable(result)];
  return {
    sentences: [...result.remarks, ...everywhere],
    tables: tables.filter(({ rows }) => rows.length > 0),
  };
}

/** What each search chose, of how many runs, and what that was worth on validation. */
export function choiceTable({ rows }: ExperimentResult): NoteTable {
  const recall = `validation ${metricLabels['recall@20']}`;
  return {
    heading: 'Options chosen on validation',
    columns: ['row', 'chosen', recall, 'with its own options', 'of runs', 'seed'],
    rows: rows.flatMap(({ label, choice }) => {
      if (!choice) return [];
      const { options, validRecall20, ownValidRecall20, finished, runs, seed } = choice;
      const of = finished === runs ? String(runs) : `${runs}, ${runs - finished} missing`;
      return [[label, wordsOf(options), value(validRecall20), value(ownValidRecall20), of, String(seed)]];
    }),
    words: [1],
  };
}

/** What has not been run, and what of it, by the reason. */
export function missingTable({ rows }: ExperimentResult): NoteTable {
  const reasons = grouped(
    rows.flatMap(({ label, mean, failures }) =>
      (mean === null && failures.length === 0 ? ['nothing came of it'] : failures).map(
        (reason) => [reason, label] as const,
      ),
    ),
  );
  return {
    heading: 'Not run',
    columns: ['why', 'rows', 'which'],
    rows: [...reasons].map(([reason, labels]) => [reason, String(labels.length), labels.join('; ')]),
    words: [2],
  };
}

/** What is to be said of some rows. */
export function remarkTable({ rows, rowRemarks = [] }: ExperimentResult): NoteTable {
  const said = grouped([
    ...rows.flatMap(({ label, notes }) => notes.map((note) => [note, label] as const)),
    ...rowRemarks.flatMap(({ remark, rows: labels }) => labels.map((label) => [remark, label] as const)),
  ]);
  // What is said of the same rows stands in one line.
  const byRows = grouped([...said].map(([note, labels]) => [labels.join('; '), note] as const));
  return {
    heading: 'Notes on rows',
    columns: ['rows', 'note'],
    rows: [...byRows].map(([which, notes]) => [which, notes.join('; ')]),
    words: [1],
  };
}

/** What has the same key together, in the order in which keys come first. */
function grouped(pairs: readonly (readonly [key: string, value: string])[]): Map<string, string[]> {
  const by = new Map<string, string[]>();
  for (const [key, value] of pairs) by.set(key, [...(by.get(key) ?? []), value]);
  return by;
}

/** `l2 0.01, learningRate 0.003`. */
export function wordsOf(options: Readonly<Record<string, unknown>>): string {
  return optionWords(options) || 'its own options';
}

function value(recall: number | null): string {
  return recall === null ? '–' : recall.toFixed(4);
}
