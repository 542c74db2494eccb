import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ItemView, LlmReasoner, QueuedReasoner, runReasonerWorker } from '@agentmmrec/agents';
import { FakeServer, type ReceivedCall } from '@agentmmrec/fakellm';
import { connectLlm, createOllama, promptCatalog } from '@agentmmrec/llm';
import { describe, expect, test } from '@jest/globals';
import { missingRedis, RedisServer } from './redis.js';

const missing = missingRedis();
const withRedis = missing === null ? describe : describe.skip;

const view = (item: number): ItemView => ({
  item,
  content: { title: `mug ${item}`, brand: 'Acme', categories: [], description: '', imagePath: null },
});

const ANSWERS: Readonly<Record<string, unknown>> = {
  attributes: { maker: 'Acme', kind: 'mug', purpose: 'hot drinks outdoors' },
  pair: { liked: 'C2', disliked: 'C1' },
};

/** By what the schema asks for. */
function answer({ schema }: ReceivedCall): string {
  return JSON.stringify('maker' in (schema.properties ?? {}) ? ANSWERS.attributes : ANSWERS.pair);
}

withRedis(`an augmentation over a queue${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test('is answered by the augmenter of the worker, and equal questions are one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-augmentation-'));
    const redis = await RedisServer.start(folder);
    const server = await new FakeServer({ capabilities: ['completion'], answer }).start();
    const stop = new AbortController();
    const reasoner = new LlmReasoner({
      client: await connectLlm({ servers: [createOllama({ host: server.host, contextLength: 8192 })] }),
      prompts: promptCatalog(),
    });
    const queue = { queue: redis.url, queueName: 'augmented' };
    const worker = runReasonerWorker({ ...queue, makeReasoner: async () => reasoner, signal: stop.signal });
    const opened: QueuedReasoner[] = [];
    try {
      const asking = await QueuedReasoner.open({ ...queue, inFlight: 4 });
      opened.push(asking);
      const { augmenter } = asking;
      expect(augmenter?.digest).toBe(reasoner.augmenter.digest);
      expect(augmenter?.digest).not.toBe(asking.digest);
      const both = await Promise.all([1, 2].map(() => augmenter?.attributes(view(0), { seed: 1 })));
      for (const one of both) expect(one?.value).toEqual(ANSWERS.attributes);
      expect(server.calls).toHaveLength(1);
      const edges = await augmenter?.edges({ items: [view(0)], candidates: [view(5), view(7)], user: 0 }, { seed: 1 });
      expect(edges?.value).toEqual([7, 5]);
    } finally {
      await Promise.all(opened.map((one) => one.close()));
      stop.abort();
      await worker;
      await server.stop();
      await redis.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
