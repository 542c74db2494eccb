import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { childSources } from '../support/childSources.js';
import { finished } from '../support/cli.js';
import { root } from '../support/repository.js';

const folders = readdirSync(join(root, 'packages'));
let sources: ReturnType<typeof childSources>;
beforeAll(() => {
  sources = childSources(folders);
});
afterAll(() => sources.remove());

/** The programs of a README and what each prints: a block of `js` and the block of `text` after it. */
function programs(folder: string): { code: string; printed: string }[] {
  const readme = readFileSync(join(root, 'packages', folder, 'README.md'), 'utf8');
  return [...readme.matchAll(/```js\n([\s\S]*?)```\s*```text\n([\s\S]*?)```/g)].map(([, code, printed]) => ({
    code,
    printed,
  }));
}

describe.each(folders)('README of %s', (folder) => {
  test('has a program that prints what stands below it', async () => {
    const found = programs(folder);
    expect(found.length).toBeGreaterThan(0);
    for (const [at, { code, printed }] of found.entries()) {
      const path = join(sources.folder, `${folder}${at}.mjs`);
      writeFileSync(path, code);
      const { stdout, stderr } = await finished(process.execPath, [path], { cwd: sources.folder });
      expect({ stdout, stderr }).toEqual({ stdout: printed, stderr: '' });
    }
  });
});
