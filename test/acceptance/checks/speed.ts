import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcceptanceCheck, AcceptanceContext, CheckOutcome } from '../check.js';

/** As much of a line of `agentmmrec bench --json` as a target needs. */
interface MeasuredCase {
  readonly name: string;
  readonly ours: { readonly median: number };
  readonly others: readonly {
    readonly name: string;
    readonly median: number;
    readonly ratio: { readonly value: number; readonly low: number; readonly high: number };
    readonly target?: number;
  }[];
  readonly facts: readonly MeasuredFact[];
  readonly bound?: string;
  /** seconds of a run after the other, and what the cost model says */
  readonly alone: { readonly median: number };
  readonly prediction?: { readonly seconds: number };
  readonly missing: readonly { readonly name: string; readonly why: string }[];
}

interface MeasuredFact {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: { readonly atMost?: number; readonly atLeast?: number };
}

const noPeers: CheckOutcome = {
  passed: null,
  measured: 'no Python with the peers: npm run accept -- --python PATH',
};

/** The reference library's propagation is torch COO; its loop in torch, with as many threads on both sides. */
function epochCheck(threads: number): AcceptanceCheck {
  return {
    id: `lightgcn-epoch-${threads}`,
    issue: 2,
    kind: 'target',
    expected: `a LightGCN epoch on Baby at least 8 times as fast as the same loop in torch COO, ${threads} thread${threads > 1 ? 's' : ''}`,
    run: (context) =>
      compared(context, { suites: 'epoch', sizes: 'baby', threads, rounds: 5, isa: '' }, { 'torch-coo': 8 }),
  };
}

/** The rows of the table of issue 3: two threads, AVX2, on the real graphs. */
const suites = ['spmm', 'neighbours', 'topk', 'ranking', 'bpr', 'gemm'];

export const speedChecks: readonly AcceptanceCheck[] = [
  epochCheck(1),
  epochCheck(2),
  ...suites.map(
    (suite): AcceptanceCheck => ({
      id: `speed-${suite}`,
      issue: 3,
      kind: 'target',
      expected: `${suite} on Clothing, AVX2, two threads: the ratios to the peers that the issue names`,
      run: (context) =>
        compared(context, { suites: suite, sizes: 'clothing', threads: 2, rounds: suite === 'topk' ? 3 : 7 }),
    }),
  ),
  {
    id: 'speed-epoch',
    issue: 3,
    kind: 'target',
    expected: 'a LightGCN epoch on Baby and Clothing, AVX2, two threads: 10 times torch COO, 4 times torch CSR',
    run: (context) => compared(context, { suites: 'epoch', sizes: 'baby,clothing', threads: 2, rounds: 3 }),
  },
  {
    id: 'thread-scaling',
    issue: 3,
    kind: 'target',
    expected:
      'from one thread to two: neighbour search and SpMM at d = 64 1.8 times, SpMM at d = 192 90 % of what a stream gains',
    run: (context) => benchedAlone(context, { suites: 'threads', sizes: 'clothing', threads: 2, rounds: 7 }),
    bound:
      'Memory: a stream over arrays far larger than the caches gains little from the second thread here, and a product whose rows ' +
      'come from memory cannot gain more than the part of it that caches serve.',
  },
  {
    id: 'cost-model',
    issue: 3,
    kind: 'target',
    expected: 'the cost model predicts every case within 25 %, from rates measured in the same run',
    run: (context) =>
      predicted(context, { suites: 'spmm,neighbours,ranking,bpr,gemm,infonce,epoch', sizes: 'baby,clothing' }, [
        'Cost model',
        'Rates of the machine',
        'What larger graphs would need',
      ]),
  },
  {
    id: 'scaling',
    issue: 3,
    kind: 'target',
    expected: 'time against edges, nodes, width and k as tables, each prediction within 25 %',
    run: (context) => predicted(context, { suites: 'scaling', sizes: 'tiny' }, ['Scaling']),
  },
  {
    id: 'agentmmrec-clothing',
    issue: 3,
    kind: 'target',
    expected:
      'an AgentMMRec epoch on Clothing with synthetic features of 384 and 4096: seconds, and a peak far under 5.72 GB',
    run: (context) =>
      benchedAlone(context, { suites: 'agentmmrec', sizes: 'clothing', threads: 2, rounds: 3, isa: '' }),
  },
];

interface BenchFlags {
  readonly suites: string;
  readonly sizes: string;
  readonly threads?: number;
  readonly rounds?: number;
  readonly isa?: string;
}

