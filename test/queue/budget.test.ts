import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ItemView, LlmReasoner, QueuedReasoner, runReasonerWorker } from '@agentmmrec/agents';
import { FakeServer } from '@agentmmrec/fakellm';
import { connectLlm, createOllama, promptCatalog } from '@agentmmrec/llm';
import { describe, expect, test } from '@jest/globals';
import { missingRedis, RedisServer } from './redis.js';

const missing = missingRedis();
const withRedis = missing === null ? describe : describe.skip;

const view = (item: number): ItemView => ({
  item,
  content: { title: `mug ${item}`, brand: '', categories: [], description: '', imagePath: null },
});

withRedis(`budgets over a queue${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test('count what others spent on the same queue, and not what was spent on another', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-budget-'));
    const redis = await RedisServer.start(folder);
    const server = await new FakeServer({ capabilities: ['completion'], usage: { input: 900, output: 100 } }).start();
    const stop = new AbortController();
    const makeReasoner = async () =>
      new LlmReasoner({
        client: await connectLlm({ servers: [createOllama({ host: server.host, contextLength: 8192 })] }),
        prompts: promptCatalog(),
      });
    const workers = ['shared', 'other'].map((queue) =>
      runReasonerWorker({ queue: redis.url, queueName: queue, makeReasoner, signal: stop.signal }),
    );
    const open = (queue: string, tokens?: number) =>
      QueuedReasoner.open({
        queue: redis.url,
        queueName: queue,
        inFlight: 4,
        ...(tokens !== undefined && { limits: { maxTokens: tokens } }),
      });
    const opened: QueuedReasoner[] = [];
    try {
      const first = await open('shared');
      opened.push(first);
      for (const item of [0, 1, 2]) await first.property('text', view(item), [], { seed: 1 });
      const second = await open('shared', 3500);
      opened.push(second);
      await second.prepare();
      expect(second.spent()).toMatchObject({ requests: 3, inputTokens: 2700, outputTokens: 300 });
      // Three thousand by the other: one more fits, the next does not.
      await second.property('text', view(3), [], { seed: 1 });
      await second.prepare();
      await expect(second.property('text', view(4), [], { seed: 1 })).rejects.toMatchObject({
        fault: 'budget',
        got: '4000 by all workers of the queue',
      });
      expect(server.calls).toHaveLength(4);
      const apart = await open('other', 3500);
      opened.push(apart);
      await apart.prepare();
      expect(apart.spent().requests).toBe(0);
      await apart.property('text', view(4), [], { seed: 1 });
    } finally {
      await Promise.all(opened.map((one) => one.close()));
      stop.abort();
      await Promise.all(workers);
      await server.stop();
      await redis.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
