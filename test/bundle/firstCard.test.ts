import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/cli.js';
import { root } from '../support/repository.js';

const { folder, remove } = temporaryFolder();
afterAll(remove);

/** Says its words. */
const RIGHT = 'console.log(process.argv.slice(2).join(" "))';
const STEPS = [
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

/** An unpacked bundle whose `run.mjs` is the given code, and a folder of programs that say their words: all that PATH has. */
function bundle(name: string, code: string, programs: readonly string[] = ['nvidia-smi', 'compute-sanitizer']) {
  const [place, tools] = [join(folder, name), join(folder, `${name}-tools`)];
  for (const path of [place, tools]) mkdirSync(path);
  for (const file of ['firstCard.sh', 'bundle/firstCard.mjs'])
    cpSync(join(root, 'cuda', file), join(place, file.replace('bundle/', '')));
  symlinkSync(process.execPath, join(place, 'node'));
  writeFileSync(join(place, 'COMMIT'), 'abc1234\n');
  writeFileSync(join(place, 'run.mjs'), code);
  for (const program of programs) {
    writeFileSync(join(tools, program), '#!/bin/sh\necho "$@"\n');
    chmodSync(join(tools, program), 0o755);
  }
  const results = join(folder, `${name}-results`);
  return {
    results,
    command: [join(place, 'firstCard.sh'), [results]] as const,
    path: { PATH: tools },
    words: (step: string) => readFileSync(join(results, `${step}.log`), 'utf8').trim(),
    summary: () => readFileSync(join(results, 'summary.txt'), 'utf8').trim().split('\n'),
  };
}

function run(made: ReturnType<typeof bundle>, env: NodeJS.ProcessEnv = {}) {
  const { status, stdout } = spawnSync(...made.command, { env: { ...made.path, ...env }, encoding: 'utf8' });
  return { status, limits: [...stdout.matchAll(/\(at most (\d+) s\)/g)].map(([, seconds]) => Number(seconds)) };
}

const namesOf = (lines: readonly string[]) => lines.map((line) => line.split(':')[0]);

test('goes through all steps within eight minutes by their limits, and says of each how it ended', () => {
  const made = bundle('right', RIGHT);
  const { status, limits } = run(made);
  expect(status).toBe(0);
  const [commit, ...ends] = made.summary();
  expect(commit).toBe('abc1234');
  expect(ends.slice(0, -1).map((line) => line.replace(/[\d.]+ s$/, ''))).toEqual(
    STEPS.map((step) => `${step}: exit 0 after `),
  );
  expect(ends.at(-1)).toBe('profile: skipped, there is no ncu');
  expect(limits).toHaveLength(STEPS.length + 1);
  expect(limits.reduce((sum, limit) => sum + limit)).toBeLessThanOrEqual(470);
  expect(readdirSync(made.results).sort()).toEqual([...STEPS.map((step) => `${step}.log`), 'summary.txt'].sort());
  expect(made.words('bench')).toMatch(
    /^bench --sizes baby,clothing --rounds 5 --report .+bench\.md --output .+bench\.json$/,
  );
  expect(made.words('train-lightgcn')).toMatch(/--model lightgcn .+ --device cuda --epochs 5 /);
  expect(made.words('memcheck')).toMatch(/ --target-processes all .+run\.mjs smoke$/);
});

test('with data in the bundle it trains on them, with features as wide as the real ones; ncu sees six kernels', () => {
  const made = bundle('data', RIGHT, ['ncu', 'python3']);
  mkdirSync(join(folder, 'data/data/clothing'), { recursive: true });
  expect(run(made).status).toBe(0);
  expect(namesOf(made.summary())).not.toContain('catalog');
  expect(made.words('train-agentmmrec')).toMatch(/--data .+data\/clothing --features synthetic .+ --epochs 5 /);
  expect(made.words('bench')).toMatch(/--python .+data-tools\/python3 /);
  const [, kernels] = /--kernel-name regex:\^\((.+)\)\$ .+run\.mjs profile$/.exec(made.words('profile')) ?? [];
  expect(kernels.split('|')).toHaveLength(6);
});

test('a step that fails is told with its end and keeps no other from running', () => {
  const made = bundle(
    'wrong',
    `${RIGHT}; if (process.argv[2] === 'bench') { console.log('no memory'); process.exitCode = 3; }`,
  );
  expect(run(made).status).toBe(1);
  expect(made.summary().find((line) => line.startsWith('bench'))).toMatch(/^bench: exit 3 after .+ s: no memory$/);
  expect(made.summary().filter((line) => line.includes('exit 0'))).toHaveLength(STEPS.length - 1);
});

test('without a card and an empty PATH each step says what was refused or skipped, and the whole ends with 2', () => {
  const made = bundle(
    'refused',
    `if (process.argv[2] === 'doctor' || process.argv[2] === 'data') process.exit(0);
     console.error('device cuda: got no NVIDIA driver'); process.exitCode = 2;`,
    [],
  );
  expect(run(made, { PATH: '' }).status).toBe(2);
  const ends = Object.fromEntries(
    made
      .summary()
      .slice(1)
      .map((line) => [line.split(':')[0], line]),
  );
  for (const step of ['smoke', 'tests', 'bench', 'train-lightgcn', 'train-agentmmrec'])
    expect(ends[step]).toMatch(/: refused, exit 2 after .+ s: device cuda: got no NVIDIA driver$/);
  expect(ends.machine).toBe('machine: skipped, there is no nvidia-smi');
  expect(ends.memcheck).toBe('memcheck: skipped, there is no compute-sanitizer');
  expect(ends.profile).toBe('profile: skipped, there is no ncu');
});

test('dry on the emulated card it takes the same steps on little data', () => {
  const made = bundle('dry', RIGHT);
  expect(run(made, { AMR_TEST_CARD: 'cuda-emulated' }).status).toBe(0);
  expect(made.words('bench')).toContain('--sizes tiny');
  expect(made.words('catalog')).toContain('--users 40 --items 30');
  expect(made.words('train-agentmmrec')).toContain('--device cuda-emulated --epochs 1');
});

/** Hangs in `bench` with a process beside it, both deaf to SIGTERM, whose numbers it leaves. */
const deaf = (pids: string) => `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  if (process.argv[2] === 'bench') {
    const child = spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do /bin/sleep 1; done'], { stdio: 'ignore' });
    writeFileSync('${pids}', JSON.stringify([process.pid, child.pid]));
    process.on('SIGTERM', () => {});
    setInterval(() => {}, 1000);
  }`;

/** Whether it runs: one that ended may still be listed until its parent asks for it. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.+\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('a step that does not end when it is asked to is killed with all it started, and the next ones run', () => {
  const pids = join(folder, 'late.pids');
  const made = bundle('late', deaf(pids));
  expect(run(made, { AMR_LIMITS: '0.03' }).status).toBe(1);
  const ends = made.summary();
  expect(ends.find((line) => line.startsWith('bench'))).toMatch(/^bench: out of time after 4\.\d s$/);
  expect(namesOf(ends).at(-1)).toBe('profile');
  expect((JSON.parse(readFileSync(pids, 'utf8')) as number[]).filter(runs)).toEqual([]);
});

test('an interrupt ends the step under way and the rest, and keeps what was found', async () => {
  const pids = join(folder, 'interrupted.pids');
  const made = bundle('interrupted', deaf(pids));
  const child = spawn(...made.command, { env: made.path, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  for (let turn = 0; turn < 500 && !existsSync(pids); turn++) await wait(20);
  child.kill('SIGINT');
  await wait(300);
  child.kill('SIGINT'); // again: it is not waited for any longer
  expect(await ended).toBe(130);
  const ends = made.summary();
  expect(ends.at(-1)).toMatch(/^bench: interrupted after .+ s$/);
  expect(namesOf(ends)).toContain('tests');
  expect((JSON.parse(readFileSync(pids, 'utf8')) as number[]).filter(runs)).toEqual([]);
});
