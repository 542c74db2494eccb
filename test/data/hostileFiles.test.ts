import { closeSync, createWriteStream, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { AmrError, silentLog } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { afterAll, describe, expect, test } from '@jest/globals';
import { finished, temporaryFolder } from '../support/cli.js';
import { root } from '../support/repository.js';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const MEGABYTE = 2 ** 20;
/** What a process that reads may hold at most: Node itself takes about 100 MB of it. */
const MOST_BYTES = 350 * MEGABYTE;

let sets = 0;
function newSet(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const path = join(folder, `set${sets++}`);
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

interface Read {
  /** the report of what was read, or null */
  readonly report: {
    readonly interactions: { readonly train: number; readonly validation: number; readonly test: number };
    readonly dropped: readonly { readonly reason: string; readonly rows: number }[];
    readonly remarks: readonly string[];
  } | null;
  /** the sentence of the refusal, or null */
  readonly refused: string | null;
  readonly peakBytes: number;
}

/** Reads a data set here, where nothing is large. */
async function read(path: string): Promise<Omit<Read, 'peakBytes'>> {
  try {
    const { report } = await loadDataset(path, { workspace: folder, splitSeed: 1, kCore: 0, log: silentLog });
    return { report: { dropped: [], ...report }, refused: null };
  } catch (error) {
    if (!(error instanceof AmrError && error.kind === 'input')) throw error;
    return { report: null, refused: error.message };
  }
}

/** Reads a data set in a process of its own, whose memory can be measured. */
async function readMeasured(path: string): Promise<Read> {
  const script = `
    import { loadDataset } from ${JSON.stringify(join(root, 'packages/datasets/dist/index.js'))};
    import { silentLog } from ${JSON.stringify(join(root, 'packages/core/dist/index.js'))};
    import { existsSync, readFileSync } from 'node:fs';
    let [report, refused] = [null, null];
    try {
      const options = { workspace: ${JSON.stringify(folder)}, splitSeed: 1, kCore: 0, log: silentLog };
      ({ report } = await loadDataset(${JSON.stringify(path)}, options));
    } catch (error) {
      if (error.kind !== 'input') throw error;
      refused = error.message;
    }
    // The peak of resourceUsage is handed down from the process that runs the tests; the high-water mark is this one's own.
    const own = existsSync('/proc/self/status') && /^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    const peakBytes = 1024 * (own ? Number(own[1]) : process.resourceUsage().maxRSS);
    console.log(JSON.stringify({ report, refused, peakBytes }));
  `;
  const run = await finished(process.execPath, ['--input-type=module', '--eval', script]);
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 0 });
  return JSON.parse(run.stdout) as Read;
}

/** Writes gzip of pieces that are made as they are needed; level 0 packs nothing and costs nothing. */
async function gzipped(path: string, pieces: Iterable<string | Buffer>, level = 1): Promise<void> {
  await pipeline(Readable.from(pieces), createGzip({ level }), createWriteStream(path));
}

const review = (user: number, item: number) =>
  `${JSON.stringify({ reviewerID: `U${user}`, asin: `I${item}`, overall: 5, unixReviewTime: 100 * item + user })}\n`;

/** A line of 100 MB. */
function* longLine(): Generator<string> {
  const block = 'x'.repeat(MEGABYTE);
  yield '{"reviewerID": "U1", "reviewText": "';
  for (let bytes = 0; bytes < 100 * MEGABYTE; bytes += block.length) yield block;
  yield '"}\n';
}

describe('lines of 100 MB', () => {
  test('of reviews are counted and left out, in bounded memory', async () => {
    const path = newSet();
    await gzipped(
      join(path, 'reviews_Baby_5.json.gz'),
      (function* () {
        yield review(0, 0);
        yield* longLine();
        yield review(0, 1);
        yield* longLine();
        yield review(0, 2);
      })(),
      0,
    );
    const { report, peakBytes } = await readMeasured(path);
    expect(report?.dropped).toEqual([{ reason: 'longer than 16 MiB', rows: 2 }]);
    expect(report?.interactions).toEqual({ train: 1, validation: 1, test: 1 });
    expect(peakBytes).toBeLessThan(MOST_BYTES);
  });

  test.each<[string, string, Record<string, string>]>([
    ['interactions.tsv', 'user\titem\n', {}],
    ['interactions.csv', 'user,item\n', {}],
    ['items.jsonl', '{"id":"', { 'interactions.tsv': 'user\titem\na\tb\n' }],
  ])('of %s end in a refusal, in bounded memory', async (name, beginning, files) => {
    const path = newSet(files);
    const file = openSync(join(path, name), 'w');
    const block = Buffer.from('ab'.repeat(50_000));
    writeSync(file, beginning);
    for (let bytes = 0; bytes < 100 * MEGABYTE; bytes += block.length) writeSync(file, block);
    closeSync(file);
    const { refused, peakBytes } = await readMeasured(path);
    expect(refused).toContain('a line longer than 16 MiB');
    expect(peakBytes).toBeLessThan(MOST_BYTES);
  });
});

