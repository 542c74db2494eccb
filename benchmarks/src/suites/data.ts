import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { AmrError, makeFolders, RandomStreams } from '@agentmmrec/core';
import type { DataTaskName, DataTaskResult } from '../dataTask.js';
import type { BenchmarkCase, Fact, Suite, SuiteContext } from '../suite.js';

const GIGABYTE = 1e9;
/** Sizes of the packed files of reviews; unpacked they are twice as large, 4,500 reviews a megabyte. */
const REVIEW_GIGABYTES = [1, 5];
/** Members of the gzip file that differ in users and words; they are repeated to the full size. */
const DISTINCT_MEMBERS = 16;
/** of a member, unpacked */
const MEMBER_BYTES = 64e6;
const CATALOG = { users: 112_000, items: 20_000 };
const DRAWN_IMAGES = 1000;

/**
 * Preparation of data at full size, each piece in a process of its own whose peak memory is measured: the exact user-user graph of
 * Clothing, five gigabytes of packed reviews read and filtered, and a catalog of a million interactions.
 */
export const data: Suite = {
  name: 'data',
  byDefault: false,
  perSize: false,
  *cases(device, _size, context): Generator<BenchmarkCase> {
    if (device.name !== 'cpu') return;
    makeFolders(context.workspace);
    const folder = mkdtempSync(join(context.workspace, 'bench-data-'));
    try {
      yield coOccurrenceCase(context);
      for (const gigabytes of REVIEW_GIGABYTES) yield readCase(folder, gigabytes, context);
      yield catalogCase(folder, context);
      yield imagesCase(folder, context);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function coOccurrenceCase(context: SuiteContext): BenchmarkCase {
  const limits = { seconds: 60, bytes: 500e6 };
  const task = { name: 'exact user co-occurrence, Clothing, k = 10', limits, counted: 'neighbours', rounds: 3 };
  return taskCase(task, context, () => {
    return ['co-occurrence', 'clothing', context.dataRoot, context.workspace, '10'];
  });
}

/** The same reviews at two sizes: memory that grows little between them is bounded by what is kept, not by the file. */
function readCase(folder: string, gigabytes: number, context: SuiteContext): BenchmarkCase {
  const path = join(folder, `reviews_Drawn${gigabytes}_5.json.gz`);
  const name = `read ${gigabytes} GB of packed reviews, merge, filter to the 5-core, split`;
  const task = { name, limits: { bytes: GIGABYTE }, counted: 'interactions kept', rounds: 1 };
  const benchmark = taskCase(task, context, () => {
    writeReviews(path, gigabytes * GIGABYTE);
    return ['read', path, context.workspace];
  });
  return {
    ...benchmark,
    bytes: gigabytes * GIGABYTE,
    facts: async () => [
      ...((await benchmark.facts?.()) ?? []),
      { name: 'file', value: statSync(path).size, unit: 'bytes' },
    ],
  };
}

function catalogCase(folder: string, context: SuiteContext): BenchmarkCase {
  const name = 'draw a catalog of a million interactions, without images';
  return taskCase({ name, limits: { seconds: 60 }, counted: 'interactions', rounds: 1 }, context, () => {
    const { users, items } = CATALOG;
    return ['synth', join(folder, 'catalog'), String(users), String(items), '0'];
  });
}

function imagesCase(folder: string, context: SuiteContext): BenchmarkCase {
  const name = `draw ${DRAWN_IMAGES} images of 96 x 96 pixels`;
  return taskCase({ name, limits: {}, counted: 'images', rounds: 1 }, context, () => {
    return ['synth', join(folder, 'images'), '1', String(DRAWN_IMAGES), '96'];
  });
}

/** A task with its limits; `prepare` makes its inputs and says its words, and is not timed. */
function taskCase(
  task: {
    readonly name: string;
    readonly limits: { readonly seconds?: number; readonly bytes?: number };
    readonly counted: string;
    readonly rounds: number;
  },
  context: SuiteContext,
  prepare: () => readonly [DataTaskName, ...string[]],
): BenchmarkCase {
  const { name, limits, counted, rounds } = task;
  const results: DataTaskResult[] = [];
  return {
    name,
    bytes: 0,
    flops: 0,
    rounds,
    async run() {
      const result = await runTask(prepare(), context);
      results.push(result);
      return result.seconds;
    },
    peers: [],
    facts: () => factsOf(results, limits, counted),
  };
}

function factsOf(
  results: readonly DataTaskResult[],
  { seconds, bytes }: { readonly seconds?: number; readonly bytes?: number },
  counted: string,
): Fact[] {
  const longest = Math.max(...results.map((result) => result.seconds));
  const peak = Math.max(...results.map((result) => result.peakBytes));
  return [
    { name: 'longest', value: longest, unit: 'seconds', ...(seconds && { target: { atMost: seconds } }) },
    { name: 'peak memory of the process', value: peak, unit: 'bytes', ...(bytes && { target: { atMost: bytes } }) },
    { name: counted, value: results[0].count, unit: 'count' },
  ];
}

async function runTask(words: readonly string[], { environment }: SuiteContext): Promise<DataTaskResult> {
  const script = fileURLToPath(new URL('../dataTask.js', import.meta.url));
  const child = spawn(process.execPath, [script, ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (exitCode === 0) return JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as DataTaskResult;
  throw new AmrError({
    what: `task ${words[0]} in a process of its own`,
    got: complaint.trim().split('\n').at(-1) || `exit ${exitCode}`,
    expected: 'exit 0',
    hint: 'is there room on the disk for the packed reviews, 5 GB?',
    kind: 'failed',
  });
}

/**
 * Reviews of the 2014 form in members that follow one another, as gzip allows.
 * @param bytes of the packed file
 */
function writeReviews(path: string, bytes: number): void {
  const words = new RandomStreams(3).stream('words');
  const sentences = Array.from({ length: 4000 }, () =>
    Array.from({ length: 12 }, () =>
      words
        .u32()
        .toString(36)
        .slice(0, 2 + words.integer(5)),
    ).join(' '),
  );
  const members = Array.from({ length: DISTINCT_MEMBERS }, (_, n) => gzipSync(drawReviews(n, sentences), { level: 1 }));
  const file = openSync(path, 'w');
  try {
    for (let n = 0, written = 0; written < bytes; n++) {
      const member = members[n % DISTINCT_MEMBERS];
      writeFileSync(file, member);
      written += member.length;
    }
  } finally {
    closeSync(file);
  }
}

function drawReviews(member: number, sentences: readonly string[]): Buffer {
  const stream = new RandomStreams(3).stream('reviews', member);
  const lines: string[] = [];
  for (let bytes = 0; bytes < MEMBER_BYTES; bytes += lines[lines.length - 1].length) {
    const user = member * 30_000 + stream.integer(30_000);
    const record = {
      reviewerID: `A${user.toString(36).toUpperCase().padStart(12, '0')}`,
      asin: `B${stream.integer(60_000).toString(36).toUpperCase().padStart(9, '0')}`,
      helpful: [stream.integer(5), 5],
      reviewText: Array.from({ length: 5 }, () => sentences[stream.integer(sentences.length)]).join('. '),
      overall: 1 + stream.integer(5),
      summary: sentences[stream.integer(sentences.length)].slice(0, 40),
      unixReviewTime: 1_300_000_000 + stream.integer(100_000_000),
    };
    lines.push(`${JSON.stringify(record)}\n`);
  }
  return Buffer.from(lines.join(''));
}
