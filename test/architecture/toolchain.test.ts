import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { root } from '../support/repository.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs the check on a machine that has these programs alone, each a script that says this. */
function check(programs: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'toolchain-'));
  folders.push(folder);
  for (const [name, says] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho '${says}'\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const { CXX: _, ...environment } = process.env;
  const env = { ...environment, PATH: folder };
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'native/checkToolchain.mjs')], {
    env,
    encoding: 'utf8',
  });
  return { status, sentences: stderr.trim().split('\n') };
}

const whole = { 'c++': 'c++ 12', cmake: 'cmake version 3.25.1', make: 'GNU Make 4.3' };

describe('what the build needs', () => {
  test('is enough', () => {
    expect(check(whole)).toEqual({ status: 0, sentences: [''] });
  });

  test.each([
    ['c++', /no C\+\+20 compiler was found\. HINT: \S/],
    ['cmake', /cmake was not found\. HINT: \S/],
    ['make', /neither ninja nor make was found.*\. HINT: \S/],
  ])('without %s is named with how to get it', (name, sentence) => {
    const { [name as keyof typeof whole]: _, ...rest } = whole;
    const { status, sentences } = check(rest);
    expect(status).toBe(1);
    expect(sentences).toEqual([expect.stringMatching(sentence)]);
  });

  test('is not an old CMake', () => {
    expect(check({ ...whole, cmake: 'cmake version 3.10.2' })).toMatchObject({
      status: 1,
      sentences: [expect.stringMatching(/version 3\.10\.2 is too old, 3\.20 or newer/)],
    });
  });
});
