import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/cli.js';
import { root } from '../support/repository.js';

const { folder, remove } = temporaryFolder();
afterAll(remove);

/** A program of the given lines in a folder. */
function program(path: string, ...lines: string[]): void {
  writeFileSync(path, `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(path, 0o755);
}

/** The script beside a `run` that only says its words, with tools of the card that do likewise and a `timeout` that notes the limit. */
function firstCard(name: string, run: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [bundle, tools] = [join(folder, name), join(folder, `${name}-tools`)];
  for (const path of [bundle, tools]) mkdirSync(path);
  cpSync(join(root, 'cuda/firstCard.sh'), join(bundle, 'firstCard.sh'));
  writeFileSync(join(bundle, 'COMMIT'), 'abc1234\n');
  program(join(bundle, 'run'), ...run);
  const limits = join(folder, `${name}.limits`);
  program(join(tools, 'timeout'), `echo "$3" >>"${limits}"`, 'shift 3', '"$@"');
  for (const tool of ['nvidia-smi', 'compute-sanitizer']) program(join(tools, tool), 'echo "$@"');
  const results = join(folder, `${name}-results`);
  const { status, stdout } = spawnSync('sh', [join(bundle, 'firstCard.sh'), results], {
    env: { PATH: `${tools}:/usr/bin:/bin`, ...env },
    encoding: 'utf8',
  });
  return {
    status,
    stdout,
    results,
    words: (step: string) => readFileSync(join(results, `${step}.log`), 'utf8').trim(),
    summary: readFileSync(join(results, 'summary.txt'), 'utf8').trim().split('\n'),
    limits: readFileSync(limits, 'utf8').trim().split('\n').map(Number),
  };
}

test('goes through all steps within eight minutes by their limits, and says of each how it ended', () => {
  const { status, words, summary, limits, results } = firstCard('right', ['echo "$@"']);
  expect(status).toBe(0);
  expect(summary[0]).toBe('abc1234');
  const steps = [
    'machine',
    'doctor',
    'smoke',
    'tests',
    'bench',
    'catalog',
    'train-lightgcn',
    'train-agentmmrec',
    'memcheck',
  ];
  expect(summary.slice(1, -1).map((line) => line.replace(/ \d+ s$/, ''))).toEqual(
    steps.map((step) => `${step}: exit 0 after`),
  );
  expect(summary.at(-1)).toBe('profile: there is no ncu');
  expect(limits).toHaveLength(steps.length);
  expect(limits.reduce((sum, limit) => sum + limit, 50)).toBeLessThanOrEqual(480);
  expect(readdirSync(results).sort()).toEqual([...steps.map((step) => `${step}.log`), 'summary.txt'].sort());
  expect(words('bench')).toMatch(/^bench --sizes baby,clothing --rounds 3 --report .+bench\.md$/);
  expect(words('train-lightgcn')).toMatch(/--model lightgcn .+ --device cuda --epochs 5 /);
});

test('a step that fails is told with its end and keeps no other from running', () => {
  const { status, stdout, summary } = firstCard('wrong', ['[ "$1" != bench ] || { echo no memory; exit 3; }']);
  expect(status).toBe(1);
  expect(stdout).toContain('bench: exit 3');
  expect(stdout).toContain('no memory');
  expect(summary.filter((line) => line.includes('exit 0'))).toHaveLength(8);
});

test('dry on the emulated card it takes the same steps on little data', () => {
  const { status, words, limits } = firstCard('dry', ['echo "$@"'], { AMR_TEST_CARD: 'cuda-emulated' });
  expect(status).toBe(0);
  expect(limits).toHaveLength(9);
  expect(words('bench')).toContain('--sizes tiny');
  expect(words('catalog')).toContain('--users 40 --items 30');
  expect(words('train-agentmmrec')).toContain('--device cuda-emulated --epochs 1');
});
