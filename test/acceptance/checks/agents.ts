import { join } from 'node:path';
import type { FakeServerOptions, Fault } from '@agentmmrec/fakellm';
import { openMemory } from '@agentmmrec/memory';
import { beside, inFolder, wait } from '../agentRuns.js';
import {
  type AcceptanceCheck,
  type AcceptanceContext,
  type CheckOutcome,
  numberAt,
  type ProgramResult,
} from '../check.js';
import { killChecks } from './agentKills.js';

/** Users and items of the paper's data sets, and the calls it reports for building and for refining. */
const PAPER = [
  { name: 'Baby', users: 19_445, items: 7_050, building: 79_485, refining: 7_050 },
  { name: 'Sports', users: 35_598, items: 18_357, building: 161_865, refining: 18_357 },
  { name: 'Clothing', users: 39_387, items: 23_033, building: 187_260, refining: 23_033 },
];
const QUEUE = { entries: 5000, kills: 20 };

export const agentChecks: readonly AcceptanceCheck[] = [
  {
    id: 'agents-plan',
    issue: 5,
    kind: 'gate',
    expected: 'knowledge plan gives the paper’s numbers of calls for Baby, Sports and Clothing',
    run: plan,
  },
  {
    id: 'agents-rates',
    issue: 5,
    kind: 'target',
    expected:
      'our side of a call under 2 ms at 64 in flight; 200,000 jobs enqueued in under 10 s; a memory of 187,260 and 23,033 entries opens and answers in under 50 ms',
    run: (context) => rates(context, 'agents', 5),
  },
  {
    id: 'agents-export',
    issue: 5,
    kind: 'gate',
    expected: 'pyarrow reads an export of the memory: every version, with the words that knowledge show prints',
    run: exported,
  },
  {
    id: 'agents-faults',
    issue: 5,
    kind: 'gate',
    expected:
      '2,000 calls with faults in 30 %, a server that dies and returns, and silence of 40 s: every entry filled or listed with its reason, no question answered twice, the order of completion irrelevant',
    run: faults,
  },
  ...killChecks,
  {
    id: 'agents-queue',
    issue: 19,
    kind: 'gate',
    expected: `${QUEUE.entries} questions through a queue with 3 workers, ${QUEUE.kills} kills of workers, Redis killed and started, the coordinator killed and started: every entry once`,
    run: queueKills,
  },
  {
    id: 'agents-queue-rate',
    issue: 19,
    kind: 'target',
    expected: 'the queue adds less than 5 ms to a call at 256 in flight',
    run: (context) => rates(context, 'queue', 1),
  },
  {
    id: 'agents-live',
    issue: 5,
    kind: 'gate',
    expected:
      'npm run test:live passes against a server at OLLAMA_HOST; without one it starts its own, or says what it skipped',
    run: live,
  },
];

async function plan(context: AcceptanceContext): Promise<CheckOutcome> {
  const seen: string[] = [];
  let passed = true;
  for (const { name, users, items, building, refining } of PAPER) {
    const words = ['knowledge', 'plan', '--users', String(users), '--items', String(items)];
    const { result } = await context.agentmmrec(words);
    const got = [numberAt(result, 'building', 'calls'), numberAt(result, 'refining', 'calls')];
    passed &&= got[0] === building && got[1] === refining;
    seen.push(`${name} ${got.join(' + ')} (paper ${building} + ${refining})`);
  }
  return { passed, measured: seen.join('; ') };
}

interface RateFact {
  readonly name: string;
  readonly value: number;
  readonly target?: { readonly atMost?: number };
}

async function rates(context: AcceptanceContext, suite: string, fewest: number): Promise<CheckOutcome> {
  const { result } = await context.agentmmrec(['bench', '--suites', suite, '--sizes', 'tiny']);
  const measured = result.measurements as readonly { name: string; facts: readonly RateFact[] }[];
  const held = measured.flatMap(({ name, facts }) =>
    facts.flatMap((fact) => {
      const atMost = fact.target?.atMost;
      if (atMost === undefined) return [];
      const sentence = `${name}, ${fact.name}: ${(1000 * fact.value).toFixed(2)} ms of at most ${1000 * atMost} ms`;
      return [{ passed: fact.value <= atMost, sentence }];
    }),
  );
  return {
    passed: held.length >= fewest && held.every(({ passed }) => passed),
    measured: held.map(({ passed, sentence }) => (passed ? sentence : `MISSED ${sentence}`)).join('; '),
  };
}

