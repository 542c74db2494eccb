// Hostile inputs, drawn from a seed: `npm run fuzz -- [--seconds 3] [--seed 1] [--only NAME]`. Each fuzzer runs in a process of its own, which is
// held to end well: no crash, no case over 10 s, no more than 1 GB, and every refusal an AmrError that the person can act on.
// What fails is said with its seed and case. Works on the build. Ends with a line of counts for each fuzzer.
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const longestCaseMs = 10_000;
const mostBytes = 2 ** 30;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const fuzzers = readdirSync(join(import.meta.dirname, 'fuzzers'))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length))
  .filter((name) => values.only === undefined || name === values.only);

let failed = false;
for (const name of fuzzers) {
  const outcome = await fuzz(name);
  failed ||= outcome.failure !== null;
  const { cases, read, refused, mostMs, peakBytes } = outcome;
  const facts = `${cases} cases, ${read} read, ${refused} refused, ${Math.round(mostMs)} ms at most, ${Math.round(peakBytes / 1e6)} MB`;
  console.log(`${name}: ${facts}${outcome.failure === null ? '' : `; FAILED ${outcome.failure}`}`);
}
process.exitCode = failed || fuzzers.length === 0 ? 1 : 0;

/** Runs one fuzzer to its time and watches it. */
async function fuzz(name) {
  const child = fork(join(import.meta.dirname, 'worker.mjs'), [name, values.seed, values.seconds]);
  const outcome = { cases: 0, read: 0, refused: 0, mostMs: 0, peakBytes: 0, failure: null };
  const where = () => `with --only ${name} --seed ${values.seed}, case ${outcome.cases}`;
  let heard = Date.now();
  const watch = setInterval(() => {
    if (Date.now() - heard <= longestCaseMs) return;
    outcome.failure ??= `a case of more than 10 s ${where()}`;
    child.kill('SIGKILL');
  }, 500);
  child.on('message', (message) => {
    heard = Date.now();
    Object.assign(outcome, message);
    if (message.unexpected) outcome.failure ??= `${message.unexpected} ${where()}`;
  });
  const [code, signal] = await new Promise((resolve) => child.on('close', (...ending) => resolve(ending)));
  clearInterval(watch);
  if (code !== 0) outcome.failure ??= `the process ended with ${signal ?? code} ${where()}`;
  if (outcome.peakBytes > mostBytes) outcome.failure ??= `${outcome.peakBytes} bytes of memory ${where()}`;
  if (outcome.failure === null && outcome.cases === 0) outcome.failure = 'no case was run';
  return outcome;
}
