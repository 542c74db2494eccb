// Tries ways to frame data in prompts on a small model: node test/live/dist/measureFramings.js HOST MODEL [ITEMS] [USERS] [FIRST]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Integrator, LlmReasoner } from '@agentmmrec/agents';
import { silentLog } from '@agentmmrec/core';
import { loadDataset, synthesizeCatalog } from '@agentmmrec/datasets';
import {
  connectLlm,
  createOllama,
  LlmError,
  type LlmServer,
  promptCatalog,
  type WireAnswer,
  type WireRequest,
} from '@agentmmrec/llm';
import { type Framing, framings } from './framings.js';

const [host = '127.0.0.1:11434', model = 'smollm2', items = '5', users = '3', first = '0'] = process.argv.slice(2);

interface Seen {
  readonly answer: WireAnswer;
  readonly seconds: number;
}

const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-framings-'));
try {
  const catalog = join(folder, 'catalog');
  const size = { users: 40, items: 30, imageSize: 0, seed: 11 };
  await synthesizeCatalog({ ...size, folder: catalog, log: silentLog } as Parameters<typeof synthesizeCatalog>[0]);
  const { training } = await loadDataset(catalog, { workspace: folder, splitSeed: 1, log: silentLog });
  console.log('| framing | answers | refused | marks copied | cut off | grounded | words |');
  console.log('|---|---|---|---|---|---|---|');
  for (const framing of framings.slice(Number(first))) {
    const seen: Seen[] = [];
    const server = reframed(
      createOllama({ host, llmModel: model, contextLength: 4096, llmSlots: 2, further: { num_thread: 1 } }),
      framing,
      seen,
    );
    const client = await connectLlm({ servers: [server] });
    const reasoner = new LlmReasoner({ client, prompts: promptCatalog(), timeoutMs: 900_000 });
    const integrator = new Integrator({ training, reasoner, knowledgeSeed: 1 });
    for (let item = 0; item < Number(items); item++) await quietly(integrator.property(item));
    for (let user = 0; user < Number(users); user++) await quietly(integrator.preference(user));
    console.log(rowOf(framing, seen, reasoner));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The server asked in another framing, first attempts only: what a second one mends is no merit of the framing. */
function reframed(server: LlmServer, framing: Framing, seen: Seen[]): LlmServer {
  return {
    ...server,
    async complete(request, signal) {
      if (request.sampling.temperature > 0) {
        throw new LlmError({ fault: 'refused', what: framing.name, got: 'a second attempt', expected: 'a first one' });
      }
      const start = performance.now();
      const answer = await server.complete(inFraming(request, framing), signal);
      console.error(`${framing.name}: ${JSON.stringify(answer.text)}`);
      seen.push({ answer, seconds: (performance.now() - start) / 1000 });
      return answer;
    },
  };
}

/** A request of the product with its data framed otherwise. */
function inFraming(request: WireRequest, { rule, section, closing }: Framing): WireRequest {
  const [fixed] = request.system.split('\n\nEvery line that begins with ">"');
  if (fixed === request.system) throw new Error('the rule about data is worded in another way now');
  const turns = request.turns.map((turn) => {
    const text = turn.text.replace(
      /(?:^> .*\n?)+/gm,
      (lines) => `${section(lines.trim().split('\n').map(rowOfLine))}\n`,
    );
    return { ...turn, text: closing === '' ? text : `${text}\n\n${closing}` };
  });
  return { ...request, system: `${fixed}\n\n${rule}`, turns };
}

/** The fields of a line of data, its name first where it has one. */
function rowOfLine(line: string): Record<string, unknown> {
  const [, name, rest] = /^> (?:([A-Z]\d+)(?:: |$))?(.*)$/.exec(line) ?? [];
  const fields = rest.split('; ').filter(Boolean);
  return Object.fromEntries([
    ...(name === undefined ? [] : [['name', name]]),
    ...fields.map((field) => [field.split(' ')[0], field.split(' ').slice(1).join(' ')]),
  ]);
}

/** A question whose answer is refused is counted by the reasoner. */
async function quietly(asked: Promise<unknown>): Promise<void> {
  await asked.catch((thrown: unknown) => {
    if (!(thrown instanceof LlmError)) throw thrown;
  });
}

function rowOf(framing: Framing, seen: readonly Seen[], reasoner: LlmReasoner): string {
  const tasks = reasoner.answers();
  const refusals = tasks.flatMap(({ refused }) => Object.entries(refused));
  const refused = refusals.reduce((sum, [, count]) => sum + count, 0);
  const cut = refusals.filter(([reason]) => reason === 'cut off').reduce((sum, [, count]) => sum + count, 0);
  const texts = seen.flatMap(({ answer }) => valuesOf(answer.text));
  const copied = seen.filter(({ answer }) => valuesOf(answer.text).some((text) => framing.marks.test(text))).length;
  const grounded = tasks.map(({ groundedShare }) => groundedShare).filter((share) => share !== null);
  const share =
    grounded.length === 0 ? '-' : (grounded.reduce((sum, one) => sum + one, 0) / grounded.length).toFixed(2);
  const words = texts.reduce((sum, text) => sum + text.split(/\s+/).length, 0) / Math.max(1, seen.length);
  const reasons = refusals.map(([reason, count]) => `${count} ${reason}`).join('; ');
  return `| ${framing.name} | ${seen.length} | ${refused}${reasons ? ` (${reasons})` : ''} | ${copied} | ${cut} | ${share} | ${words.toFixed(0)} |`;
}

/** The texts of an answer, whatever its form; what is no JSON is one text. */
function valuesOf(text: string): string[] {
  try {
    return flat(JSON.parse(text));
  } catch {
    return [text];
  }
}

function flat(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(flat);
}
