import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  agentmmrec,
  builtAgentmmrec,
  type Finished,
  filesUnder,
  finished,
  result,
  temporaryFolder,
} from '../support/cli.js';
import { root } from '../support/repository.js';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const HEADER = 'userID\titemID\tx_label\n';
const USERS = 12;
const ITEMS = 8;

/** Rows of a small data set: each user has five training items, one for validation and one for test. */
function rows(): string[] {
  return Array.from({ length: USERS }, (_, user) =>
    Array.from({ length: 7 }, (_, n) => `${user}\t${(user + n) % ITEMS}\t${Math.max(0, n - 4)}`),
  ).flat();
}

/** A version 1 NumPy file. */
function npy(descr: string, shape: string, values: Uint8Array): Buffer {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const size = Buffer.alloc(2);
  size.writeUInt16LE(padded.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), size, Buffer.from(padded), values]);
}

function floats(count: number, value = (n: number) => Math.sin(n)): Uint8Array {
  return new Uint8Array(Float32Array.from({ length: count }, (_, n) => value(n)).buffer);
}

let sets = 0;
/** Writes a data set folder and returns its path. */
function dataset(files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = join(folder, `set${sets++}`);
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

const withRows = (edit: (lines: string[]) => string[]) =>
  dataset({ 'set.inter': `${HEADER}${edit(rows()).join('\n')}\n` });
const withFeatures = (content: Uint8Array) =>
  dataset({ 'set.inter': `${HEADER}${rows().join('\n')}\n`, 'image_feat.npy': content });
const replaced = (line: number, text: string) => withRows((lines) => lines.with(line - 2, text));

/** One clear sentence on stderr, exit 2, nothing on stdout. */
function expectRefusal(run: Finished, ...parts: (string | RegExp)[]): void {
  const sentences = run.stderr.split('\n').filter((line) => line.startsWith('agentmmrec: '));
  expect(sentences).toHaveLength(1);
  for (const part of parts) expect(sentences[0]).toMatch(part);
  expect(sentences[0]).toContain('HINT: ');
  expect(run.stderr).not.toMatch(/\n\s+at /);
  expect(run.stdout).toBe('');
  expect(run.code).toBe(2);
}

let workspaces = 0;
/** Prepares the data set into an empty workspace, which must stay empty. */
async function refusedPreparation(from: string, ...parts: (string | RegExp)[]): Promise<void> {
  await refusedBy(agentmmrec, from, ...parts);
}

async function refusedBy(start: typeof agentmmrec, from: string, ...parts: (string | RegExp)[]): Promise<void> {
  const workspace = join(folder, `workspace${workspaces++}`);
  const run = await start(['data', 'prepare', '--from', from, '--name', 'x', '--workspace', workspace]);
  expectRefusal(run, ...parts);
  expect(filesUnder(workspace)).toEqual([]);
}

test('the undamaged data set is fine', async () => {
  const run = await agentmmrec(['data', 'stats', '--data', withRows((lines) => lines), '--json'], { cwd: folder });
  expect(run.code).toBe(0);
  expect(result(run.stdout)).toMatchObject({
    users: USERS,
    items: ITEMS,
    interactions: { total: 84 },
    duplicatesMerged: 0,
  });
});

describe('refused in one sentence with exit 2 and nothing half-written', () => {
  test('a missing file, also by the built command', async () => {
    for (const start of [agentmmrec, builtAgentmmrec]) await refusedBy(start, join(folder, 'nowhere'), 'nowhere');
  });
  test('an empty folder', () => refusedPreparation(dataset({}), /expected/));
  test('a missing column', () =>
    refusedPreparation(dataset({ 'set.inter': 'userID\tx_label\n0\t0\n' }), 'set.inter', 'itemID'));
  test('an id that is no number, with file and line', () =>
    refusedPreparation(replaced(5, 'abc\t1\t0'), /set\.inter.*line 5/));
  test('a negative id, with file and line', () => refusedPreparation(replaced(9, '-1\t1\t0'), /set\.inter.*line 9/));
  test('a huge id, with file and line', () =>
    refusedPreparation(replaced(7, '0\t99999999999999\t0'), /set\.inter.*line 7/));
  test('a bad label, with file and line', () => refusedPreparation(replaced(3, '0\t1\t7'), /set\.inter.*line 3/));
  test('a row that is cut off, with file and line', () =>
    refusedPreparation(replaced(85, '11\t'), /set\.inter.*line 85/));
  test('features with the wrong number of rows', () =>
    refusedPreparation(withFeatures(npy('<f4', '5, 4', floats(20))), 'image_feat.npy', /5/));
  test('features with NaN', () =>
    refusedPreparation(
      withFeatures(
        npy(
          '<f4',
          '8, 4',
          floats(32, (n) => (n === 9 ? Number.NaN : n)),
        ),
      ),
      'image_feat.npy',
      /NaN/,
    ));
  test('a pickled .npy', () =>
    refusedPreparation(withFeatures(npy('|O', '8,', new Uint8Array(64))), 'image_feat.npy', /pickle|object/i));
  test('a truncated .npy', () => refusedPreparation(withFeatures(npy('<f4', '8, 4', floats(20))), 'image_feat.npy'));
  test('a file that is no .npy', () =>
    refusedPreparation(withFeatures(new TextEncoder().encode('hello')), 'image_feat.npy'));
});

describe('the command line', () => {
  test.each([
    [['trian', '--data', 'x'], /did you mean "train"/],
    [['data', 'stat', '--data', 'x'], /did you mean "data stats"/],
    [['data', 'stats', '--dta', 'x'], /did you mean --data/],
    [['data', 'stats', '--data'], /got no value/],
    [['data', 'stats'], /got no --data/],
    [['data', 'stats', '--data', 'x', '--seed', 'one'], /a whole number/],
    [['data', 'stats', '--data', 'x', '--device', 'gpu'], /one of auto, cpu, cuda/],
    [['data', 'stats', '--data', 'x', '--config', 'missing.yaml'], /no readable file/],
    [['train', '--model', 'lightgnc', '--data', 'x'], /did you mean "lightgcn"/],
    [['train', '--model', 'lightgcn', '--data', 'x', '--layer', '2'], /did you mean --layers/],
    [['train', '--model', 'lightgcn', '--data', 'x', '--layers', '-1'], /a whole number from 1 to 8/],
  ])('refuses %j', async (words, sentence) => {
    expectRefusal(await agentmmrec(words, { cwd: folder }), sentence);
  });
});

describe('a model that cannot be trained on the data, or so, is refused', () => {
  const plain = withRows((lines) => lines);
  const pictured = withFeatures(npy('<f4', `${ITEMS}, 4`, floats(4 * ITEMS)));
  const ofMoreItems = withFeatures(npy('<f4', `${ITEMS + 1}, 4`, floats(4 * ITEMS + 4)));
  const sentences: [string, string, string[], RegExp][] = [
    [
      'without the features it needs',
      plain,
      ['--model', 'freedom'],
      /freedom: got no item features, expected item feat/,
    ],
    ['by features where there are none', plain, ['--model', 'itemknn', '--by', 'features'], /got no item features/],
    ...['freedom', 'smore', 'lattice', 'befa', 'mentor', 'cohesion', 'hpmrec', 'agentmmrec'].map(
      (model): (typeof sentences)[number] => [
        `${model} with k above the number of items`,
        pictured,
        ['--model', model, '--k', '20', ...(model === 'agentmmrec' ? ['--compare', 'none'] : [])],
        /got k = 20 for 8 rows, expected k from 1 to 8/,
      ],
    ),
    ['on features of other items', ofMoreItems, ['--model', 'smore'], /image_feat\.npy: got 9 rows, expected 8/],
    ['with an option of another model', pictured, ['--model', 'bpr', '--layers', '2'], /--layers: got an unknown flag/],
    [
      'with a preset it does not have',
      pictured,
      ['--model', 'bpr', '--preset', 'tuned'],
      /--preset: got an unknown flag/,
    ],
    ['with another preset than its own', pictured, ['--model', 'ease', '--preset', 'source'], /one of default, tuned/],
  ];
  test.each(sentences)('%s', async (_, data, words, sentence) => {
    const workspace = join(folder, `workspace${workspaces++}`);
    const run = await agentmmrec(['train', ...words, '--data', data, '--epochs', '1', '--workspace', workspace], {
      cwd: folder,
    });
    expectRefusal(run, sentence);
  });
});

describe('counted and no error', () => {
  test('duplicates are merged and users without training items kept as cold', async () => {
    const data = withRows((lines) => [...lines, lines[0], lines[0], `${USERS}\t0\t1`, `${USERS}\t1\t2`]);
    const run = await agentmmrec(['data', 'stats', '--data', data, '--json'], { cwd: folder });
    expect(run.code).toBe(0);
    expect(result(run.stdout)).toMatchObject({ users: USERS + 1, duplicatesMerged: 2, coldUsers: 1 });
  });
});

test('bench compares with a report of its own kind alone, before it measures', async () => {
  const older = (name: string, content: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const bench = (path: string) =>
    agentmmrec(['bench', '--suites', 'spmm', '--sizes', 'tiny', '--threads', '1', '--compare', path], { cwd: folder });
  const ofManyThreads = older('many.json', { version: 2, machine: { device: 'avx2, 64 threads' }, measurements: [] });
  expectRefusal(await bench(ofManyThreads), 'measured with avx2, 64 threads', /expected .+, 1 thread, as here/);
  expectRefusal(await bench(older('none.json', null)), 'not a benchmark report');
  expectRefusal(await bench(older('other.json', { version: 1 })), 'not a benchmark report');
});

const mount = 'mount -t tmpfs -o size=64k tmpfs "$1" && shift && exec "$@"';
/** A program and its words with a disk of 64 KiB mounted at `disk`, seen by it alone. */
const onSmallDisk = (disk: string, words: readonly string[]) => [
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  mount,
  'sh',
  disk,
  ...words,
];
const canMount = spawnSync('unshare', onSmallDisk(folder, ['true'])).status === 0;

describe('a full disk (needs a system that lets the test mount a tmpfs)', () => {
  (canMount ? test : test.skip)('is one sentence, exit 2, and leaves nothing', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const data = withFeatures(npy('<f4', '8, 4096', floats(8 * 4096)));
    const shim = join(root, 'packages/cli/bin/agentmmrec.mjs');
    const words = [process.execPath, shim, 'data', 'prepare', '--from', data, '--name', 'x', '--workspace', disk];
    // The disk goes away with the process, so it is looked at from inside; what is left there would be printed.
    const listing = `"$@"; code=$?; find '${disk}' -type f; exit $code`;
    expectRefusal(await finished('unshare', onSmallDisk(disk, ['sh', '-c', listing, 'sh', ...words])), /no space left/);
  });
});
