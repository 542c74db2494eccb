import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ItemView, LlmReasoner, QueuedReasoner, runReasonerWorker } from '@agentmmrec/agents';
import { FakeServer } from '@agentmmrec/fakellm';
import { connectLlm, createOllama, promptCatalog } from '@agentmmrec/llm';
import { describe, expect, test } from '@jest/globals';
import { builtAgentmmrec } from '../support/cli.js';
import { missingRedis, RedisServer } from './redis.js';

const missing = missingRedis();
const withRedis = missing === null ? describe : describe.skip;
const QUESTIONS = 24;

const view = (item: number): ItemView => ({
  item,
  content: { title: `mug ${item}`, brand: '', categories: [], description: '', imagePath: null },
});

withRedis(`a server that is out behind a queue${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test('ends the command of a worker that never reached it, and what else the command did', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-unreached-'));
    const redis = await RedisServer.start(folder);
    try {
      const words = ['worker', '--queue', redis.url, '--reasoner', 'openai', '--llm-url', 'http://127.0.0.1:1/v1'];
      const { code, stderr } = await builtAgentmmrec([...words, '--llm-model', 'm', '--runs', '1'], { cwd: folder });
      expect([code, stderr]).toEqual([1, expect.stringMatching(/agentmmrec: openai m at 127\.0\.0\.1:1: .*HINT: /)]);
    } finally {
      await redis.kill();
      rmSync(folder, { recursive: true });
    }
  }, 60_000);

  test('costs its worker, whose questions go to the others, and not the build', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-outage-'));
    const redis = await RedisServer.start(folder);
    const stop = new AbortController();
    const servers: FakeServer[] = [];
    const workerOf = async (server: FakeServer) => {
      servers.push(await server.start());
      const makeReasoner = async () =>
        new LlmReasoner({
          client: await connectLlm({
            servers: [createOllama({ host: server.host, contextLength: 8192, llmSlots: 4 })],
            retries: { firstDelayMs: 1, longestDelayMs: 5 },
            pool: {
              breaker: { failures: 2, firstPauseMs: 5, longestPauseMs: 20 },
              longestOutageMs: 100,
              longestFirstOutageMs: 100,
            },
          }),
          prompts: promptCatalog(),
        });
      return runReasonerWorker({ queue: redis.url, queueName: 'outage', makeReasoner, signal: stop.signal }).catch(
        (thrown: unknown) => thrown,
      );
    };
    const dying = new FakeServer({ capabilities: ['completion'], fault: () => 'closedSocket' });
    const good = new FakeServer({
      capabilities: ['completion'],
      hold: () => new Promise((resolve) => setTimeout(resolve, 40)),
    });
    const running = Promise.all([workerOf(dying), workerOf(good)]);
    const reasoner = await QueuedReasoner.open({ queue: redis.url, queueName: 'outage', inFlight: QUESTIONS });
    try {
      const asked = Array.from({ length: QUESTIONS }, (_, item) =>
        reasoner.property('text', view(item), [], { seed: 1 }),
      );
      for (const { value } of await Promise.all(asked)) expect(value).not.toBe('');
      expect(dying.calls.length).toBeGreaterThan(0);
      expect(good.calls.length).toBe(QUESTIONS);
      stop.abort();
      const [ended, answered] = await running;
      expect(ended).toMatchObject({ fault: 'outage', exitCode: 1 });
      expect(answered).toBeGreaterThanOrEqual(QUESTIONS);
    } finally {
      stop.abort();
      await reasoner.close();
      await running;
      await Promise.all(servers.map((server) => server.stop()));
      await redis.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
