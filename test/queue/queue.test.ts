import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeServer } from '@agentmmrec/fakellm';
import { openMemory } from '@agentmmrec/memory';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { childSources } from '../support/childSources.js';
import { missingRedis, RedisServer, wait } from './redis.js';

/** Entries that are written, and kills of workers meanwhile; more on demand. */
const ENTRIES = Number(process.env.AMR_QUEUE_ENTRIES ?? 400);
const KILLS = Number(process.env.AMR_QUEUE_KILLS ?? 6);
const WORKERS = 3;

const missing = missingRedis();
const withRedis = missing === null ? describe : describe.skip;

const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-queue-'));
let sources: ReturnType<typeof childSources>;
let redis: RedisServer;
let server: FakeServer;

beforeAll(async () => {
  if (missing) return;
  sources = childSources(['core', 'kernels', 'datasets', 'llm', 'graphs', 'encoders', 'memory', 'agents']);
  server = await new FakeServer({ capabilities: ['completion'], hold: () => wait(5) }).start();
  redis = await RedisServer.start(folder);
  writeFileSync(join(sources.folder, 'worker.mjs'), WORKER);
  writeFileSync(join(sources.folder, 'build.mjs'), BUILD);
});

afterAll(async () => {
  if (!missing) {
    await redis.kill();
    await server.stop();
    sources.remove();
  }
  rmSync(folder, { recursive: true, force: true });
});

withRedis(`a queue on Redis${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test('workers killed with -9, Redis started anew and a coordinator killed lose and double nothing', async () => {
    const workers = Array.from({ length: WORKERS }, () => startChild('worker.mjs'));
    let coordinator = startChild('build.mjs', 'whole.sqlite');
    let answered = 0;
    server.onAnswered = (different) => {
      answered = different;
    };
    for (let kill = 0; kill < KILLS; kill++) {
      // Spread over the questions and not over time, so that every kill meets work.
      while (answered < ((kill + 1) * ENTRIES) / (KILLS + 1)) {
        expect(coordinator.exitCode).toBeNull();
        await wait(20);
      }
      const victim = workers[kill % WORKERS];
      victim.kill('SIGKILL');
      workers[kill % WORKERS] = startChild('worker.mjs');
      if (kill === 1) {
        await redis.kill();
        redis.start();
      }
      if (kill === 3 && coordinator.exitCode === null) {
        coordinator.kill('SIGKILL');
        await once(coordinator, 'exit');
        coordinator = startChild('build.mjs', 'whole.sqlite');
      }
    }
    if (coordinator.exitCode === null) await once(coordinator, 'exit');
    expect(coordinator.exitCode).toBe(0);
    for (const worker of workers) worker.kill('SIGTERM');
    await Promise.all(workers.map((worker) => (worker.exitCode === null ? once(worker, 'exit') : null)));
    const memory = openMemory({ path: join(folder, 'whole.sqlite'), fingerprint: null, mode: 'read' });
    const { preferences, properties, versions } = memory.stats();
    expect([preferences + properties, versions]).toEqual([ENTRIES, ENTRIES]);
    for (const kind of ['preference', 'property'] as const) {
      for (const { entity } of memory.all(kind)) expect(memory.history(kind, entity)).toHaveLength(1);
      expect(memory.jobs.failures(kind)).toEqual([]);
    }
    memory.close();
  }, 600_000);
});

function startChild(script: string, memory = ''): ChildProcess {
  const words = [join(sources.folder, script), redis.url, server.host, join(folder, memory), String(ENTRIES / 2)];
  return spawn(process.execPath, ['--no-warnings', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
}

const WORKER = `
import { LlmReasoner, runReasonerWorker } from '@agentmmrec/agents';
import { connectLlm, createOllama, promptCatalog } from '@agentmmrec/llm';
const [url, host] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const log = { info() {}, warn(line) { if (process.env.AMR_DEBUG) console.error(line); }, progress: () => ({ update() {}, end() {} }) };
await runReasonerWorker({
  queue: url,
  queueName: 'test',
  signal: stop.signal,
  log,
  makeReasoner: async () => new LlmReasoner({
    client: await connectLlm({ servers: [createOllama({ host, contextLength: 8192, llmSlots: 8 })] }),
    prompts: promptCatalog(${JSON.stringify(join(process.cwd(), 'prompts'))}),
  }),
});
process.exit(0);
`;

const BUILD = `
import { buildKnowledge, QueuedReasoner } from '@agentmmrec/agents';
import { buildInteractions } from '@agentmmrec/datasets';
import { openMemory } from '@agentmmrec/memory';
const [url, , path, size] = process.argv.slice(2);
const n = Number(size);
const users = Int32Array.from({ length: 3 * n }, (_, at) => Math.floor(at / 3));
const items = Int32Array.from({ length: 3 * n }, (_, at) => (Math.floor(at / 3) + (at % 3) * 7) % n);
const training = {
  name: 'shop', users: n, items: n, features: [], fingerprint: 'shop',
  userIds: Array.from({ length: n }, (_, u) => 'u' + u), itemIds: Array.from({ length: n }, (_, i) => 'i' + i),
  train: buildInteractions(n, n, { userIds: users, itemIds: items }),
  content: Array.from({ length: n }, (_, i) => ({ title: 'thing ' + i, brand: '', categories: [], description: '', imagePath: null })),
};
const reasoner = await QueuedReasoner.open({ queue: url, queueName: 'test', inFlight: 64 });
const memory = openMemory({ path, fingerprint: 'shop', mode: 'write' });
await buildKnowledge({ training, reasoner, memory, knowledgeSeed: 1 });
memory.close();
await reasoner.close();
`;
