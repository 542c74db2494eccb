// What a workspace keeps, of every kind: changed by a byte, cut short, emptied, taken away, or in the place of another. The command that reads
// it says what it said before, since it was made again, or refuses it in a sentence.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { execute } from '../../../packages/cli/dist/main.js';

const entry = join(import.meta.dirname, '../../../packages/cli/bin/agentmmrec.mjs');
const data = ['--data', 'shop'];
const short = ['--epochs', '1', '--threads', '1'];
const experiment = [
  ...['experiment', 'efficiency', ...data, '--models', 'bpr,vbpr', '--seeds', '1', ...short, '--search', 'none'],
  ...['--parallel', '1'],
];
const train = (seed) => [
  ...['train', '--model', 'agentmmrec', '--reasoner', 'extractive', '--compare', 'none', ...data, ...short],
  ...['--seed', seed],
];
const keptFolders = ['.agentmmrec', 'vectors', 'kept'];

/** What is counted, how many a case has, and how many the bar asks for; making all there is comes before the first. */
export const counted = { of: 'files', each: 1, least: 300, longestMs: 240_000 };

/** Files by what reads them. `isRemade`: what is damaged is made again, and never refused. */
const readers = [
  { files: /^\.agentmmrec\/datasets\/shop\/[^/]+\.(?:arrow|json)$/, read: () => said(['data', 'stats', ...data]) },
  {
    files: /^\.agentmmrec\/datasets\/shop\/images\//,
    read: () => {
      for (const name of ['.agentmmrec/artifacts', 'again']) rmSync(name, { recursive: true, force: true });
      return said(['encode', ...data, '--out', 'again'], () => digestsOf('again'));
    },
  },
  { files: /^vectors\//, read: () => said(['data', 'stats', ...data, '--encoded', 'vectors']) },
  {
    files: /^\.agentmmrec\/artifacts\/(?:features|directions|encoded)\//,
    isRemade: true,
    read: () => said(train('1'), metricsOf),
  },
  {
    files: /^\.agentmmrec\/artifacts\/serving/,
    isRemade: true,
    read: (file) => said(['serve', 'prepare', ...data], () => digestsOf(dirname(file))),
  },
  {
    files: /^\.agentmmrec\/knowledge\//,
    read: (file) => {
      rmSync('knowledge.arrow', { force: true });
      const words = ['knowledge', 'export', ...data, '--memory', file, '--to', 'knowledge.arrow'];
      return said(words, () => digestOf('knowledge.arrow'));
    },
  },
  {
    files: /^\.agentmmrec\/runs\/.*\/checkpoint\.(?:amr|run\.json)$/,
    read: (file) => said(['evaluate', ...data, '--checkpoint', file.replace(/run\.json$/, 'amr')], metricsOf),
  },
  {
    files: /^\.agentmmrec\/runs\/.*\/checkpoint\.(?:amr|run\.json)$/,
    read: () =>
      said(['runs', 'list'], ({ runs }) =>
        runs.filter(({ problem, state }) => problem === null && state === 'finished').map(metricsOf),
      ),
  },
  { files: /^\.agentmmrec\/experiments\/runs\//, isRemade: true, read: () => said(experiment, rowsOf) },
  {
    files: /^kept\//,
    read: () => {
      rmSync('other', { recursive: true, force: true });
      cpSync('.agentmmrec/datasets', 'other/datasets', { recursive: true });
      const words = [...experiment, '--keep', 'kept', '--as-it-stands', '--workspace', 'other'];
      return said(words, ({ rows }) =>
        rows.filter(({ mean }) => mean !== null).map(({ label, mean }) => [label, mean]),
      );
    },
  },
  {
    files: /^\.agentmmrec\/reports\//,
    read: () => said(['report'], ({ experiments }) => (experiments === 0 ? [] : digestsOf('.agentmmrec/reports'))),
  },
];

/** @returns damages one file, and reads it */
export async function prepare(folder) {
  process.chdir(folder);
  const size = ['--users', '40', '--items', '30', '--image-size', '24', '--interactions-per-user', '6'];
  await said(['data', 'synth', '--out', 'catalog', ...size]);
  await said(['data', 'prepare', '--from', 'catalog', '--name', 'shop']);
  await said(['encode', ...data, '--out', 'vectors']);
  for (const seed of ['1', '2']) await said(train(seed));
  await said([...experiment, '--keep', 'kept']);
  // What is served goes by the time of its checkpoint, which a copy rounds once.
  copy('.', 'whole');
  copy('whole', '.');
  await said(['serve', 'prepare', ...data]);
  copy('.', 'whole');
  const files = filesIn('whole');
  const expected = new Map();
  const reading = (reader, file) => `${readers.indexOf(reader)} ${file}`;
  const expect = async (reader, file) => {
    if (!expected.has(reading(reader, file))) {
      copy('whole', '.');
      expected.set(reading(reader, file), await reader.read(file));
    }
    return expected.get(reading(reader, file));
  };
  return async (random) => {
    const reader = readers[random.integer(readers.length)];
    const own = files.filter((file) => reader.files.test(file));
    const file = own[random.integer(own.length)];
    const whole = await expect(reader, file);
    if (whole.refusal !== undefined) throw new Error(`${file} is refused as it is: ${whole.refusal}`);
    copy('whole', '.');
    const how = damage(file, own, random);
    const found = await reader.read(file);
    if (found.refusal === undefined ? isSame(found.said, whole.said) : !reader.isRemade) return;
    throw new Error(
      `${file} ${how}: ${JSON.stringify(found).slice(0, 400)} for ${JSON.stringify(whole).slice(0, 400)}`,
    );
  };
}

/** A list may lack what is not there, or cannot be read. */
function isSame(found, whole) {
  const all = JSON.stringify(whole);
  return Array.isArray(found) ? found.every((one) => all.includes(JSON.stringify(one))) : JSON.stringify(found) === all;
}

/** @returns in words what was done */
function damage(file, alike, random) {
  const bytes = readFileSync(file);
  switch (random.integer(6)) {
    case 0:
      rmSync(file);
      return 'taken away';
    case 1:
      writeFileSync(file, '');
      return 'emptied';
    case 2: {
      const length = random.integer(bytes.length);
      writeFileSync(file, bytes.subarray(0, length));
      return `cut to ${length} bytes`;
    }
    case 3: {
      const others = alike.filter((one) => one !== file && extname(one) === extname(file));
      if (others.length === 0) break;
      const other = others[random.integer(others.length)];
      const [there, here] = [readFileSync(join('whole', other)), bytes];
      writeFileSync(file, there);
      writeFileSync(other, here);
      return `in the place of ${other}`;
    }
    default:
  }
  const at = random.integer(bytes.length);
  bytes[at] ^= 1 << random.integer(8);
  writeFileSync(file, bytes);
  return `with byte ${at} changed`;
}

/** Runs a command line. @returns what of its result counts, or its refusal */
async function said(words, of = (told) => told) {
  const { code, stdout, stderr } = await (words[0] === 'serve' ? elsewhere(words) : here(words));
  if (code === 0) return { said: of(JSON.parse(stdout.trim().split('\n').at(-1))) };
  if (/^agentmmrec: (?!internal error).*HINT: /m.test(stderr)) return { refusal: stderr.slice(-300) };
  throw new Error(`${words.join(' ')}: ${code} ${stderr.slice(-500)}`);
}

async function here(words) {
  let [stdout, stderr] = ['', ''];
  const code = await execute([...words, '--json'], {
    stdout: (text) => {
      stdout += text;
    },
    stderr: { write: (text) => (stderr += text) },
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

/** In a process of its own: what is made for a server ends its talk with the process that asked for it. */
function elsewhere(words) {
  const child = spawn(process.execPath, [entry, ...words, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

function metricsOf({ model, seed, split, validation, valid, test, testReranked }) {
  return { model, seed, split, validation, valid, test, testReranked };
}

function rowsOf({ rows }) {
  return JSON.stringify(rows.map(({ label, mean, failures }) => [label, mean, failures]));
}

function copy(from, to) {
  for (const name of keptFolders) {
    rmSync(join(to, name), { recursive: true, force: true });
    cpSync(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true });
  }
}

function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}

function digestsOf(folder) {
  return filesIn(folder).map((name) => `${basename(name)} ${digestOf(join(folder, name))}`);
}

function digestOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
}
