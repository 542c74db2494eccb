// Hostile inputs, drawn from a seed: `npm run fuzz -- [--seconds 3] [--seed 1] [--only NAME] [--bar]`; --bar goes on until there are 10^5 calls of
// the addon and 10^4 files and links. Each fuzzer runs in a process of its own, which is held to end well: no crash, no case over 10 s, no more than 1 GB, and every refusal an AmrError that the person can act on.
// What fails is said with its seed and case. Works on the build. Ends with a line of counts for each fuzzer.
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const mostBytes = 2 ** 30;
/** Run on demand alone: a case takes as long as a few commands. */
const slow = new Set(['processes']);
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    bar: { type: 'boolean', default: false },
  },
});
const fuzzers = readdirSync(join(import.meta.dirname, 'fuzzers'))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length))
  .filter((name) => (values.only === undefined ? values.bar || !slow.has(name) : name === values.only));

const totals = new Map();
let failed = false;
for (const name of fuzzers) {
  const outcome = await fuzz(name);
  failed ||= outcome.failure !== null;
  const { cases, of, each, read, refused, mostMs, peakBytes } = outcome;
  totals.set(of, (totals.get(of) ?? 0) + cases * each);
  const facts = `${cases * each} ${of} in ${cases} cases, ${read} read, ${refused} refused, ${Math.round(mostMs)} ms at most, ${Math.round(peakBytes / 1e6)} MB`;
  console.log(`${name}: ${facts}${outcome.failure === null ? '' : `; FAILED ${outcome.failure}`}`);
}
console.log(`in all: ${[...totals].map(([of, count]) => `${count} ${of}`).join(', ')}`);
process.exitCode = failed || fuzzers.length === 0 ? 1 : 0;

/** Runs one fuzzer to its time and watches it. */
async function fuzz(name) {
  // What libraries print about damage is theirs; it is shown where it ends a fuzzer.
  const child = fork(
    join(import.meta.dirname, 'worker.mjs'),
    [name, values.seed, values.seconds, values.bar ? 'least' : ''],
    {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    },
  );
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    printed = (printed + text).slice(-2_000);
  });
  const outcome = {
    cases: 0,
    of: 'cases',
    each: 1,
    longestMs: 60_000,
    read: 0,
    refused: 0,
    mostMs: 0,
    peakBytes: 0,
    failure: null,
  };
  const where = () => `with --only ${name} --seed ${values.seed}, case ${outcome.cases}`;
  let heard = Date.now();
  const watch = setInterval(() => {
    if (Date.now() - heard <= outcome.longestMs) return;
    outcome.failure ??= `a case of more than ${outcome.longestMs / 1000} s ${where()}`;
    child.kill('SIGKILL');
  }, 500);
  child.on('message', (message) => {
    heard = Date.now();
    Object.assign(outcome, message);
    if (message.unexpected) outcome.failure ??= `${message.unexpected} ${where()}`;
  });
  const [code, signal] = await new Promise((resolve) => child.on('close', (...ending) => resolve(ending)));
  clearInterval(watch);
  if (code !== 0) console.log(printed);
  if (code !== 0) outcome.failure ??= `the process ended with ${signal ?? code} ${where()}`;
  if (outcome.peakBytes > mostBytes) outcome.failure ??= `${outcome.peakBytes} bytes of memory ${where()}`;
  if (outcome.failure === null && outcome.cases === 0) outcome.failure = 'no case was run';
  return outcome;
}
