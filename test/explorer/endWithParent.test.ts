import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import { root } from '../support/repository.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentmmrec-parent-'));
  const source = readFileSync(join(root, 'packages/cli/src/runs/endWithParent.ts'), 'utf8');
  const { code } = transformSync(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  writeFileSync(join(folder, 'endWithParent.mjs'), code);
  const parent =
    "import { fork } from 'node:child_process'; const child = fork(process.argv[2], { detached: true, stdio: ['ignore', 'inherit', 'ignore', 'ipc'] }); child.on('message', () => console.log(child.pid)); setInterval(() => {}, 1000);";
  writeFileSync(join(folder, 'parent.mjs'), parent);
});
afterAll(() => rmSync(folder, { recursive: true }));

const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Starts a parent whose child does this, kills the parent at once, and waits for the child. @returns whether it ended in time */
async function endsWithParent(work: string, patienceMs = 10_000): Promise<boolean> {
  const child = join(folder, 'child.mjs');
  writeFileSync(child, `import { endWithParent } from './endWithParent.mjs';\n${work}`);
  const parent = spawn(process.execPath, [join(folder, 'parent.mjs'), child], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
  try {
    parent.kill('SIGKILL');
    for (const begunMs = Date.now(); isThere(pid) && Date.now() - begunMs < patienceMs; ) await sleep(50);
    return !isThere(pid);
  } finally {
    if (isThere(pid)) process.kill(pid, 'SIGKILL');
  }
}

const told = "process.send('begun', () => {";

test('what computes without a pause ends when its parent was killed', async () => {
  expect(await endsWithParent(`endWithParent(); ${told} setTimeout(() => { for (;;); }, 300); });`)).toBe(true);
});

test('what waits ends too, and what was let go stays', async () => {
  expect(await endsWithParent(`endWithParent(); ${told} setInterval(() => {}, 1000); });`)).toBe(true);
  const stays = `const letGo = endWithParent(); ${told} letGo(); setInterval(() => {}, 1000); });`;
  expect(await endsWithParent(stays, 2000)).toBe(false);
});
