import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startPeers } from './peer.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peer-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A Python that says hello and then reckons for a minute, deaf to the end of its input. */
function busyPython(): string {
  const path = join(folder, 'python');
  writeFileSync(
    path,
    `#!/bin/sh\necho $$ > '${folder}/pid'\nread request\necho '{"libraries":{"numpy":"2"}}'\nexec sleep 60\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a process that exits in the middle of a case takes its peer along', async () => {
  const before = process.listeners('exit');
  const peers = await startPeers(busyPython(), 1, process.env, silentLog);
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  expect(runs(pid)).toBe(true);
  const [atExit] = process.listeners('exit').filter((listener) => !before.includes(listener));
  expect(atExit).toBeDefined();
  atExit?.call(process, 0);
  for (let turn = 0; turn < 100 && runs(pid); turn++) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(runs(pid)).toBe(false);
  peers.close();
  expect(process.listeners('exit')).toEqual(before);
});
