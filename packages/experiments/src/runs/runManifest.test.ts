import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRunManifest } from './runManifest.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentmmrec-manifest-'));
  execFileSync('mkfifo', [join(folder, 'pipe.amr')]);
  writeFileSync(join(folder, 'alone.amr'), 'x');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['pipe.amr', /got a pipe, expected the file of a run.*HINT: name the file where train wrote it/],
  ['', /got a folder, expected the file of a run.*HINT: name the file in it, such as .*checkpoint\.amr/],
  ['alone.amr', /got no manifest of a run/],
  ['absent.amr', /got no such file/],
])('%j is no checkpoint of a run, and why is said', (name, sentence) => {
  expect(() => readRunManifest(join(folder, name))).toThrow(sentence);
});
