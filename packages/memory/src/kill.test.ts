import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStreams } from '@agentmmrec/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { childSources } from '../../../test/support/childSources.js';
import { openMemory } from './index.js';

/** Writes until it is killed: user n gets versions n and a journal record in one transaction, and says so after the commit. */
const writer = `
import { openMemory } from '@agentmmrec/memory';
import { writeSync } from 'node:fs';
const memory = openMemory({ path: process.argv[2], fingerprint: 'data', mode: 'write' });
const provenance = {
  agent: 'integrator', tasks: [], reasoner: 'extractive', modelDigest: '', templates: [], interactions: [], sampledItems: [],
  split: 'train', seed: 1, attempt: 1, elapsedMs: 0, inputTokens: 1, outputTokens: 1, repairs: [],
};
const parts = { text: 'x'.repeat(3000), visual: null, crossModal: null };
for (let n = memory.stats().preferences; ; n++) {
  memory.atomically(() => {
    memory.put({ kind: 'preference', entity: n, parts, provenance });
    memory.put({ kind: 'preference', entity: n, parts, provenance });
    memory.rollback('preference', n, 1);
    memory.journal.append({ key: 'user|' + n, value: n, interactions: [], inputTokens: 0, outputTokens: 0 });
  });
  writeSync(1, n + '\\n');
}
`;

let sources: ReturnType<typeof childSources>;
let folder: string;
beforeAll(() => {
  sources = childSources(['core', 'memory']);
  writeFileSync(join(sources.folder, 'writer.mjs'), writer);
  folder = mkdtempSync(join(tmpdir(), 'kill-'));
});
afterAll(() => {
  sources.remove();
  rmSync(folder, { recursive: true, force: true });
});

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()));
}

describe('kill -9', () => {
  test('at a random moment loses no committed transaction and leaves no half of one', async () => {
    const path = join(folder, 'm.knowledge');
    const random = new RandomStreams(11).stream('kill');
    let reported = -1;
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, [join(sources.folder, 'writer.mjs'), path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const killAfter = 1 + random.integer(60);
      let lines = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        const numbers = chunk.toString().trim().split('\n').map(Number);
        lines += numbers.length;
        reported = Math.max(reported, ...numbers);
        if (lines >= killAfter) child.kill('SIGKILL');
      });
      await ended(child);
      // The lock died with its owner, so a writer may open at once.
      const memory = openMemory({ path, fingerprint: 'data', mode: 'write' });
      const { preferences, versions, rollbacks, journalRecords } = memory.stats();
      expect(preferences).toBeGreaterThan(reported);
      expect({ versions, rollbacks, journalRecords }).toEqual({
        versions: 2 * preferences,
        rollbacks: preferences,
        journalRecords: preferences,
      });
      memory.close();
    }
  }, 30_000);
});
