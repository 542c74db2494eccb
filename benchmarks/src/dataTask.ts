import { existsSync, readFileSync } from 'node:fs';
import { silentLog } from '@agentmmrec/core';
import { loadDataset, synthesizeCatalog } from '@agentmmrec/datasets';
import { coOccurrence } from '@agentmmrec/graphs';
import { openSize, type SizeName } from './sizes.js';

/**
 * One piece of work with data in a process of its own, so that its peak memory is that of the work: `node dataTask.js NAME
 * ARGUMENTS`. Prints one line of JSON.
 */
export interface DataTaskResult {
  /** of the work alone, without the start of the process and the inputs of the co-occurrence */
  readonly seconds: number;
  readonly peakBytes: number;
  /** neighbours, interactions kept, interactions drawn, or images drawn */
  readonly count: number;
  /** where the data comes from */
  readonly origin: string;
}

export type DataTaskName = 'co-occurrence' | 'read' | 'synth';

type Work = (words: readonly string[]) => Promise<Omit<DataTaskResult, 'peakBytes'>>;

const tasks: Readonly<Record<DataTaskName, Work>> = {
  async 'co-occurrence'([size, dataRoot, workspace, k]) {
    const { train, origin } = await openSize(size as SizeName, dataRoot, workspace);
    const start = performance.now();
    const { userIds } = coOccurrence(train, Number(k));
    return { seconds: secondsSince(start), count: userIds.length, origin };
  },
  async read([path, workspace]) {
    const start = performance.now();
    const { report } = await loadDataset(path, { workspace, splitSeed: 999, log: silentLog });
    const { train, validation, test } = report.interactions;
    return { seconds: secondsSince(start), count: train + validation + test, origin: 'drawn reviews' };
  },
  async synth([folder, users, items, imageSize]) {
    const start = performance.now();
    const { interactions, images } = await synthesizeCatalog({
      folder,
      users: Number(users),
      items: Number(items),
      imageSize: Number(imageSize),
      seed: 1,
      log: silentLog,
    });
    return { seconds: secondsSince(start), count: images || interactions, origin: 'seed 1' };
  },
};

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

/**
 * The most memory this process held. Linux hands the peak of `resourceUsage` down from the process that started this one; the
 * high-water mark of the status file is its own.
 */
function peakBytes(): number {
  const path = '/proc/self/status';
  const own = existsSync(path) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(path, 'utf8'))?.[1] : undefined;
  return 1024 * (own === undefined ? process.resourceUsage().maxRSS : Number(own));
}

const [name, ...words] = process.argv.slice(2);
const done = await tasks[name as DataTaskName](words);
const result: DataTaskResult = { ...done, peakBytes: peakBytes() };
console.log(JSON.stringify(result));