test('a quote that is never closed does not gather the file', async () => {
  const path = newSet();
  const file = openSync(join(path, 'interactions.csv'), 'w');
  writeSync(file, 'user,item\nu1,"i1\n');
  const line = Buffer.from(`${'x'.repeat(MEGABYTE)}\n`);
  for (let n = 0; n < 100; n++) writeSync(file, line);
  closeSync(file);
  const { refused, peakBytes } = await readMeasured(path);
  expect(refused).toContain('interactions.csv line 2: got a quote that is not closed');
  expect(peakBytes).toBeLessThan(MOST_BYTES);
});

describe('gzip', () => {
  test('that unpacks to ten gigabytes is refused early, in bounded memory', async () => {
    const path = newSet();
    // Members follow one another: a hundred times a hundred megabytes in ten megabytes.
    const member = join(path, 'member');
    await gzipped(
      member,
      (function* () {
        const zeros = Buffer.alloc(MEGABYTE, 48);
        for (let n = 0; n < 100; n++) yield zeros;
      })(),
    );
    const bytes = readFileSync(member);
    const file = openSync(join(path, 'reviews_Baby_5.json.gz'), 'w');
    for (let n = 0; n < 100; n++) writeSync(file, bytes);
    closeSync(file);
    const { refused, peakBytes } = await readMeasured(path);
    expect(refused).toContain('unpacks to at most 200 times its size');
    expect(peakBytes).toBeLessThan(MOST_BYTES);
  });

  test('that is none, is cut short, or holds damage', async () => {
    const whole = join(newSet(), 'whole.gz');
    await gzipped(
      whole,
      [0, 1, 2, 3, 4, 5].map((n) => review(0, n)),
    );
    const bytes = readFileSync(whole);
    const damaged = Buffer.from(bytes);
    damaged[bytes.length - 6] ^= 0xff;
    const name = 'reviews_Baby_5.json.gz';
    expect((await read(newSet({ [name]: review(0, 1) }))).refused).toContain('bytes that are not gzip');
    expect((await read(newSet({ [name]: bytes.subarray(0, -9) }))).refused).toContain('ends too early');
    expect((await read(newSet({ [name]: damaged }))).refused).toContain('bytes that are not gzip');
  });
});

describe('encodings', () => {
  const reviews = [0, 1, 2, 3].map((item) => review(0, item));

  test('Latin-1 among UTF-8 is counted in reviews and refused in tables', async () => {
    const latin = Buffer.from('{"reviewerID": "Ren\xe9", "asin": "I9", "overall": 5, "unixReviewTime": 7}\n', 'latin1');
    const path = newSet();
    await gzipped(join(path, 'reviews_Baby_5.json.gz'), [...reviews, latin]);
    expect((await read(path)).report?.dropped).toEqual([{ reason: 'not UTF-8', rows: 1 }]);
    const table = Buffer.concat([Buffer.from('user\titem\na\tb\n'), Buffer.from('Ren\xe9\tc\n', 'latin1')]);
    expect((await read(newSet({ 'interactions.tsv': table }))).refused).toMatch(
      /line 3: got bytes that are not UTF-8.*iconv/,
    );
  });

  test('UTF-16 is read, a byte order mark of UTF-8 is not part of the data', async () => {
    const text = 'user\titem\nu1\ti1\nu1\ti2\nu1\ti3\n';
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    const whole = await read(newSet({ 'interactions.tsv': utf16 }));
    expect(whole.report?.interactions).toEqual({ train: 1, validation: 1, test: 1 });
    const half = Buffer.from([0x00, 0xd8, 0x0a, 0x00]);
    expect((await read(newSet({ 'interactions.tsv': Buffer.concat([utf16, half]) }))).refused).toContain(
      'interactions.tsv: got bytes that are not UTF-16',
    );
    const marked = newSet({ 'interactions.tsv': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]) });
    expect((await read(marked)).report?.interactions).toEqual({ train: 1, validation: 1, test: 1 });
  });
});

test('HTML in the words of items is taken out and counted', async () => {
  const items = [
    { id: 'i1', title: 'Mug &amp; lid', description: '<p>Blue.</p><script>steal()</script> Holds 3 < 4 cups' },
    { id: 'i2', title: 'a < b > c & d', description: 'no markup' },
  ];
  const path = newSet({
    'interactions.tsv': 'user\titem\nu1\ti1\nu1\ti2\n',
    'items.jsonl': items.map((item) => `${JSON.stringify(item)}\n`).join(''),
  });
  expect((await read(path)).report?.remarks).toContain('HTML was removed from the words of 1 items');
});
