import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { finished } from '../support/cli.js';
import { root } from '../support/repository.js';

const place = join(root, 'test/fuzz');

test('a second of every fuzzer ends without a crash, a hang or an unexpected error', async () => {
  const { code, stdout, stderr } = await finished(process.execPath, [join(place, 'run.mjs'), '--seconds', '1']);
  expect([code, stdout.includes('FAILED'), stderr]).toEqual([0, false, '']);
  const names = readdirSync(join(place, 'fuzzers')).map((file) => file.replace('.mjs', ''));
  expect(names.splice(names.indexOf('processes'), 1)).toEqual(['processes']); // minutes: with --bar
  for (const name of names) expect(stdout).toMatch(new RegExp(`^${name}: [1-9]\\d* \\w+ in [1-9]\\d* cases`, 'm'));
}, 240_000);
