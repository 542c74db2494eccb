import type { JobCounts } from '@agentmmrec/memory';
import type { Workspace } from '../workspace/workspace.js';

/** Something that goes on: a training by its epochs, a build of knowledge by its entries. */
export interface Job {
  readonly id: string;
  readonly kind: 'training' | 'knowledge';
  readonly label: string;
  readonly done: number;
  readonly total: number | null;
  readonly secondsLeft: number | null;
}

/** What goes on in a workspace. */
export async function jobsOf(workspace: Workspace): Promise<Job[]> {
  const trainings = workspace.runs
    .list()
    .filter(({ state }) => state === 'training')
    .map(({ id, label, data, epochs, plannedEpochs, secondsPerEpoch }): Job => {
      const left = plannedEpochs === null ? null : plannedEpochs - epochs;
      const secondsLeft = left === null || secondsPerEpoch === null ? null : left * secondsPerEpoch;
      return { id, kind: 'training', label: `${label} on ${data}`, done: epochs, total: plannedEpochs, secondsLeft };
    });
  const builds = (await workspace.memories.list())
    .filter(({ state }) => state === 'building')
    .map(({ id, reasoner, preferences, properties, secondsLeft }): Job => {
      const all = [preferences, properties].filter((counts): counts is JobCounts => counts !== null);
      const finished = all.reduce((sum, { done, failed }) => sum + done + failed, 0);
      const open = all.reduce((sum, { waiting, leased }) => sum + waiting + leased, 0);
      const label = `knowledge by ${reasoner ?? 'an unknown reasoner'}`;
      return { id, kind: 'knowledge', label, done: finished, total: finished + open, secondsLeft };
    });
  return [...trainings, ...builds];
}
