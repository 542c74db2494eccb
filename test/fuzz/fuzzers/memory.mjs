// Knowledge memories with damaged pages.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openMemory } from '@agentmmrec/memory';
import { filledMemory } from '../memories.mjs';

/** What is counted, how many a case has, and how many the bar asks for. */
export const counted = { of: 'files', each: 1, least: 1_000 };

/** @returns reads all of one damaged memory */
export async function prepare(folder) {
  const path = join(folder, 'memory.sqlite');
  filledMemory(path).close();
  const whole = readFileSync(path);
  return (random) => {
    const bytes = Buffer.from(whole);
    for (let n = 1 + random.integer(8); n > 0; n--) {
      bytes[random.integer(bytes.length)] = [0, 128, 255, random.integer(256)][random.integer(4)];
    }
    const place = join(folder, 'case.sqlite');
    for (const ending of ['', '-wal', '-shm']) rmSync(`${place}${ending}`, { force: true });
    writeFileSync(place, bytes);
    const memory = openMemory({ path: place, fingerprint: null, mode: 'read' });
    try {
      memory.stats();
      for (const kind of ['preference', 'property']) {
        for (const { entity } of memory.all(kind)) {
          memory.history(kind, entity);
          memory.decisions(kind, entity);
        }
      }
      for (const record of memory.journal.withPrefix('')) JSON.stringify(record);
      memory.drafts.find('d');
      memory.jobs.counts('q');
      memory.jobs.failures('q');
    } finally {
      memory.close();
    }
  };
}