const readWithPyarrow = `
import json, sys
import pyarrow.ipc
table = pyarrow.ipc.open_file(sys.argv[1]).read_all()
row = next(r for r in table.to_pylist() if r["id"] == sys.argv[2] and r["current"])
print(json.dumps({"rows": table.num_rows, "fields": table.schema.names, "text": row["text"],
                  "format": table.schema.metadata[b"format"].decode()}))
`;

async function exported(context: AcceptanceContext): Promise<CheckOutcome> {
  const { python } = context;
  if (python === null) return { passed: null, measured: 'no Python with pyarrow: npm run accept -- --python PATH' };
  return await inFolder(context, async (folder) => {
    const words = ['--data', join(folder, 'catalog'), '--workspace', join(folder, 'w')];
    await context.agentmmrec(['knowledge', 'build', '--reasoner', 'extractive', ...words]);
    const file = join(folder, 'knowledge.arrow');
    await context.agentmmrec(['knowledge', 'export', '--to', file, ...words]);
    const { versions } = (await context.agentmmrec(['knowledge', 'stats', ...words])).result;
    const shown = (await context.agentmmrec(['knowledge', 'show', '--user', 'user-0003', ...words])).result;
    const { exitCode, output } = await context.run(python, ['-c', readWithPyarrow, file, 'user-0003']);
    if (exitCode !== 0) return { passed: false, measured: output.trim().split('\n').at(-1) ?? 'python failed' };
    const read = JSON.parse(output) as { rows: number; fields: string[]; text: string; format: string };
    const { text } = shown.parts as { text: string };
    return {
      passed: read.rows === versions && read.text === text && read.format.startsWith('agentmmrec-knowledge/'),
      measured: `pyarrow read ${read.rows} of ${versions} versions, fields ${read.fields.join(', ')}; the text of user-0003 ${read.text === text ? 'is' : 'IS NOT'} what knowledge show prints`,
    };
  });
}

/** Transport faults of a third of the requests at their first sending or two, malformed answers of some for good. */
function faultOf(digest: Buffer, sending: number): Fault | null {
  if (digest.readUInt16BE(4) < 30 && sending === 1) return 'silence';
  const transport = ['busy', 'crash', 'errorLine', 'closedSocket'] as const;
  const refusals = digest[1] < 77 ? 1 + (digest[2] & 1) : 0;
  if (sending <= refusals) return transport[digest[3] % transport.length];
  if (digest[6] < 8) return 'invalidJson';
  return digest[6] < 16 ? 'length' : null;
}

interface FaultyBuild {
  readonly calls: number;
  readonly share: number;
  readonly failures: readonly { readonly entry: string; readonly reason: string }[];
  readonly entries: ReadonlyMap<string, string>;
  readonly total: number;
  readonly twice: number;
}

