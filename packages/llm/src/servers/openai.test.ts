import { FakeServer, type FakeServerOptions, type Fault } from '@agentmmrec/fakellm';
import { afterEach, expect, test } from '@jest/globals';
import type { WireRequest } from '../contract/contract.js';
import type { LlmFault } from '../contract/llmError.js';
import { createOpenAi } from './openai.js';

const SECRET = 'sk-very-secret-0123456789';
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

async function openAi(options: FakeServerOptions = {}) {
  server = await new FakeServer({ model: 'vlm', ...options }).start();
  const environment = { LLM_KEY: SECRET };
  return createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'vlm', environment, apiKeyName: 'LLM_KEY' });
}

afterEach(() => server?.stop());

test('the request has the form of the protocol, the image as data, the key in its header only', async () => {
  const answer = await (await openAi()).complete(request, signal);
  expect(answer).toEqual({
    text: '{"word":"plain words"}',
    usage: { inputTokens: 100, outputTokens: 20 },
    finish: 'stop',
    fingerprint: 'fp_loopback',
  });
  const [call] = server.calls;
  expect(call.headers.authorization).toBe(`Bearer ${SECRET}`);
  expect(JSON.stringify(call.body)).not.toContain(SECRET);
  expect(call.body).toEqual({
    model: 'vlm',
    messages: [
      { role: 'system', content: 'You answer.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What?' },
          { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,aGVsbG8=' } },
        ],
      },
    ],
    temperature: 0,
    seed: 7,
    max_tokens: 50,
    response_format: { type: 'json_schema', json_schema: { name: 'word', strict: true, schema: request.jsonSchema } },
    stream: false,
  });
});

test.each<[Fault, LlmFault]>([
  ['busy', 'busy'],
  ['rateLimit', 'busy'],
  ['quota', 'quota'],
  ['crash', 'crashed'],
  ['closedSocket', 'network'],
  ['cutStream', 'network'],
  ['contextTooLong', 'contextTooLong'],
  ['unauthorized', 'unauthorized'],
  ['redirect', 'refused'],
])('%s is told as %s', async (fault, expected) => {
  const llm = await openAi({ fault: () => fault });
  await expect(llm.complete(request, signal)).rejects.toMatchObject({ name: 'LlmError', fault: expected });
});

test('a refusal is no answer, and is told in its words', async () => {
  const answer = await (await openAi({ fault: () => 'refusal' })).complete(request, signal);
  expect(answer).toMatchObject({ text: '', withheld: 'it was a refusal in words: I will not' });
});

test('a server asks for time, and is heard', async () => {
  const llm = await openAi({ fault: () => 'rateLimit' });
  await expect(llm.complete(request, signal)).rejects.toMatchObject({ retryAfterMs: 7000 });
});

test('a key that a server repeats never reaches an error or an answer', async () => {
  const refused = await (await openAi({ fault: () => 'unauthorized' }))
    .complete(request, signal)
    .catch((error: Error) => error);
  expect(String((refused as Error).message)).toContain('Incorrect API key provided: Bearer [key]');
  expect(JSON.stringify(refused, Object.getOwnPropertyNames(refused))).not.toContain(SECRET);
  expect(refused).toMatchObject({ endsRun: true });
  await server.stop();
  const answered = await (await openAi({ answer: () => `{"word":"${SECRET}"}` })).complete(request, signal);
  expect(answered.text).toBe('{"word":"[key]"}');
});

test('a missing key names the variable and where keys come from', () => {
  const options = { baseUrl: 'http://127.0.0.1:1/v1', llmModel: 'vlm', environment: {}, apiKeyName: 'LLM_KEY' };
  expect(() => createOpenAi(options)).toThrow(
    /API key LLM_KEY: got no such environment variable.*keys are read from the environment only/,
  );
});

test.each([
  ['http://127.0.0.1/v1?key=abc', /got a query in it.*keys go into the environment/],
  ['http://user:word@127.0.0.1/v1', /got a user name or password in it.*environment variable/],
  ['ftp://127.0.0.1', /got protocol ftp:/],
  ['127.0.0.1:80', /got protocol 127.0.0.1:|got "127.0.0.1:80"/],
  ['http://user:sk-word/with@127.0.0.1/v1', /^(?!.*sk-word).*got "\.\.\.@127\.0\.0\.1\/v1"/],
])('the address %s is refused', (baseUrl, sentence) => {
  expect(() => createOpenAi({ baseUrl, llmModel: 'vlm', environment: {} })).toThrow(sentence);
});

test('a model that is not served is not found', async () => {
  const llm = await openAi({ model: 'another' });
  await expect(llm.identity(signal)).rejects.toMatchObject({ fault: 'notFound', got: 'a server with another' });
});
