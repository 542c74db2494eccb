import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builtAgentmmrec, finished, temporaryFolder } from '../support/cli.js';
import { root } from '../support/repository.js';

// What a verb loads before it answers: the number of modules is what a start costs.

const { folder, remove } = temporaryFolder();
afterAll(remove);
// Nothing to do after `npm run build`; after the compiler alone the bundle is of other code and would not be run.
beforeAll(() => void execFileSync(process.execPath, [join(root, 'packages/cli/bundle.mjs')]));

const hooks = `import { writeSync } from 'node:fs';
export async function load(url, context, next) { writeSync(2, 'loads ' + url + '\\n'); return next(url, context); }`;
const counting = join(folder, 'counting.mjs');

/** The files that a command line loads, from the repository. */
async function loaded(...words: string[]): Promise<readonly string[]> {
  writeFileSync(join(folder, 'hooks.mjs'), hooks);
  writeFileSync(counting, `import { register } from 'node:module'; register('./hooks.mjs', import.meta.url);`);
  const bin = join(root, 'packages/cli/bin/agentmmrec.mjs');
  const { stderr } = await finished(process.execPath, ['--import', counting, bin, ...words], { cwd: folder });
  const urls = [...stderr.matchAll(/^loads (file:.*)$/gm)].map(([, url]) => fileURLToPath(url));
  return urls.filter((file) => !file.startsWith(folder)).map((file) => relative(root, file));
}

test.each([
  ['--help', 16],
  ['misspelt', 16],
  ['data stats --nonsense', 40],
  ['train --nonsense', 40],
  ['knowledge build --nonsense', 48],
  ['serve --nonsense', 48],
  ['experiment nope', 48],
])('%s loads at most %i files, all of them bundled', async (words, most) => {
  const files = await loaded(...words.split(' '));
  expect(files.filter((file) => !/^packages\/cli\/(bin|dist\/bundle\/\w+)\//.test(file))).toEqual([]);
  expect(files.length).toBeGreaterThan(2);
  expect(files.length).toBeLessThanOrEqual(most);
});

test('a stack, where it is asked for, names the sources', async () => {
  const words = ['train', '--model', 'lightgcn', '--data', 'nowhere'];
  const { code, stderr } = await builtAgentmmrec(words, { cwd: folder, env: { AMR_DEBUG: '1' } });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /packages\/datasets\/src\/\w+\.ts:\d+:\d+\)\n[\s\S]*packages\/cli\/src\/commands\/train\.ts:\d+/,
  );
  expect(stderr).not.toMatch(/dist\//);
});

describe('of a checkout', () => {
  const cli = join(folder, 'cli');
  const run = () => finished(process.execPath, [join(cli, 'bin/agentmmrec.mjs')]);
  beforeAll(() => {
    mkdirSync(join(cli, 'dist/bundle/made'), { recursive: true });
    cpSync(join(root, 'packages/cli/bin'), join(cli, 'bin'), { recursive: true });
    writeFileSync(join(cli, 'package.json'), '{"type":"module"}');
    writeFileSync(join(cli, 'dist/.tsbuildinfo'), 'of the first code');
    const digest = createHash('sha1').update('of the first code').digest('hex');
    const current = { entry: 'made/main.js', madeOf: { '../.tsbuildinfo': digest } };
    writeFileSync(join(cli, 'dist/bundle/current.json'), JSON.stringify(current));
    const says = (what: string) => `export async function main() { console.log('${what}'); return 0; }`;
    writeFileSync(join(cli, 'dist/bundle/made/main.js'), says('bundle'));
    writeFileSync(join(cli, 'dist/main.js'), says('modules'));
  });

  test('the bundle runs as long as it is made of what is compiled, then the modules', async () => {
    expect((await run()).stdout).toBe('bundle\n');
    appendFileSync(join(cli, 'dist/.tsbuildinfo'), ', changed');
    expect((await run()).stdout).toBe('modules\n');
  });

  test('that is not built the command says what to run', async () => {
    rmSync(join(cli, 'dist'), { recursive: true });
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('npm ci && npm run build') });
  });
});
