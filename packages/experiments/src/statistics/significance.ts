import { holm, type MetricName, pairedDifferences, pairedTTest } from '@agentmmrec/evaluation';
import { type ComparedRow, evaluationOf, mean } from './comparison.js';

/** Every row against every other: the difference of means and the corrected p-value, row against column. */
export interface SignificanceMatrix {
  readonly metric: MetricName;
  readonly labels: readonly string[];
  /** [row][column]; null on the diagonal and where the two share no seed */
  readonly cells: readonly (readonly ({ readonly difference: number; readonly p: number } | null)[])[];
}

/** Paired t-tests over users (each the mean over common seeds) of all pairs, corrected by Holm over all of them. */
export function significanceOf(rows: readonly ComparedRow[], metric: MetricName): SignificanceMatrix {
  const pairs = rows.flatMap((row, i) =>
    rows.slice(i + 1).map((other, j) => ({ i, j: i + 1 + j, ...test(row, other, metric) })),
  );
  const known = pairs.filter(({ p }) => p !== null);
  const ps = holm(known.map(({ p }) => p ?? 1));
  const cells: ({ difference: number; p: number } | null)[][] = rows.map(() => rows.map(() => null));
  known.forEach(({ i, j, difference }, at) => {
    cells[i][j] = { difference, p: ps[at] };
    cells[j][i] = { difference: -difference, p: ps[at] };
  });
  return { metric, labels: rows.map(({ label }) => label), cells };
}

function test(row: ComparedRow, other: ComparedRow, metric: MetricName): { difference: number; p: number | null } {
  const differences = row.runs.flatMap((run) => {
    const same = other.runs.find(({ seed, fingerprint }) => seed === run.seed && fingerprint === run.fingerprint);
    if (!same) return [];
    return [pairedDifferences(evaluationOf(row, run).perUser[metric], evaluationOf(other, same).perUser[metric])];
  });
  if (differences.length === 0 || differences[0].length < 2) return { difference: 0, p: null };
  const users = Float64Array.from(differences[0], (_, user) => mean(differences.map((values) => values[user])));
  return { difference: mean([...users]), p: pairedTTest(users).p };
}
