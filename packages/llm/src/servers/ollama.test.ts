import { FakeServer, type FakeServerOptions, type Fault } from '@agentmmrec/fakellm';
import { afterEach, expect, test } from '@jest/globals';
import type { WireRequest } from '../contract/contract.js';
import type { LlmFault } from '../contract/llmError.js';
import { createOllama } from './ollama.js';

const request: WireRequest = {
  system: 'You answer.',
  turns: [
    {
      role: 'user',
      text: 'What?',
      images: [{ mediaType: 'image/jpeg', base64: 'aGVsbG8=', digest: 'd', width: 96, height: 96 }],
    },
  ],
  schemaName: 'word',
  jsonSchema: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
  sampling: { temperature: 0, seed: 7, maxOutputTokens: 50 },
};
const signal = new AbortController().signal;
let server: FakeServer;

async function ollama(options: FakeServerOptions = {}) {
  server = await new FakeServer(options).start();
  return createOllama({ host: server.host, contextLength: 4096 });
}

afterEach(() => server.stop());

test('sampling, context length and schema go where the server reads them', async () => {
  const answer = await (await ollama()).complete(request, signal);
  expect(answer).toEqual({
    text: '{"word":"plain words"}',
    usage: { inputTokens: 100, outputTokens: 20 },
    finish: 'stop',
    fingerprint: '',
  });
  expect(server.calls[0].body).toEqual({
    model: 'qwen2.5vl:7b',
    messages: [
      { role: 'system', content: 'You answer.' },
      { role: 'user', content: 'What?', images: ['aGVsbG8='] },
    ],
    format: request.jsonSchema,
    options: { temperature: 0, seed: 7, num_ctx: 4096, num_predict: 50 },
    keep_alive: -1,
    stream: true,
    truncate: false,
    shift: false,
  });
});

test('the identity is the digest and version the server tells, and whether the model sees', async () => {
  const llm = await ollama({ digest: 'sha256:abc', version: '0.24.0', capabilities: ['completion'] });
  expect(await llm.identity(signal)).toEqual({
    provider: 'ollama',
    model: 'qwen2.5vl:7b',
    modelDigest: 'sha256:abc',
    serverVersion: '0.24.0',
    reproducible: true,
    seesImages: false,
  });
});

test('a missing model is an error that says how to get it', async () => {
  const llm = await ollama({ model: 'other:1b' });
  await expect(llm.identity(signal)).rejects.toMatchObject({
    fault: 'notFound',
    message: expect.stringMatching(
      /got a server with other:1b, expected the model qwen2.5vl:7b. HINT: ollama pull qwen2.5vl:7b/,
    ),
  });
});

test.each<[Fault, LlmFault]>([
  ['busy', 'busy'],
  ['crash', 'crashed'],
  ['errorLine', 'crashed'],
  ['closedSocket', 'network'],
  ['cutStream', 'network'],
  ['garbledLine', 'network'],
  ['contextTooLong', 'contextTooLong'],
  ['redirect', 'refused'],
])('%s is told as %s', async (fault, expected) => {
  const llm = await ollama({ fault: () => fault });
  await expect(llm.complete(request, signal)).rejects.toMatchObject({ name: 'LlmError', fault: expected });
});

test('an answer cut at the limit says so', async () => {
  const llm = await ollama({ fault: () => 'length' });
  expect((await llm.complete(request, signal)).finish).toBe('length');
});

test('a prompt that filled the whole window is an error: its beginning was lost', async () => {
  server = await new FakeServer().start();
  const llm = createOllama({ host: server.host, contextLength: 100 });
  await expect(llm.complete(request, signal)).rejects.toMatchObject({ fault: 'contextTooLong' });
});

test('a server that is not there is a network failure', async () => {
  const llm = await ollama();
  await server.stop();
  await expect(llm.complete(request, signal)).rejects.toMatchObject({
    fault: 'network',
    got: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a silent server is left when the signal fires', async () => {
  const llm = await ollama({ fault: () => 'silence' });
  const stop = new AbortController();
  const asked = llm.complete(request, stop.signal);
  while (server.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  stop.abort();
  await expect(asked).rejects.toMatchObject({ fault: 'aborted', kind: 'interrupted' });
});