async function faults(context: AcceptanceContext): Promise<CheckOutcome> {
  const build = (folder: string, name: string, slots: number, delayMs: number): Promise<FaultyBuild> => {
    const options: FakeServerOptions = {
      fault: ({ bits, sending }) => faultOf(bits, sending),
      hold: ({ bits }) => wait((bits[7] * delayMs) / 256),
      silenceMs: 40_000,
      capabilities: ['completion'],
    };
    return beside(options, async (server) => {
      server.onAnswered = (different) => {
        if (different === 700) void server.stop().then(() => setTimeout(() => void server.start(), 500));
      };
      const words = ['--data', join(folder, 'catalog'), '--workspace', join(folder, name), '--llm-url', server.host];
      const model = ['--reasoner', 'ollama', '--llm-slots', String(slots)];
      const { result } = await context.agentmmrec(['knowledge', 'build', ...model, ...words]);
      const answered = [...server.received.values()].map((one) => one.answered);
      return {
        calls: server.received.size,
        share: server.faults / server.calls.length,
        failures: result.failures as FaultyBuild['failures'],
        entries: textsOf(String(result.memory)),
        total: numberAt(result, 'preferences', 'total') + numberAt(result, 'properties', 'total'),
        twice: answered.filter((count) => count > 1).length,
      };
    });
  };
  return await inFolder(
    context,
    async (folder) => {
      const [one, other] = [await build(folder, 'one', 64, 0), await build(folder, 'other', 23, 40)];
      const lost = one.total - one.entries.size - entriesOf(one.failures).length;
      const reasons = one.failures.every(({ reason }) => /: got .+, expected .+/.test(reason));
      const same = JSON.stringify([...one.entries]) === JSON.stringify([...other.entries]);
      const sameFailures = entriesOf(one.failures).join() === entriesOf(other.failures).join();
      // Those on the way when the server died are asked again, and no others.
      const passed =
        one.calls >= 2000 && lost === 0 && reasons && same && sameFailures && one.twice <= 64 && other.twice <= 23;
      return {
        passed,
        measured:
          `${one.calls} questions, ${(100 * one.share).toFixed(0)} % of requests failed; ${one.entries.size} entries filled, ` +
          `${one.failures.length} listed as failed, ${lost} lost; ${one.twice} answered twice (the server died with 64 in flight); ` +
          `another order of completion gives ${same && sameFailures ? 'the same' : 'ANOTHER'} memory`,
      };
    },
    [1100, 700, 0],
  );
}

/** Failures of entries; those of the refined graph are listed beside them. */
function entriesOf(failures: FaultyBuild['failures']): string[] {
  return failures.map(({ entry }) => entry).filter((entry) => !entry.startsWith('graph'));
}

function textsOf(path: string): Map<string, string> {
  const memory = openMemory({ path, fingerprint: null, mode: 'read' });
  try {
    return new Map(
      (['preference', 'property'] as const).flatMap((kind) =>
        [...memory.all(kind)].map(({ entity, version, parts }) => [
          `${kind} ${entity}`,
          JSON.stringify({ version, parts }),
        ]),
      ),
    );
  } finally {
    memory.close();
  }
}

async function queueKills(context: AcceptanceContext): Promise<CheckOutcome> {
  const jest = [
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    'test/queue/queue.test.ts',
  ];
  const size = [`AMR_QUEUE_ENTRIES=${QUEUE.entries}`, `AMR_QUEUE_KILLS=${QUEUE.kills}`];
  const { exitCode, output, seconds } = await context.run('env', [...size, process.execPath, ...jest]);
  const counts = /Tests: .*/.exec(output)?.[0] ?? 'no result';
  if (/skipped/.test(counts)) return { passed: null, measured: 'no redis-server here' };
  const problem = /●.*\n\n.*/.exec(output)?.[0].replace(/\s+/g, ' ') ?? '';
  return {
    passed: exitCode === 0,
    measured: `exit ${exitCode} after ${seconds.toFixed(0)} s, ${counts} ${problem}`.trim(),
  };
}

async function live(context: AcceptanceContext): Promise<CheckOutcome> {
  const command = ['npm', 'run', '--silent', 'test:live'];
  const without = ['-u', 'OLLAMA_HOST', '-u', 'OPENAI_BASE_URL', '-u', 'OPENAI_MODEL'];
  const last = ({ output }: ProgramResult) => output.trim().split('\n').at(-1) ?? 'no result';
  const own = await context.run('env', [...without, ...command]);
  const given = await beside({}, ({ host }) => context.run('env', [...without, `OLLAMA_HOST=${host}`, ...command]));
  return {
    passed: own.exitCode === 0 && given.exitCode === 0 && /^[1-9]\d* passed, 0 failed$/.test(last(given)),
    measured: `with a server of its own exit ${own.exitCode}: ${last(own)}; beside a server on this machine exit ${given.exitCode}: ${last(given)}`,
  };
}
