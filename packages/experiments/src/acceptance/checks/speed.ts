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
  readonly missing: readonly { readonly name: string; readonly why: string }[];
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
const suites = ['spmm', 'neighbours', 'topk', 'ranking', 'bpr', 'gemm'] as const;

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
];

async function compared(
  context: AcceptanceContext,
  bench: { suites: string; sizes: string; threads: number; rounds: number; isa?: string },
  targets?: Readonly<Record<string, number>>,
): Promise<CheckOutcome> {
  if (context.python === null) return noPeers;
  const flags = { isa: 'avx2', ...bench, python: context.python, dataRoot: join(context.root, '../shared/data') };
  const words = Object.entries(flags).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  const { result } = await context.agentmmrec(['bench', ...words, '--seconds', '1']);
  const cases = result.measurements as readonly MeasuredCase[];
  const seen = cases.flatMap((one) =>
    one.others.map(({ name, ratio, target, median }) => {
      const least = targets ? targets[name] : target;
      const sentence = `${one.name}: ${milliseconds(one.ours.median)} against ${name} ${milliseconds(median)}, ${ratio.value.toFixed(2)}x [${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}]`;
      return {
        held: least === undefined || ratio.value >= least,
        sentence: least === undefined ? sentence : `${sentence} of ${least}x`,
      };
    }),
  );
  const missing = cases.flatMap((one) => one.missing.map(({ name, why }) => `${name} missing: ${why}`));
  return {
    passed: seen.length > 0 && seen.every(({ held }) => held),
    measured: [...seen.map(({ held, sentence }) => `${held ? '' : 'MISSED '}${sentence}`), ...missing].join('; '),
  };
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(seconds < 0.1 ? 2 : 0)} ms`;
}
