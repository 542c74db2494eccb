import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LlmReasoner } from '@agentmmrec/agents';
import { FakeServer } from '@agentmmrec/fakellm';
import { connectLlm, createOllama, createOpenAi, promptCatalog, type WireRequest } from '@agentmmrec/llm';
import { describe, expect, test } from '@jest/globals';
import { root } from '../support/repository.js';

/** What real servers and a small model answered, where the recordings are at hand. */
const traffic = join(root, '..', 'shared', 'llm-traffic');
const missing = existsSync(traffic) ? null : 'no recordings beside the repository';
const withTraffic = missing === null ? describe : describe.skip;

interface Exchange {
  readonly path: string;
  readonly request: { readonly model?: string };
  readonly status: number;
  readonly type: string;
  readonly response: string;
}

const linesOf = <T>(file: string): T[] =>
  missing
    ? []
    : readFileSync(join(traffic, file), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as T);

withTraffic(`recorded traffic${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const request: WireRequest = {
    system: 's',
    turns: [{ role: 'user', text: 'u', images: [] }],
    schemaName: 'n',
    jsonSchema: {},
    sampling: { temperature: 0, seed: 1, maxOutputTokens: 9 },
  };

  test('every recorded chat is read over both protocols, with its usage and its end', async () => {
    const chats = linesOf<Exchange>('ollama-0.24.0.jsonl').filter(({ path }) => /chat/.test(path));
    expect(chats.length).toBeGreaterThan(20);
    for (const { path, status, type, response } of chats) {
      const fetch = async () => new Response(response, { status, headers: { 'content-type': type } });
      const server = path.startsWith('/v1')
        ? createOpenAi({ baseUrl: 'http://recorded/v1', llmModel: 'm', environment: {}, fetch })
        : createOllama({ host: 'http://recorded', llmModel: 'm', contextLength: 100_000, fetch });
      const { text, usage, finish } = await server.complete(request, AbortSignal.timeout(5_000));
      expect(text.length).toBeGreaterThan(0);
      expect(['stop', 'length']).toContain(finish);
      expect(usage.inputTokens).toBeGreaterThan(0);
      expect(usage.outputTokens).toBeGreaterThan(0);
    }
  });

  test('of the answers of a very small model none that is debris is written down', async () => {
    const answers = linesOf<{ answer: string }>('smollm2-answers.jsonl').map(({ answer }) => answer);
    let next = '';
    const server = await new FakeServer({ capabilities: ['completion'], answer: () => next }).start();
    try {
      const client = await connectLlm({ servers: [createOllama({ host: server.host, contextLength: 16_384 })] });
      const reasoner = new LlmReasoner({ client, prompts: promptCatalog() });
      const content = { title: 'Bamboo tray', brand: 'Northgill', categories: [], description: '', imagePath: null };
      const written: string[] = [];
      for (const [seed, answer] of answers.entries()) {
        next = answer;
        const read = await reasoner.property('text', { item: 0, content }, [], { seed }).catch(() => null);
        if (read) written.push(read.value);
      }
      for (const text of written) expect(text).not.toMatch(/[{}]|BEGIN DATA|END DATA/i);
      expect(written.length).toBeLessThan(answers.length / 2);
    } finally {
      await server.stop();
    }
  });
});
