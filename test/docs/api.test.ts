import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import layers from '../architecture/layers.cjs';
import { finished } from '../support/cli.js';
import { root } from '../support/repository.js';

test('npm run docs makes pages of every package, and each export has its words', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-api-'));
  try {
    const words = ['node_modules/typedoc/bin/typedoc', '--options', 'docs/typedoc.mjs', '--logLevel', 'Warn'];
    const { code, stdout, stderr } = await finished(process.execPath, [...words, '--out', folder], { cwd: root });
    expect({ code, said: `${stdout}${stderr}` }).toEqual({ code: 0, said: '' });
    const inside = layers.flat().filter((name) => name !== 'cli' && name !== 'benchmarks');
    const missing = inside.filter((name) => !existsSync(join(folder, 'modules', `${name}.html`)));
    expect(missing).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
