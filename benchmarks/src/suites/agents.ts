import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildKnowledge, LlmReasoner } from '@agentmmrec/agents';
import { makeFolders, RandomStreams, silentLog } from '@agentmmrec/core';
import { loadDataset, synthesizeCatalog, type TrainingData } from '@agentmmrec/datasets';
import { startServerThread } from '@agentmmrec/fakellm';
import { connectLlm, createOllama, createOpenAi, type LlmServer, promptCatalog, ResponseCache } from '@agentmmrec/llm';
import { type NewEntry, openMemory } from '@agentmmrec/memory';
import { median } from '../statistics.js';
import type { BenchmarkCase, Suite, SuiteContext } from '../suite.js';

const IN_FLIGHT = 64;
const ROUNDS = 5;
const CATALOG = { users: 400, items: 260, imageSize: 224, seed: 5 };
/** Clothing as the paper counts it (its Table 3): three calls an entry, and one refinement an item. */
const CLOTHING = { users: 39_387, items: 23_033 };
const JOBS = 200_000;

/** The agents' own side of a run: calls against a server that answers at once, the lease table, the memory at full size. */
export const agents: Suite = {
  name: 'agents',
  byDefault: false,
  perSize: false,
  async *cases(_device, _size, context) {
    const folder = temporaryFolder(context);
    const server = await startServerThread();
    try {
      const catalog = await openCatalog(folder, context);
      for (const [protocol, shown] of [
        ['openai', 'text'],
        ['ollama', 'text'],
        ['openai', 'text and pictures'],
      ] as const) {
        yield await callCase(folder, server.port, protocol, shown === 'text' ? withoutImages(catalog) : catalog, shown);
      }
      yield enqueueCase(folder);
      yield memoryCase(folder);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function temporaryFolder({ workspace }: SuiteContext): string {
  makeFolders(workspace);
  return mkdtempSync(join(workspace, 'bench-agents-'));
}

async function openCatalog(folder: string, { workspace }: SuiteContext): Promise<TrainingData> {
  const path = join(folder, 'catalog');
  await synthesizeCatalog({ folder: path, ...CATALOG, log: silentLog });
  return (await loadDataset(path, { workspace, splitSeed: 999, log: silentLog })).training;
}

function withoutImages(training: TrainingData): TrainingData {
  return { ...training, content: (training.content ?? []).map((item) => ({ ...item, imagePath: null })) };
}

/**
 * A whole build into files: prompts, schemas, requests, checked answers, cache, entries and jobs. The raw contender sends the
 * same bytes by fetch with as many in flight; the difference is what our side costs a call.
 */
async function callCase(
  folder: string,
  port: number,
  protocol: 'openai' | 'ollama',
  training: TrainingData,
  shown: string,
): Promise<BenchmarkCase> {
  const recorded: { url: string; body: string }[] = [];
  const recording: typeof fetch = (input, init) => {
    if (typeof init?.body === 'string') recorded.push({ url: String(input), body: init.body });
    return fetch(input, init);
  };
  const times = { ours: [] as number[], raw: [] as number[] };
  let turn = 0;
  const build = async (send: typeof fetch): Promise<number> => {
    const files = join(folder, `build-${++turn}`);
    mkdirSync(files);
    const cache = new ResponseCache(join(files, 'responses.sqlite'));
    const client = await connectLlm({ servers: [serverOf(protocol, port, send)], cache });
    const memory = openMemory({ path: join(files, 'memory.sqlite'), fingerprint: training.fingerprint, mode: 'write' });
    try {
      const reasoner = new LlmReasoner({ client, prompts: promptCatalog() });
      const start = performance.now();
      await buildKnowledge({ training, reasoner, memory, knowledgeSeed: 1 });
      return (performance.now() - start) / 1000 / client.totals().calls;
    } finally {
      memory.close();
      client.close();
      rmSync(files, { recursive: true });
    }
  };
  await build(recording); // the warm-up, and what the raw contender sends
  const bodies = recorded.splice(0);
  const raw = async (): Promise<number> => {
    const start = performance.now();
    await inFlight(bodies.length, async (at) => {
      const { url, body } = bodies[at];
      await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).text();
    });
    return (performance.now() - start) / 1000 / bodies.length;
  };
  return {
    name: `a call of a build, ${shown}, ${protocol}, ${IN_FLIGHT} in flight, ${bodies.length} calls`,
    bytes: 0,
    flops: 0,
    rounds: ROUNDS,
    run: async () => kept(times.ours, await build(fetch)),
    peers: [],
    others: [{ name: 'raw fetch of the same bytes', run: async () => kept(times.raw, await raw()) }],
    facts: () => [
      {
        name: 'our side a call',
        value: median(times.ours) - median(times.raw),
        unit: 'seconds',
        target: { atMost: 2e-3 },
      },
      { name: 'calls', value: 1 / median(times.ours), unit: 'per second' },
    ],
  };
}

function kept(times: number[], seconds: number): number {
  times.push(seconds);
  return seconds;
}

function serverOf(protocol: 'openai' | 'ollama', port: number, send: typeof fetch): LlmServer {
  const host = `http://127.0.0.1:${port}`;
  const shared = { llmModel: 'answering', contextLength: 16_384, llmSlots: IN_FLIGHT, fetch: send };
  return protocol === 'ollama'
    ? createOllama({ host, ...shared })
    : createOpenAi({ baseUrl: `${host}/v1`, environment: {}, ...shared });
}

async function inFlight(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

function enqueueCase(folder: string): BenchmarkCase {
  const keys = Array.from({ length: JOBS }, (_, n) => String(n));
  const times: number[] = [];
  let turn = 0;
  return {
    name: `enqueue ${JOBS.toLocaleString('en')} jobs into a new memory file`,
    bytes: 0,
    flops: 0,
    rounds: ROUNDS,
    run() {
      const path = join(folder, `jobs-${++turn}.sqlite`);
      const start = performance.now();
      const memory = openMemory({ path, fingerprint: 'bench', mode: 'write' });
      try {
        if (memory.jobs.enqueue('bench', keys) !== JOBS) throw new Error('jobs were there already');
        return kept(times, (performance.now() - start) / 1000);
      } finally {
        memory.close();
      }
    },
    peers: [],
    facts: () => [{ name: 'longest', value: Math.max(...times), unit: 'seconds', target: { atMost: 10 } }],
  };
}

/** Three versions of each of Clothing's entries, as many versions as building them takes calls, and one refinement an item. */
function memoryCase(folder: string): BenchmarkCase {
  const path = join(folder, 'clothing.sqlite');
  const versions = 3 * (CLOTHING.users + CLOTHING.items);
  const stream = new RandomStreams(7).stream('queries');
  const times: number[] = [];
  let filled = false;
  return {
    name: `open and ask a memory of ${versions.toLocaleString('en')} versions and ${CLOTHING.items.toLocaleString('en')} refinements`,
    bytes: 0,
    flops: 0,
    run() {
      if (!filled) fillMemory(path);
      filled = true;
      const [user, item] = [stream.integer(CLOTHING.users), stream.integer(CLOTHING.items)];
      const start = performance.now();
      const memory = openMemory({ path, fingerprint: 'clothing', mode: 'read' });
      const found = [
        memory.get('preference', user)?.version,
        memory.history('property', item).length,
        memory.journal.find(`refine|${item}`)?.interactions.length,
      ];
      memory.close();
      if (found.join() !== '3,3,1') throw new Error(`the memory answered ${found.join()}`);
      return kept(times, (performance.now() - start) / 1000);
    },
    peers: [],
    facts: () => [
      { name: 'longest', value: Math.max(...times), unit: 'seconds', target: { atMost: 0.05 } },
      { name: 'file', value: statSync(path).size, unit: 'bytes' },
    ],
  };
}

function fillMemory(path: string): void {
  const memory = openMemory({ path, fingerprint: 'clothing', mode: 'write' });
  try {
    for (let version = 1; version <= 3; version++) {
      for (const [kind, count] of [
        ['property', CLOTHING.items],
        ['preference', CLOTHING.users],
      ] as const) {
        for (let first = 0; first < count; first += 2000) {
          const length = Math.min(2000, count - first);
          memory.putAll(Array.from({ length }, (_, n) => entryOf(kind, first + n, version)));
        }
      }
    }
    memory.atomically(() => {
      for (let item = 0; item < CLOTHING.items; item++) {
        const value = { chosen: Array.from({ length: 10 }, (_, n) => (item + n) % CLOTHING.items) };
        memory.journal.append({
          key: `refine|${item}`,
          value,
          interactions: [[0, item]],
          inputTokens: 1,
          outputTokens: 1,
        });
      }
    });
  } finally {
    memory.close();
  }
}

/** An entry of the size that answers have: some sixty words a part. */
function entryOf(kind: NewEntry['kind'], entity: number, version: number): NewEntry {
  const part = `${kind} ${entity} version ${version}: ${'plain words of the length of an answer, '.repeat(9)}`;
  const shown = [1, 2, 3, 4, 5].map((n) => (entity + n) % CLOTHING.items);
  const template = (task: string) => ({ id: `integrator/${kind}-${task}@1`, hash: 'f'.repeat(64) });
  return {
    kind,
    entity,
    parts: { text: part, visual: part, crossModal: part },
    provenance: {
      agent: 'integrator',
      tasks: [`${kind}-text`, `${kind}-visual`, `${kind}-multimodal`],
      reasoner: 'ollama qwen2.5vl:7b',
      modelDigest: 'e'.repeat(64),
      templates: ['text', 'visual', 'multimodal'].map(template),
      interactions: shown.map((item) => [entity, item] as const),
      sampledItems: shown,
      split: 'train',
      seed: 999,
      attempt: version,
      elapsedMs: 1,
      inputTokens: 3600,
      outputTokens: 700,
      repairs: [],
    },
  };
}
