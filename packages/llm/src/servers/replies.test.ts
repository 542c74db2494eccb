import { FakeServer, type PlainReply, type ReceivedCall } from '@agentmmrec/fakellm';
import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectLlm } from '../connectLlm.js';
import type { GenerateRequest } from '../contract/contract.js';
import { createOllama } from './ollama.js';
import { createOpenAi } from './openai.js';

const GOOD = '{"word":"a good answer"}';
const request: GenerateRequest<{ word: string }> = {
  task: 't',
  system: 'You answer.',
  parts: [{ type: 'text', text: 'u' }],
  schema: { name: 'n', strict: z.strictObject({ word: z.string().min(3).max(20) }) },
  sampling: { temperature: 0, seed: 1, maxOutputTokens: 50 },
  template: { id: 'i', hash: 'h' },
};
type Told = (call: ReceivedCall, index: number) => PlainReply | null;
let server: FakeServer;
afterEach(() => server.stop());

/** One question to a server that replies as told. */
async function asked(reply: Told, provider: 'openai' | 'ollama' = 'openai') {
  server = await new FakeServer({ model: 'm:latest', reply, answer: () => GOOD }).start();
  const warned: string[] = [];
  const log = {
    info() {},
    warn: (line: string) => void warned.push(line),
    progress: () => ({ update() {}, end() {} }),
  };
  const one =
    provider === 'openai'
      ? createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'm', environment: {} })
      : createOllama({ host: server.host, llmModel: 'm', contextLength: 4096 });
  const client = await connectLlm({
    servers: [one],
    log,
    retries: { firstDelayMs: 1, longestDelayMs: 4 },
    pool: { breaker: { failures: 3, firstPauseMs: 1, longestPauseMs: 4 } },
  });
  return { client, warned, answer: await client.generate(request) };
}

const says = (message: unknown, more = {}) => ({ body: { choices: [{ message, finish_reason: 'stop', ...more }] } });
const event = (value: unknown) => `data: ${JSON.stringify(value)}\r\n\r\n`;
const delta = (content: string, more = {}) =>
  event({ choices: [{ delta: { content }, finish_reason: null, ...more }] });

describe('what means one answer is read, from', () => {
  test.each<[string, PlainReply]>([
    [
      'a stream that nobody asked for',
      { body: [delta(GOOD.slice(0, 9)), delta(GOOD.slice(9), { finish_reason: 'stop' }), 'data: [DONE]\n\n'] },
    ],
    [
      'a stream with remarks before it',
      { body: `: PROCESSING\n\n: PROCESSING\n\n${delta(GOOD, { finish_reason: 'stop' })}` },
    ],
    [
      'a stream of reasoning and an answer',
      { body: event({ choices: [{ delta: { reasoning_content: 'hm' } }] }) + delta(GOOD, { finish_reason: 'stop' }) },
    ],
    [
      'blanks before it, to keep the connection',
      { body: ['\n', '\n\n ', JSON.stringify(says({ content: GOOD }).body)] },
    ],
    [
      'characters cut between pieces',
      {
        body: [...Buffer.from(JSON.stringify(says({ content: GOOD.replace('good', 'gööd') }).body))].map((byte) =>
          Uint8Array.of(byte),
        ),
      },
    ],
    ['an object that was parsed already', says({ content: JSON.parse(GOOD) })],
    [
      'parts, the first of them reasoning',
      says({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: '{no}' }] },
          { type: 'text', text: GOOD },
        ],
      }),
    ],
    ['a function call of the old kind', says({ content: null, function_call: { name: 'n', arguments: GOOD } })],
    ['a completion of the old kind', { body: { choices: [{ text: GOOD, finish_reason: 'eos_token' }] } }],
    ['a finish that is told in another way', says({ content: GOOD }, { finish_reason: 'eos_token' })],
    ['keys that are told twice', says({ content: GOOD.replace('{', '{"word":"a draft",') })],
    [
      'an answer that the server checked and held back',
      {
        status: 400,
        body: {
          error: {
            message: 'Generated JSON does not match the expected schema',
            code: 'json_validate_failed',
            failed_generation: `Sure: ${GOOD}`,
          },
        },
      },
    ],
  ])('%s', async (_name, reply) => {
    const { answer } = await asked(() => reply);
    expect(answer.object.word).toMatch(/^a g(oo|öö)d answer$/);
    expect(server.calls).toHaveLength(1);
  });
});

