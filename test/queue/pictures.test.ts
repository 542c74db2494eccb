import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ItemView, LlmReasoner, QueuedReasoner, runReasonerWorker } from '@agentmmrec/agents';
import { FakeServer, onePixelPng } from '@agentmmrec/fakellm';
import { connectLlm, createOllama, promptCatalog } from '@agentmmrec/llm';
import { describe, expect, test } from '@jest/globals';
import { missingRedis, RedisServer } from './redis.js';

const missing = missingRedis();
const withRedis = missing === null ? describe : describe.skip;

withRedis(`pictures over a queue${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test('that the store has lost are put there again; one whose file is gone is told, and nothing is invented', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-pictures-'));
    const redis = await RedisServer.start(folder);
    const server = await new FakeServer().start();
    const stop = new AbortController();
    const makeReasoner = async (readImage: (path: string) => Promise<Uint8Array>) =>
      new LlmReasoner({
        client: await connectLlm({ servers: [createOllama({ host: server.host, contextLength: 8192 })] }),
        prompts: promptCatalog(),
        readImage,
      });
    const worker = runReasonerWorker({ queue: redis.url, queueName: 'pictures', makeReasoner, signal: stop.signal });
    const imagePath = join(folder, 'mug.png');
    writeFileSync(imagePath, onePixelPng);
    const view = (item: number): ItemView => ({
      item,
      content: { title: `mug ${item}`, brand: '', categories: [], description: '', imagePath },
    });
    const forgetPictures = () => {
      const [, port] = /:(\d+)$/.exec(redis.url) ?? [];
      const words = (text: string) =>
        execFileSync('redis-cli', ['-p', port, ...text.split(' ')])
          .toString()
          .trim();
      for (const key of words('--raw keys pictures:picture:*').split('\n')) words(`del ${key}`);
    };
    const reasoner = await QueuedReasoner.open({ queue: redis.url, queueName: 'pictures', inFlight: 4 });
    try {
      await reasoner.property('visual', view(0), [], { seed: 1 });
      forgetPictures();
      const again = await reasoner.property('visual', view(1), [], { seed: 1 });
      expect(again.value).not.toBe('');
      expect(server.calls.map(({ images }) => images.length)).toEqual([1, 1]);
      forgetPictures();
      rmSync(imagePath);
      await expect(reasoner.property('visual', view(2), [], { seed: 1 })).rejects.toMatchObject({ fault: 'noImage' });
      expect(server.calls).toHaveLength(2);
    } finally {
      await reasoner.close();
      stop.abort();
      await worker;
      await server.stop();
      await redis.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