/** Cases measured with AVX2 unless the flags say otherwise. */
async function measuredCases(
  context: AcceptanceContext,
  bench: BenchFlags & { readonly python?: string; readonly report?: string },
): Promise<readonly MeasuredCase[]> {
  const flags = { isa: 'avx2', threads: 2, rounds: 5, ...bench, dataRoot: join(context.root, '../shared/data') };
  const words = Object.entries(flags).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  const { result } = await context.agentmmrec(['bench', ...words, '--seconds', '1']);
  return result.measurements as readonly MeasuredCase[];
}

/** Beside the peers of a Python. */
async function compared(
  context: AcceptanceContext,
  bench: BenchFlags,
  targets?: Readonly<Record<string, number>>,
): Promise<CheckOutcome> {
  if (context.python === null) return noPeers;
  return verdictOn(await measuredCases(context, { ...bench, python: context.python }), targets);
}

/** Beside other runs of our own. */
export async function benchedAlone(context: AcceptanceContext, bench: BenchFlags): Promise<CheckOutcome> {
  return verdictOn(await measuredCases(context, bench));
}

function verdictOn(cases: readonly MeasuredCase[], targets?: Readonly<Record<string, number>>): CheckOutcome {
  const seen = cases.flatMap((one) => [...ratios(one, targets), ...(targets ? [] : facts(one))]);
  const missing = cases.flatMap((one) => one.missing.map(({ name, why }) => `${name} missing: ${why}`));
  const bounds = new Set(cases.flatMap((one) => one.bound ?? []));
  return {
    passed: seen.length > 0 && seen.every(({ held }) => held),
    measured: [...seen.map(({ held, sentence }) => `${held ? '' : 'MISSED '}${sentence}`), ...missing].join('; '),
    ...(bounds.size > 0 ? { bound: [...bounds].join('\n\n') } : {}),
  };
}

interface Seen {
  readonly held: boolean;
  readonly sentence: string;
}

function ratios(one: MeasuredCase, targets: Readonly<Record<string, number>> | undefined): Seen[] {
  if (one.others.length === 0) return [{ held: true, sentence: `${one.name}: ${duration(one.ours.median)}` }];
  return one.others.map(({ name, ratio, target, median }) => {
    const least = targets ? targets[name] : target;
    const sentence = `${one.name}: ${duration(one.ours.median)} against ${name} ${duration(median)}, ${ratio.value.toFixed(2)}x [${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}]`;
    return {
      held: least === undefined || ratio.value >= least,
      sentence: least === undefined ? sentence : `${sentence} of ${Number(least.toPrecision(3))}x`,
    };
  });
}

function facts(one: MeasuredCase): Seen[] {
  return one.facts.map(({ name, value, unit, target }) => {
    const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = target ?? {};
    const shown = (number: number) => amount(number, unit);
    const limit = Number.isFinite(atMost) ? ` of at most ${shown(atMost)}` : '';
    return { held: value <= atMost && value >= atLeast, sentence: `${one.name}, ${name}: ${shown(value)}${limit}` };
  });
}

function amount(number: number, unit: string): string {
  if (unit === 'bytes') return `${(number / 1e6).toFixed(0)} MB`;
  if (unit === 'seconds') return duration(number);
  return unit === 'count' ? String(number) : `${number.toPrecision(3)} ${unit}`;
}

/** How far the cost model may be off. */
const TOLERANCE = 0.25;

/** What the model says beside what was measured, with those sections of the bench's own report. */
async function predicted(
  context: AcceptanceContext,
  bench: BenchFlags,
  sections: readonly string[],
): Promise<CheckOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-bench-'));
  try {
    const report = join(folder, 'report.md');
    const cases = await measuredCases(context, { ...bench, report });
    const errors = cases.flatMap(({ name, alone: { median }, prediction }) =>
      prediction ? [{ name, error: prediction.seconds / median - 1 }] : [],
    );
    const outside = errors.filter(({ error }) => Math.abs(error) > TOLERANCE);
    const shown = outside.map(({ name, error }) => `${name} ${error > 0 ? '+' : ''}${(100 * error).toFixed(0)} %`);
    return {
      passed: errors.length > 0 && outside.length === 0,
      measured: `${errors.length - outside.length} of ${errors.length} predictions within ${100 * TOLERANCE} %${shown.length > 0 ? `; MISSED ${shown.join(', ')}` : ''}`,
      details: sectionsOf(readFileSync(report, 'utf8'), sections),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sections of a report by title, two levels deeper than they stand there. */
function sectionsOf(markdown: string, titles: readonly string[]): string {
  const parts = markdown.split(/^(?=## )/m);
  return titles
    .flatMap((title) => parts.filter((part) => part.startsWith(`## ${title}\n`)))
    .map((part) => part.replace(/^(#+) /gm, '##$1 ').trim())
    .join('\n\n');
}

function duration(seconds: number): string {
  return seconds >= 10 ? `${seconds.toFixed(1)} s` : `${(seconds * 1000).toFixed(seconds < 0.1 ? 2 : 0)} ms`;
}
