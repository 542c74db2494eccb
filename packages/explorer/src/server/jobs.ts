import { basename } from 'node:path';
import type { JobCounts } from '@agentmmrec/memory';
import type { Explorer } from '../open.js';

/** Something that goes on: a training by its epochs, a build of knowledge by its entries, what the server makes ready by users or entries. */
export interface Job {
  readonly id: string;
  readonly kind: 'training' | 'knowledge' | 'serving';
  readonly label: string;
  readonly done: number;
  readonly total: number | null;
  readonly secondsLeft: number | null;
}

/** What goes on in a workspace, and in the server. */
export async function jobsOf({ workspace, preparations }: Explorer): Promise<Job[]> {
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
  const made = [...preparations.list()].map(([id, { label, done, total, startedAtMs }]): Job => {
    const secondsEach = done > 0 ? (Date.now() - startedAtMs) / 1000 / done : null;
    const secondsLeft = total === null || secondsEach === null ? null : secondsEach * (total - done);
    return { id: basename(id), kind: 'serving', label: `making ready ${label}`, done, total, secondsLeft };
  });
  return [...trainings, ...builds, ...made];
}