describe('what passes is asked again:', () => {
  const html = '<html><head><title>502 Bad Gateway</title></head></html>';
  test.each<[string, PlainReply]>([
    [
      'an error of the server behind it, with status 200',
      { body: { error: { message: 'Provider returned error', code: 502 } } },
    ],
    [
      'an error in place of a choice',
      { body: { choices: [{ error: { message: 'Upstream', code: 503 }, message: { content: '' } }] } },
    ],
    ['an error in a stream', { body: delta('{"wo') + event({ error: { message: 'overloaded' } }) }],
    ['a stream that ends early', { body: delta('{"wo') }],
    ['a page of a gateway', { status: 502, headers: { 'content-type': 'text/html' }, body: html }],
    ['a status of a content network', { status: 520, body: html }],
    [
      'a model that is being loaded',
      { status: 503, body: { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } } },
    ],
    [
      'a connection cut in the middle',
      { body: [JSON.stringify(says({ content: GOOD }).body).slice(0, 40)], cut: true },
    ],
    [
      'a server that is asked too often',
      { status: 429, headers: { 'retry-after-ms': '2' }, body: { error: { message: 'Too Many Requests' } } },
    ],
    [
      'a quota of the minute',
      {
        status: 429,
        body: [
          `[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","details":[{"retryDelay":"0.002s"}]}}]`,
        ],
      },
    ],
  ])('%s', async (_name, reply) => {
    const { answer, client, warned } = await asked((_call, index) => (index === 0 ? reply : null));
    expect(answer).toMatchObject({ object: { word: 'a good answer' }, attempts: 1, requests: 2 });
    expect(client.totals().faults).not.toHaveProperty('crashed');
    expect(warned).toHaveLength(1);
  });

  test('a page with status 200, of one that answered before; of one that never did it is told at once', async () => {
    const page = { headers: { 'content-type': 'text/html' }, body: html };
    const { client } = await asked((_call, index) => (index === 1 ? page : null));
    expect(await client.generate({ ...request, system: 'Another.' })).toMatchObject({ attempts: 1, requests: 2 });
    await server.stop();
    await expect(asked(() => page)).rejects.toMatchObject({ fault: 'protocol', hint: expect.stringContaining('/v1') });
    expect(server.calls).toHaveLength(1);
  });

  test.each<[string, PlainReply]>([
    ['a refusal', says({ content: null, refusal: 'I cannot help with that.' })],
    ['an answer that a filter took', says({ content: '' }, { finish_reason: 'content_filter' })],
    [
      'a question that a filter took',
      {
        status: 400,
        body: {
          error: {
            code: 'content_filter',
            message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
          },
        },
      },
    ],
    ['no choice at all', { body: { choices: [], usage: null } }],
    ['null in place of choices', { body: { choices: null } }],
    ['a message that is none', { body: { choices: [{ finish_reason: 'stop' }] } }],
  ])('in other words where it was %s', async (_name, reply) => {
    const { answer } = await asked((_call, index) => (index === 0 ? reply : null));
    expect(answer).toMatchObject({ object: { word: 'a good answer' }, attempts: 2 });
    const [first, second] = server.calls.map(({ body }) => body);
    expect(second.temperature).not.toBe(first.temperature);
    expect(JSON.stringify(second.messages)).toContain('An earlier answer could not be used');
  });
});

