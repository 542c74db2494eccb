import type { AcceptanceCheck, AcceptanceContext, CheckOutcome } from '../check.js';

export const cudaChecks: readonly AcceptanceCheck[] = [
  {
    id: 'cuda-emulated',
    issue: 4,
    kind: 'gate',
    expected:
      'on the emulated card every kernel case, three steps of each model and whole trainings equal the CPU, in both orders of threads; faults end in one sentence and leave no memory',
    run: (context) => passes(context, 'npm', ['run', '--silent', 'test:cuda-emulated'], /^Tests: .*$/m),
  },
  {
    id: 'cuda-sanitized',
    issue: 4,
    kind: 'gate',
    expected:
      'every kernel case on the emulated card passes under AddressSanitizer and UndefinedBehaviorSanitizer, in both orders of threads',
    run: (context) => passes(context, 'node', ['test/cudaOnHost/runSanitized.mjs'], COUNTS),
  },
  {
    id: 'cuda-resources',
    issue: 4,
    kind: 'gate',
    expected:
      'all kernels compile for sm_80, sm_90, sm_100 and PTX with warnings as errors, without spills and stack, and use what the committed table says',
    run: (context) => passes(context, 'node', ['cuda/checkResources.mjs'], COUNTS),
  },
  {
    id: 'cuda-without-card',
    issue: 4,
    kind: 'gate',
    expected: 'bench and test:cuda end with exit 2 and one sentence where there is no card',
    run: withoutCard,
  },
  {
    id: 'cuda-card',
    issue: 4,
    kind: 'gate',
    expected: 'npm run test:cuda passes on a card',
    run: onCard,
  },
];

const COUNTS = /^\d+ passed, .*$/m;
const NO_CARD = /^.*device cuda: got .*$/m;

/** A command that must end with exit 0, and the line of its output that counts; nothing but skipped is not tried. */
async function passes(
  context: AcceptanceContext,
  program: string,
  words: readonly string[],
  counts: RegExp,
): Promise<CheckOutcome> {
  const { exitCode, output, seconds } = await context.run(program, words);
  const line = counts.exec(output)?.[0] ?? 'no counts';
  const isSkipped = exitCode === 0 && /^0 passed, 0 failed, [1-9]/.test(line);
  const measured = `exit ${exitCode} after ${seconds.toFixed(0)} s; ${line}`;
  return { passed: isSkipped ? null : exitCode === 0, measured };
}

async function withoutCard(context: AcceptanceContext): Promise<CheckOutcome> {
  const bench = await context.run('npm', ['run', '--silent', 'bench', '--', '--device', 'cuda', '--sizes', 'tiny']);
  if (bench.exitCode === 0) return { passed: null, measured: 'there is a card here' };
  const tests = await context.run('npm', ['run', '--silent', 'test:cuda']);
  const sentences = [bench, tests].map(({ output }) => NO_CARD.exec(output)?.[0]);
  const passed = [bench, tests].every(({ exitCode }) => exitCode === 2) && !sentences.includes(undefined);
  return { passed, measured: `exit ${bench.exitCode} and ${tests.exitCode}; ${sentences.join('; ')}` };
}

async function onCard(context: AcceptanceContext): Promise<CheckOutcome> {
  const { exitCode, output } = await context.run('npm', ['run', '--silent', 'test:cuda']);
  const missing = NO_CARD.exec(output)?.[0];
  if (exitCode === 2 && missing) return { passed: null, measured: missing };
  return { passed: exitCode === 0, measured: /^Tests: .*$/m.exec(output)?.[0] ?? `exit ${exitCode}` };
}
