import { FakeServer } from '@agentmmrec/fakellm';
import { expect, test } from '@jest/globals';
import type { WireRequest } from '../contract/contract.js';
import { openServers } from './index.js';
import { readLlmOption } from './llmOption.js';

test.each([
  ['repeat_penalty=1.1,num_gpu=1', { repeat_penalty: 1.1, num_gpu: 1 }],
  ['stop=["a","b"],mode=fast', { stop: ['a', 'b'], mode: 'fast' }],
  ['{"think":false,"options":{"a":1}}', { think: false, options: { a: 1 } }],
  ['extra={"a":1,"b":[2,3]}', { extra: { a: 1, b: [2, 3] } }],
  [' keep_alive = 5m ', { keep_alive: '5m' }],
])('--llm-option %s', (text, expected) => {
  expect(readLlmOption(text)).toEqual(expected);
});

test('nothing given is nothing, and what is no pair is refused', () => {
  expect(readLlmOption(null)).toEqual({});
  for (const wrong of ['num_gpu', '=1', '{"a":']) expect(() => readLlmOption(wrong)).toThrow('--llm-option');
});

test.each([
  'api_key=sk-1234567',
  'X-Api-Key=sk-1234567',
  'extra_headers={"Authorization":"Bearer sk-1234567"}',
  '{"extra_body":[{"access_token":"sk-1234567"}]}',
])('a key is refused, and not repeated: %s', (text) => {
  let message = '';
  try {
    readLlmOption(text);
  } catch (cause) {
    message = (cause as Error).message;
  }
  expect(message).toMatch(/^--llm-option: got \S+, by its name a secret.*OPENAI_API_KEY/);
  expect(message).not.toContain('sk-');
  expect(readLlmOption('max_tokens=5,stop_token_ids=[1]')).toEqual({ max_tokens: 5, stop_token_ids: [1] });
});

const request: WireRequest = {
  system: 's',
  turns: [{ role: 'user', text: 'u', images: [] }],
  schemaName: 'n',
  jsonSchema: {},
  sampling: { temperature: 0, seed: 1, maxOutputTokens: 9 },
};

test.each(['ollama', 'openai'] as const)('%s: options reach the server where it reads them', async (kind) => {
  const server = await new FakeServer({ answer: () => '{}' }).start();
  try {
    const url = kind === 'openai' ? `${server.host}/v1` : server.host;
    const values = { llmUrl: url, llmModel: server.model, llmSlots: null, contextLength: 4096 };
    const [opened] = openServers(kind, { ...values, llmOption: 'num_thread=1,think=false' }, { environment: {} });
    await opened.complete(request, AbortSignal.timeout(5000));
    const { body } = server.calls[0];
    expect(body.think).toBe(false);
    expect(kind === 'ollama' ? body.options : body).toMatchObject({ num_thread: 1 });
    // They decide answers, so they belong to what answers are kept under.
    expect(JSON.stringify(opened.settings)).toContain('num_thread');
  } finally {
    await server.stop();
  }
});