describe('a way of speaking is learnt once:', () => {
  const refuses = (status: number, message: string, when: (body: Record<string, unknown>) => boolean): Told => {
    return ({ body }) => (when(body) ? { status, body: { error: { message } } } : null);
  };
  const roles = (body: Record<string, unknown>) => (body.messages as { role: string }[]).map(({ role }) => role);
  const thoughtOnly = says({ content: '' }, { finish_reason: 'length' });
  test.each<[string, Told, number]>([
    [
      'no instructions beside the question',
      refuses(400, 'System role not supported', (body) => roles(body).includes('system')),
      2,
    ],
    [
      'of Google',
      refuses(400, 'Developer instruction is not enabled for models/gemma-3-27b-it', (body) =>
        roles(body).includes('system'),
      ),
      2,
    ],
    [
      'of a template that knows two roles',
      refuses(400, 'Conversation roles must alternate user/assistant/user/assistant/...', (body) =>
        roles(body).includes('system'),
      ),
      2,
    ],
    [
      'of a template that breaks the server',
      refuses(500, 'Jinja Exception: System role not supported', (body) => roles(body).includes('system')),
      2,
    ],
    [
      'a gateway that finds nobody for schemas with bounds',
      refuses(404, 'No endpoints found that can handle the requested parameters.', (body) =>
        JSON.stringify(body).includes('maxLength'),
      ),
      2,
    ],
    [
      'answers in streams alone',
      refuses(
        400,
        'This model only support stream mode, please enable the stream parameter',
        (body) => body.stream !== true,
      ),
      2,
    ],
    [
      'thinking is turned off by a field',
      refuses(
        400,
        'parameter.enable_thinking must be set to false for non-streaming calls',
        (body) => body.enable_thinking !== false,
      ),
      2,
    ],
    [
      'temperature is the model’s own',
      refuses(
        400,
        "Unsupported value: 'temperature' does not support 0 with this model.",
        (body) => 'temperature' in body,
      ),
      2,
    ],
    [
      'a model that thinks in secret, and takes an effort of none',
      ({ body }) => (body.reasoning_effort === 'none' ? null : thoughtOnly),
      3,
    ],
    [
      'a model that always thinks, on a server that knows its fields',
      ({ body }) => {
        if ('chat_template_kwargs' in body)
          return {
            status: 400,
            body: { error: { message: 'Unrecognized request argument supplied: chat_template_kwargs' } },
          };
        if (body.reasoning_effort === 'none')
          return {
            status: 400,
            body: {
              error: { message: "Unsupported value: 'reasoning_effort' does not support 'none' with this model." },
            },
          };
        return body.reasoning_effort === 'low' && Number(body.max_tokens) > 100 ? null : thoughtOnly;
      },
      4,
    ],
  ])('%s', async (_name, told, requests) => {
    const { client, answer } = await asked(told);
    expect(answer).toMatchObject({ object: { word: 'a good answer' }, attempts: 1 });
    expect(server.calls).toHaveLength(requests);
    expect(JSON.stringify(server.calls.at(-1)?.body.messages)).toContain('You answer.');
    await client.generate({ ...request, system: 'Another.' });
    expect(server.calls).toHaveLength(requests + 1);
  });

  test.each<[string, Told, number]>([
    [
      'Ollama of long ago takes JSON alone',
      ({ body }) =>
        typeof body.format === 'object'
          ? {
              status: 400,
              body: { error: 'json: cannot unmarshal object into Go struct field ChatRequest.format of type string' },
            }
          : null,
      2,
    ],
    [
      'a model without a grammar',
      ({ body }) =>
        'format' in body
          ? { status: 500, body: { error: 'failed to load model vocabulary required for format' } }
          : null,
      3,
    ],
    [
      'a model that always thinks',
      ({ body }) =>
        body.think === 'low'
          ? null
          : {
              body: [
                `${JSON.stringify({ message: { content: '', thinking: 'hm' }, done: true, done_reason: 'length' })}\n`,
              ],
            },
      3,
    ],
    [
      'an answer that is only cut off, of a model that does not think',
      ({ body }, index) => {
        if ('think' in body) return { status: 400, body: { error: '"m" does not support thinking' } };
        return index === 0
          ? { body: [`${JSON.stringify({ message: { content: '' }, done: true, done_reason: 'length' })}\n`] }
          : null;
      },
      3,
    ],
  ])('%s', async (_name, told, requests) => {
    const { answer, client, warned } = await asked(told, 'ollama');
    expect(answer).toMatchObject({ object: { word: 'a good answer' }, attempts: 1 });
    expect(server.calls).toHaveLength(requests);
    await client.generate({ ...request, system: 'Another.' });
    expect(server.calls).toHaveLength(requests + 1);
    const { body } = server.calls[requests];
    expect(warned).toEqual(typeof body.format === 'object' ? [] : [expect.stringContaining('takes no JSON schema')]);
    if (typeof body.format !== 'object') expect(JSON.stringify(body.messages)).toContain('maxLength');
  });
});

test.each([
  [['models/m'], 'm'],
  [['m:latest'], 'm'],
  [['maker/m'], 'maker/m:nitro'],
])('a server that lists %j has the model %s', async (models, llmModel) => {
  server = await new FakeServer({ models }).start();
  const one = createOpenAi({ baseUrl: `${server.host}/v1`, llmModel, environment: {} });
  await expect(connectLlm({ servers: [one] })).resolves.toBeDefined();
});

test('a server of another size is not the model', async () => {
  server = await new FakeServer({ models: ['m:7b', 'm:latest'] }).start();
  const one = createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'm:3b', environment: {} });
  await expect(connectLlm({ servers: [one] })).rejects.toMatchObject({ fault: 'notFound' });
});
