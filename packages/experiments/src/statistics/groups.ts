import { type Interactions, sparsityGroups } from '@agentmmrec/datasets';
import { metricNames } from '@agentmmrec/evaluation';
import type { Metrics } from '../study/runRecord.js';
import { type ComparedRow, evaluationOf, mean } from './comparison.js';

/** A row's metrics over the users of each group, mean over seeds. */
export interface GroupResult {
  readonly label: string;
  readonly groups: readonly { readonly label: string; readonly users: number; readonly metrics: Metrics }[];
}

/** By the users' number of training interactions. Groups of whom nobody was measured are left out. */
export function groupsOf(rows: readonly ComparedRow[], train: Interactions): GroupResult[] {
  const groups = sparsityGroups(train).map(({ label, userIds }) => ({ label, users: new Set(userIds) }));
  return rows.map((row) => ({
    label: row.label,
    groups: groups.flatMap(({ label, users }) => {
      const perRun = row.runs.map((run) => {
        const { userIds, perUser } = evaluationOf(row, run);
        return { inside: [...userIds.keys()].filter((place) => users.has(userIds[place])), perUser };
      });
      const measured = perRun[0]?.inside.length ?? 0;
      if (measured === 0) return [];
      const entries = metricNames.map((metric) => [
        metric,
        mean(perRun.map(({ inside, perUser }) => mean(inside.map((place) => perUser[metric][place])))),
      ]);
      return [{ label, users: measured, metrics: Object.fromEntries(entries) as Metrics }];
    }),
  }));
}
