import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { childSources } from '../../../test/support/childSources.js';
import { isAbandoned, isTemporaryName, removeUnfinished, temporaryFolder, temporaryName } from './temporary.js';

let folder: string;
let sources: ReturnType<typeof childSources>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'temporary-'));
  sources = childSources(['core']);
  writeFileSync(
    join(sources.folder, 'writer.mjs'),
    `import { writeFileSync } from 'node:fs';
import { temporaryFolder, temporaryName } from '@agentmmrec/core';
writeFileSync(temporaryName(process.argv[2]), 'half');
writeFileSync(temporaryFolder(process.argv[3], 'set') + '/part', 'half');
process.stdout.write('written');
setInterval(() => {}, 1000);`,
  );
});
afterAll(() => {
  sources.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Another process that writes half a file and half a folder into `place`, and lives. */
async function writerIn(place: string): Promise<ChildProcess> {
  mkdirSync(place, { recursive: true });
  const program = join(sources.folder, 'writer.mjs');
  const child = spawn(process.execPath, [program, join(place, 'text.arrow'), place], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await gone;
}

describe('what a process has under temporary names', () => {
  test('stays while it lives, and goes with whoever comes next after a kill, whatever that one writes', async () => {
    const [lived, ended] = [join(folder, 'lived'), join(folder, 'ended')];
    const [living, dead] = await Promise.all([writerIn(lived), writerIn(ended)]);
    await killed(dead);
    temporaryName(join(lived, 'other.arrow'));
    temporaryName(join(ended, 'other.arrow'));
    expect(readdirSync(lived).filter(isTemporaryName)).toHaveLength(2);
    expect(readdirSync(ended)).toEqual([]);
    const left = readdirSync(lived).map((name) => join(lived, name));
    expect(left.map(isAbandoned)).toEqual([false, false]);
    await killed(living);
    expect(left.map(isAbandoned)).toEqual([true, true]);
  });

  test('of another machine or an earlier version goes when nobody touched it for a day', () => {
    const place = join(folder, 'elsewhere');
    mkdirSync(place);
    const names = ['x.json.0badcafe-1-5f3.0123456789ab.tmp', 'x.json.0123456789ab.tmp'];
    const paths = names.map((name) => join(place, name));
    for (const path of paths) writeFileSync(path, 'half');
    expect(paths.map(isAbandoned)).toEqual([false, false]);
    const before = Date.now() / 1000 - 25 * 3600;
    for (const path of paths) utimesSync(path, before, before);
    expect(paths.map(isAbandoned)).toEqual([true, true]);
  });

  test('of a path goes with whoever holds the lock on it, and nothing else does', () => {
    const place = join(folder, 'locked');
    const path = join(place, 'run.checkpoint');
    mkdirSync(place);
    const half = [`${path}.0123456789ab.tmp`, temporaryName(path), temporaryFolder(place, 'run.checkpoint')];
    const others = [temporaryName(join(place, 'run')), `${path}.tmp`, `${path}.old.0123456789ab.tmp`, path];
    for (const one of [half[0], half[1], ...others]) writeFileSync(one, '');
    removeUnfinished(path);
    expect(half.filter((one) => existsSync(one))).toEqual([]);
    expect(others.filter((one) => existsSync(one))).toEqual(others);
  });

  test('has a name that no file of people has', () => {
    expect(['notes.tmp', 'a.123.tmp', 'a.0123456789AB.tmp', '0123456789ab'].some(isTemporaryName)).toBe(false);
  });
});
