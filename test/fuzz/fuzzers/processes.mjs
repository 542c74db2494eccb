// Commands that are killed at any moment, and two that work in one workspace at once: the next command goes on and ends as one that was
// never disturbed, and nothing half-written stays.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const entry = join(import.meta.dirname, '../../../packages/cli/bin/agentmmrec.mjs');
const threads = ['--threads', '1'];
/** Commands, with what a finished one leaves or says that every other must too. */
const encode = ['encode', '--data', 'catalog', '--out', 'vectors'];
const experiment = [
  ...['experiment', 'efficiency', '--data', 'catalog', '--models', 'lightgcn,vbpr', '--seeds', '1', '--epochs', '2'],
  ...['--search', 'none', '--parallel', '1', '--json'],
];
const train = ['train', '--model', 'vbpr', '--data', 'catalog', '--epochs', '2', '--json'];
const prepare_ = ['data', 'prepare', '--from', 'catalog', '--name', 'shop', '--replace'];

/** What is counted, how many a case has, and how many the bar asks for; cases may take longer than those of a file. */
export const counted = { of: 'kills and pairs', each: 1, least: 20, longestMs: 90_000 };

/** @returns kills one command, or runs two at once */
export async function prepare(folder) {
  const base = join(folder, 'base');
  const synth = ['data', 'synth', '--out', 'base', '--users', '40', '--items', '30', '--image-size', '32'];
  await finished(synth, folder);
  const fresh = () => {
    const place = join(folder, 'case');
    rmSync(place, { recursive: true, force: true });
    cpSync(base, join(place, 'catalog'), { recursive: true });
    return place;
  };
  const outcomes = { encode: encodedIn, experiment: metricsIn };
  const commands = { encode, experiment };
  const expected = {};
  const lasting = {};
  for (const [name, words] of Object.entries(commands)) {
    const place = fresh();
    const startedMs = Date.now();
    expected[name] = outcomes[name](await finished(words, place), place);
    lasting[name] = Date.now() - startedMs;
  }
  const killed = async (name, random) => {
    const place = fresh();
    const run = start(commands[name], place);
    setTimeout(() => run.child.kill('SIGKILL'), random.integer(lasting[name]));
    await run.ended;
    const again = outcomes[name](await finished(commands[name], place), place);
    if (again !== expected[name])
      throw new Error(`${name} ends otherwise after a kill: ${again} for ${expected[name]}`);
    nothingHalf(place);
  };
  const pair = async (random) => {
    const place = fresh();
    const words = [encode, train, prepare_, experiment];
    const two = [words[random.integer(4)], words[random.integer(4)]].map((one) => start(one, place));
    for (const { words: own, ended } of two) {
      const { code, stderr } = await ended;
      // One may be told that the other is at it.
      if (code !== 0 && !(code === 2 && stderr.includes('HINT: wait')))
        throw new Error(`${own.join(' ')} beside another: ${code} ${stderr.slice(-300)}`);
    }
    await finished(train, place);
    nothingHalf(place);
  };
  return async (random) => {
    const which = random.integer(3);
    await (which === 2 ? pair(random) : killed(['encode', 'experiment'][which], random));
  };
}

function start(words, cwd) {
  const child = spawn(process.execPath, [entry, ...words, ...threads], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  return { words, child, ended };
}

async function finished(words, cwd) {
  const { code, stdout, stderr } = await start(words, cwd).ended;
  if (code !== 0) throw new Error(`${words.join(' ')}: ${code} ${stderr.slice(-500)}`);
  return stdout;
}

function encodedIn(_, place) {
  const folder = join(place, 'vectors');
  const digests = readdirSync(folder).map((name) => [name, digestOf(join(folder, name))]);
  return JSON.stringify(digests.sort());
}

function digestOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12);
}

function metricsIn(stdout) {
  const { rows } = JSON.parse(stdout.trim().split('\n').at(-1));
  return JSON.stringify(rows.map(({ label, mean, failures }) => [label, mean, failures]));
}

/** Files under temporary names are what a kill leaves; whoever comes next to the same place takes them away. */
function nothingHalf(place) {
  const left = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tmp$|-writer$/.test(name));
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
}
