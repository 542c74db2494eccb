// Arrow files, and knowledge that is imported from them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArrowFile } from '@agentmmrec/core';
import { exportArrow, importArrow, openMemory, readArrow } from '@agentmmrec/memory';
import { damaged } from '../damage.mjs';
import { filledMemory, ids } from '../memories.mjs';

/** What is counted, how many a case has, and how many the bar asks for. */
export const counted = { of: 'files', each: 1, least: 2_000 };

/** @returns reads one damaged file, every value of it, and imports it */
export async function prepare(folder) {
  const memory = filledMemory(join(folder, 'memory.sqlite'));
  const path = join(folder, 'knowledge.arrow');
  await exportArrow(memory, path, ids);
  memory.close();
  const whole = readFileSync(path);
  return async (random) => {
    const place = join(folder, 'case.arrow');
    writeFileSync(place, damaged(whole, random));
    const table = readArrowFile(place);
    for (const name of table.schema.names) {
      const column = table.getChild(name);
      for (let row = 0; row < table.numRows; row++) column?.get(row);
    }
    const target = openMemory({ path: ':memory:', fingerprint: 'data', mode: 'write' });
    try {
      await importArrow(target, await readArrow(place, 'data', ids));
    } finally {
      target.close();
    }
  };
}
