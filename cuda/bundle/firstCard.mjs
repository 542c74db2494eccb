// What a card says in under eight minutes: each step under its own limit, with its own file in RESULTS. One that fails, is refused or runs
// out of time keeps no other from running. PYTHON names a Python with torch; AMR_TEST_CARD=cuda-emulated tries all of it without a card, on
// little data. Ends with 0 where all was right, 2 where the machine has no card, 1 where a step failed, 130 where it was interrupted.
import { spawn } from 'node:child_process';
import {
  accessSync,
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const here = import.meta.dirname;
const results = resolve(process.argv[2] ?? 'results');
const summary = join(results, 'summary.txt');
const card = process.env.AMR_TEST_CARD || 'cuda';
const isDry = card !== 'cuda';
/** What all limits are multiplied by: a slow machine takes longer over a dry run. */
const pace = Number(process.env.AMR_LIMITS || 1);
/** The end of a limit, for what must be asked twice: it saves, or is in the middle of a call. */
const GRACE_SECONDS = 5 * pace;
/** Exit codes of the command: what the machine or the caller must mend, and an interrupt. */
const REFUSED = 2;
const INTERRUPTED = 130;

const ours = (...words) => [process.execPath, join(here, 'run.mjs'), ...words];
const clothing = join(here, 'data/clothing');
const hasData = !isDry && existsSync(clothing);
const catalog = join(results, 'catalog');
const python = process.env.PYTHON || programNamed('python3');

/** [name, seconds, program, ...words]; the seconds of all are under eight minutes. */
const steps = [
  ['machine', 10, 'nvidia-smi', '-q'],
  ['doctor', 10, ...ours('doctor')],
  ['smoke', 30, ...ours('smoke')],
  ['tests', 100, ...ours('test')],
  [
    'bench',
    140,
    ...ours(
      'bench',
      '--sizes',
      isDry ? 'tiny' : 'baby,clothing',
      '--rounds',
      isDry ? '3' : '5',
      ...beside(),
      ...written('bench'),
    ),
  ],
  ...(hasData ? [] : [['catalog', 10, ...ours('data', 'synth', '--out', catalog, ...catalogSize())]]),
  ['train-lightgcn', 35, ...ours(...training('lightgcn'))],
  ['train-agentmmrec', 45, ...ours(...training('agentmmrec'))],
  ['memcheck', 50, 'compute-sanitizer', '--error-exitcode', '1', '--target-processes', 'all', ...ours('smoke')],
  ['profile', 40, 'ncu', ...profiled(), ...ours('profile')],
];

mkdirSync(results, { recursive: true });
writeFileSync(summary, existsSync(join(here, 'COMMIT')) ? readFileSync(join(here, 'COMMIT')) : '');
let [running, isInterrupted] = [null, false];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    end(running, isInterrupted ? 'SIGKILL' : 'SIGTERM');
    isInterrupted = true;
    setTimeout(() => end(running, 'SIGKILL'), 1000 * GRACE_SECONDS).unref();
  });
}
const ends = [];
for (const [name, seconds, program, ...words] of steps) {
  if (isInterrupted) break;
  const path = programNamed(program);
  console.log(`== ${name} (at most ${seconds * pace} s)`);
  const found = path
    ? await run(name, seconds * pace, path, words)
    : { code: 0, words: `skipped, there is no ${program}` };
  ends.push(found.code);
  note(`${name}: ${found.words}`);
}
process.exitCode = exitCode();

function exitCode() {
  if (isInterrupted) return INTERRUPTED;
  if (ends.some((code) => code !== 0 && code !== REFUSED)) return 1;
  return ends.includes(REFUSED) ? REFUSED : 0;
}

function note(line) {
  appendFileSync(summary, `${line}\n`);
  console.log(line);
}

/** How the step ended, and its last line where it was not right. */
async function run(name, seconds, path, words) {
  const log = join(results, `${name}.log`);
  const output = openSync(log, 'w');
  const begun = Date.now();
  const child = spawn(path, words, { stdio: ['pipe', output, output], detached: true });
  child.stdin.on('error', () => {}); // it has ended
  child.stdin.end();
  closeSync(output);
  running = child;
  let isLate = false;
  const timers = [
    setTimeout(
      () => {
        isLate = true;
        end(child, 'SIGTERM');
      },
      1000 * (seconds - GRACE_SECONDS),
    ),
    setTimeout(() => end(child, 'SIGKILL'), 1000 * seconds),
  ];
  const status = await new Promise((ended) => {
    child.once('error', (error) => ended(error.message));
    child.once('close', (code, signal) => ended(code ?? signal));
  });
  for (const timer of timers) clearTimeout(timer);
  end(child, 'SIGKILL'); // what it may have left
  running = null;
  const after = `after ${((Date.now() - begun) / 1000).toFixed(1)} s`;
  if (isInterrupted) return { code: INTERRUPTED, words: `interrupted ${after}` };
  if (isLate) return { code: 1, words: `out of time ${after}` };
  if (status === 0) return { code: 0, words: `exit 0 ${after}` };
  const lastLine = readFileSync(log, 'utf8').trim().split('\n').at(-1);
  const verdict = status === REFUSED ? 'refused, exit 2' : typeof status === 'number' ? `exit ${status}` : status;
  return { code: status, words: `${verdict} ${after}: ${lastLine}` };
}

/** The step with all that it started. */
function end(child, signal) {
  if (!child?.pid) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it has ended
  }
}

/** The path of a program on PATH or among CUDA's own, or undefined. */
function programNamed(name) {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
    '/usr/local/cuda/bin',
  ];
  return [name.includes('/') ? name : [], ...folders.map((folder) => join(folder, name))].flat().find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function beside() {
  return python ? ['--python', python] : [];
}

function written(name) {
  return ['--report', join(results, `${name}.md`), '--output', join(results, `${name}.json`)];
}

function catalogSize() {
  return ['--users', isDry ? '40' : '4000', '--items', isDry ? '30' : '3000', '--image-size', '0'];
}

/** Five epochs at the models' true widths: features as wide as the real ones, which a bundle has no room for. */
function training(model) {
  const data = hasData ? [clothing, '--features', 'synthetic'] : [catalog];
  const place = ['--workspace', join(results, 'workspace'), '--device', card];
  return [
    'train',
    '--model',
    model,
    '--data',
    ...data,
    ...place,
    '--epochs',
    isDry ? '1' : '5',
    '--compare',
    'none',
    '--json',
  ];
}

/** The kernels that `profile` launches, each once; clocks are left as they are. */
function profiled() {
  const kernels = 'regex:^(propagate|multiplyTiles|eachElement|sumSlices|addGradients|searchTiles)$';
  return ['--target-processes', 'all', '--clock-control', 'none', '--kernel-name', kernels, '--csv'];
}
