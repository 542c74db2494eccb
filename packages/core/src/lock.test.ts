import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { childSources } from '../../../test/support/childSources.js';
import { lockWhenFree, tryLock } from './lock.js';

let folder: string;
let sources: ReturnType<typeof childSources>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  sources = childSources(['core']);
  writeFileSync(
    join(sources.folder, 'holder.mjs'),
    `import { tryLock } from '@agentmmrec/core';
const lock = tryLock(process.argv[2], process.argv[3]);
process.stdout.write(lock ? 'held' : 'busy');
if (lock) setInterval(() => {}, 1000);`,
  );
});
afterAll(() => {
  sources.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Another process that takes the lock, or says that it cannot. */
async function elsewhere(path: string, kind: string) {
  const child = spawn(process.execPath, [join(sources.folder, 'holder.mjs'), path, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    said,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

describe('a lock', () => {
  test('keeps other processes out, and goes with the process that is killed', async () => {
    const path = join(folder, 'deep', 'one');
    const other = await elsewhere(path, 'exclusive');
    expect(other.said).toBe('held');
    expect(tryLock(path)).toBeNull();
    const waiting = lockWhenFree(path);
    await other.kill();
    const lock = await waiting;
    expect((await elsewhere(path, 'exclusive')).said).toBe('busy');
    lock.release();
    lock.release();
    expect(existsSync(path)).toBe(false);
    const next = await elsewhere(path, 'exclusive');
    expect(next.said).toBe('held');
    await next.kill();
  });

  test('shared ones keep out an exclusive one and not each other', async () => {
    const path = join(folder, 'shared');
    const lock = tryLock(path, 'shared');
    const other = await elsewhere(path, 'shared');
    expect([lock !== null, other.said]).toEqual([true, 'held']);
    lock?.release();
    expect(tryLock(path, 'exclusive')).toBeNull();
    await other.kill();
    const alone = tryLock(path, 'exclusive');
    expect(alone).not.toBeNull();
    alone?.release();
    expect(existsSync(path)).toBe(false);
  });

  test('is held once, also within a process', () => {
    const path = join(folder, 'once');
    const lock = tryLock(path);
    expect(tryLock(path)).toBeNull();
    lock?.release();
    const next = tryLock(path);
    expect(next).not.toBeNull();
    next?.release();
  });

  test('a folder in its place is an error, not a lock', () => {
    expect(() => tryLock(folder)).toThrow(/locking .*: got a folder, expected a file/);
  });
});
