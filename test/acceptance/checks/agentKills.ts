import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeServer, FakeServerOptions } from '@agentmmrec/fakellm';
import { openMemory } from '@agentmmrec/memory';
import { beside, inFolder, wait } from '../agentRuns.js';
import type { AcceptanceCheck, AcceptanceContext, CheckOutcome } from '../check.js';
import { killAtMoments, memoryContent, SLOTS } from '../killedCommand.js';

const MOMENTS = 20;

/** Commands that call a language model, killed and started again. */
export const killChecks: readonly AcceptanceCheck[] = [
  {
    id: 'agents-kill-build',
    issue: 5,
    kind: 'gate',
    expected: `knowledge build killed with -9 at ${MOMENTS} random moments ends in the memory of an uninterrupted build`,
    run: (context) => inFolder(context, (folder) => killedBuild(context, folder)),
  },
  {
    id: 'agents-kill-feedback',
    issue: 5,
    kind: 'gate',
    expected: `train with feedback rounds killed with -9 at ${MOMENTS} random moments ends in the memory and the result of an uninterrupted run`,
    run: (context) => inFolder(context, (folder) => killedFeedback(context, folder)),
  },
];

const delayed: FakeServerOptions = { hold: ({ bits }) => wait(2 + (bits[7] & 7)) };

async function killedBuild(context: AcceptanceContext, folder: string): Promise<CheckOutcome> {
  const wordsFor = (server: FakeServer, name: string) => {
    const model = ['--reasoner', 'ollama', '--llm-url', server.host, '--llm-slots', String(SLOTS)];
    const places = ['--workspace', join(folder, name), '--memory', join(folder, `${name}.sqlite`)];
    return ['knowledge', 'build', '--data', join(folder, 'catalog'), ...model, ...places];
  };
  const questions = await beside(delayed, async (server) => {
    await context.agentmmrec(wordsFor(server, 'whole'));
    return server.received.size;
  });
  return await beside(delayed, async (server) => {
    const words = () => wordsFor(server, 'killed');
    const { kills, exitCode, output } = await killAtMoments({
      root: context.root,
      server,
      words,
      questions,
      moments: MOMENTS,
    });
    const same = memoryContent(join(folder, 'whole.sqlite')) === memoryContent(join(folder, 'killed.sqlite'));
    return killOutcome(server, { questions, kills, exitCode, output, same });
  });
}

async function killedFeedback(context: AcceptanceContext, folder: string): Promise<CheckOutcome> {
  const made = join(folder, 'made.sqlite');
  const data = ['--data', join(folder, 'catalog'), '--reasoner', 'ollama', '--llm-slots', String(SLOTS)];
  await beside(delayed, async ({ host }) => {
    const places = ['--workspace', join(folder, 'made'), '--memory', made];
    await context.agentmmrec(['knowledge', 'build', ...data, '--llm-url', host, ...places]);
  });
  const wordsFor = (server: FakeServer, name: string) => {
    const rounds = ['--feedback', 'on', '--feedback-every', '2', '--feedback-users', '60', '--epochs', '4'];
    const checkpoint = join(folder, name, 'checkpoint.amr');
    const places = ['--workspace', join(folder, name), '--memory', join(folder, `${name}.sqlite`)];
    const words = ['train', '--model', 'agentmmrec', ...data, '--llm-url', server.host, ...rounds, ...places];
    return [...words, '--compare', 'none', '--checkpoint', checkpoint, ...(existsSync(checkpoint) ? ['--resume'] : [])];
  };
  for (const name of ['whole', 'killed']) copyFileSync(made, join(folder, `${name}.sqlite`));
  const whole = await beside(delayed, async (server) => {
    const { result } = await context.agentmmrec(wordsFor(server, 'whole'));
    return { questions: server.received.size, result: resultOf(result) };
  });
  return await beside(delayed, async (server) => {
    const words = () => [...wordsFor(server, 'killed'), '--json'];
    const { questions } = whole;
    const { kills, exitCode, output } = await killAtMoments({
      root: context.root,
      server,
      words,
      questions,
      moments: MOMENTS,
    });
    const last =
      output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .at(-1) ?? '{}';
    const same =
      memoryContent(join(folder, 'whole.sqlite')) === memoryContent(join(folder, 'killed.sqlite')) &&
      resultOf(JSON.parse(last) as Record<string, unknown>) === whole.result;
    const rewritten = rewrittenEntries(join(folder, 'whole.sqlite'));
    const outcome = killOutcome(server, { questions, kills, exitCode, output, same });
    return {
      passed: outcome.passed === true && rewritten > 0,
      measured: `${outcome.measured} and result; ${rewritten} preferences were rewritten`,
    };
  });
}

function rewrittenEntries(path: string): number {
  const memory = openMemory({ path, fingerprint: null, mode: 'read' });
  try {
    return [...memory.all('preference')].filter(({ entity }) => memory.history('preference', entity).length > 1).length;
  } finally {
    memory.close();
  }
}

/** What a training run measured, without times. */
function resultOf({ epochs, valid, test, testReranked, feedback }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ epochs, valid, test, testReranked, feedback });
}

interface KillSeen {
  readonly questions: number;
  readonly kills: number;
  readonly exitCode: number | null;
  readonly output: string;
  readonly same: boolean;
}

function killOutcome(server: FakeServer, { questions, kills, exitCode, output, same }: KillSeen): CheckOutcome {
  const repeated = server.calls.length - server.received.size;
  const ended = exitCode === 0 ? '' : `; the last start ended in exit ${exitCode}: ${output.trim().split('\n').at(-1)}`;
  return {
    passed:
      same && exitCode === 0 && kills === MOMENTS && repeated <= SLOTS * kills && server.received.size === questions,
    measured: `${kills} kills over ${questions} calls; ${repeated} calls repeated, at most ${SLOTS} in flight at each kill; the ${same ? 'same' : 'OTHER'} memory${ended}`,
  };
}
