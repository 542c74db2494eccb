import { FakeServer, type PlainReply, type ReceivedCall } from '@agentmmrec/fakellm';
import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectLlm } from '../connectLlm.js';
import type { GenerateRequest } from '../contract/contract.js';
import type { LlmFault } from '../contract/llmError.js';
import { errorReply } from './errorReply.js';
import { serverError } from './faults.js';
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
let server: FakeServer | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

const told = (status: number, body: unknown) =>
  serverError('server', status, errorReply(typeof body === 'string' ? body : JSON.stringify(body), new Headers()));

/** A client of a server that replies as told, and what it warns of. */
async function clientOf(
  reply: (call: ReceivedCall, index: number) => PlainReply | null,
  provider: 'openai' | 'ollama',
) {
  server = await new FakeServer({ model: 'm:latest', reply, answer: () => GOOD }).start();
  const warned: string[] = [];
  const one =
    provider === 'openai'
      ? createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'm', environment: {} })
      : createOllama({ host: server.host, llmModel: 'm', contextLength: 4096 });
  const client = await connectLlm({
    servers: [one],
    log: { info() {}, warn: (line) => void warned.push(line), progress: () => ({ update() {}, end() {} }) },
    retries: { firstDelayMs: 1, longestDelayMs: 4 },
    pool: { breaker: { failures: 3, firstPauseMs: 1, longestPauseMs: 4 } },
  });
  return { client, warned, calls: server.calls };
}

describe('a refusal is told as what it is:', () => {
  const openai = (message: string, more = {}) => ({ error: { message, type: 'invalid_request_error', ...more } });
  test.each<[string, number, unknown, LlmFault]>([
    [
      'a model that LM Studio has not loaded',
      400,
      openai("No models loaded. Please load a model in the developer page or use the 'lms load' command.", {
        code: 'model_not_found',
      }),
      'notFound',
    ],
    ['a model that LM Studio unloaded', 400, { error: 'Model is unloaded.' }, 'notFound'],
    [
      'a model that OpenRouter does not know',
      400,
      { error: { message: 'some/model:free is not a valid model ID', code: 400 } },
      'notFound',
    ],
    [
      'a model that nobody serves to this account',
      404,
      { error: { message: 'No allowed providers are available for the selected model.', code: 404 } },
      'notFound',
    ],
    [
      'a model that Groq took away',
      400,
      openai('The model `x` has been decommissioned and is no longer supported.', { code: 'model_decommissioned' }),
      'notFound',
    ],
    ['a model that DeepSeek does not know', 400, openai('Model Not Exist'), 'notFound'],
    [
      'a model that Mistral does not know',
      400,
      { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' },
      'notFound',
    ],
    [
      'a model that is not served without a machine of its own',
      400,
      openai('Unable to access non-serverless model x. Please create a new dedicated endpoint.', {
        code: 'model_not_available',
      }),
      'notFound',
    ],
    [
      'a model that has no room',
      500,
      { error: 'model requires more system memory (5.0 GiB) than is available (3.9 GiB)' },
      'notFound',
    ],
    [
      'a model of a kind that the server does not know',
      500,
      {
        error:
          "llama runner process has terminated: error loading model: error loading model architecture: unknown model architecture: 'x'",
      },
      'notFound',
    ],
    [
      'a model that cannot be loaded',
      400,
      { error: 'Failed to load model "x". Error: Operation canceled.' },
      'notFound',
    ],
    [
      'a server that is too old for its model',
      412,
      { error: 'this model requires a newer version of Ollama' },
      'notFound',
    ],
    [
      'the limit of a week',
      429,
      { error: 'you (me) have reached your weekly usage limit, upgrade for higher limits' },
      'quota',
    ],
    [
      'the limit of a session',
      429,
      { error: 'you (me) have reached your session usage limit, please wait or upgrade to continue' },
      'quota',
    ],
    [
      'a model that crashed, with the status of a wrong request',
      400,
      { error: 'The model has crashed without additional information. (Exit code: 1844674407)' },
      'crashed',
    ],
    [
      'an engine that died while it answered',
      424,
      { error: 'Request failed during generation: Server error: CUDA out of memory', error_type: 'generation' },
      'crashed',
    ],
    ['room that is full', 498, { error: { message: 'Flex tier capacity exceeded' } }, 'busy'],
    ['a question that came too early', 425, { error: 'try again' }, 'busy'],
    [
      'a page before the server that wants a person',
      403,
      '<!DOCTYPE html><html><title>Just a moment...</title></html>',
      'network',
    ],
  ])('%s', (_name, status, body, fault) => {
    expect(told(status, body)).toMatchObject({ fault });
  });

  test.each<[string, number, unknown]>([
    [
      'llama.cpp',
      500,
      {
        error: {
          code: 500,
          message: 'Failed to parse messages: Unsupported content part type: "image_url"; messages = [{}]',
        },
      },
    ],
    [
      'llama-cpp-python',
      500,
      { error: { message: 'can only concatenate str (not "list") to str', type: 'internal_server_error' } },
    ],
    [
      'llamafile',
      500,
      { error: { message: "The server was not compiled for multimodal or the model projector can't be loaded." } },
    ],
  ])('no pictures, by %s', (_name, status, body) => {
    expect(told(status, body)).toMatchObject({ fault: 'tooManyImages', imageLimit: 0 });
  });

  test.each([405, 501])('an address that takes no questions, with status %d', (status) => {
    expect(told(status, 'Method Not Allowed')).toMatchObject({
      fault: 'notFound',
      hint: expect.stringContaining('/v1'),
    });
  });
});

describe('what a server broke off itself is no answer of its model and asked again:', () => {
  const cut = (more: object) => ({ body: { choices: [{ message: { content: '{"wo' }, ...more }] } });
  test.each<[string, PlainReply]>([
    ['an engine that gave up', cut({ finish_reason: 'abort' })],
    ['an error as the reason for the end', cut({ finish_reason: 'error' })],
    ['a want of room', cut({ finish_reason: 'insufficient_system_resource' })],
    [
      'an error of the server behind a gateway',
      {
        body: { choices: [{ message: { content: '' }, finish_reason: 'stop', native_finish_reason: 'network_error' }] },
      },
    ],
    ['an event of its own', { body: ['event: error\ndata: {"code":"InternalError","message":"engine died"}\n\n'] }],
    [
      'an error in place of a reply',
      { body: { object: 'error', message: 'internal error, server busy', code: 50001 } },
    ],
  ])('%s', async (_name, reply) => {
    const { client, warned } = await clientOf((_call, index) => (index === 0 ? reply : null), 'openai');
    expect(await client.generate(request)).toMatchObject({
      object: { word: 'a good answer' },
      attempts: 1,
      requests: 2,
    });
    expect(warned).toHaveLength(1);
  });
});

test.each(['context_window_exceeded', 'model_context_window_exceeded', 'max_output_tokens'])(
  'an answer that ended for %s is one that was cut off',
  async (finish_reason) => {
    const reply = { body: { choices: [{ message: { content: '{"word":"a go' }, finish_reason }] } };
    const { client } = await clientOf(() => reply, 'openai');
    await expect(client.generate(request)).rejects.toMatchObject({ got: expect.stringContaining('cut off') });
  },
);

describe.each(['openai', 'ollama'] as const)(
  'a grammar under which a model writes nothing is left out, over %s',
  (provider) => {
    const silent = (text: string, length: boolean): PlainReply =>
      provider === 'openai'
        ? { body: { choices: [{ message: { content: text }, finish_reason: length ? 'length' : 'stop' }] } }
        : {
            body: [
              `${JSON.stringify({ message: { content: text }, done: true, done_reason: length ? 'length' : 'stop' })}\n`,
            ],
          };
    const isHeld = ({ body }: ReceivedCall) =>
      provider === 'openai' ? JSON.stringify(body).includes('json_schema') : typeof body.format === 'object';

    test.each([
      ['an end at once', '', false],
      ['blanks until the limit', `{\n  "word":${' \n'.repeat(200)}`, true],
    ])('%s', async (_name, text, length) => {
      const { client, warned, calls } = await clientOf(
        (call) => (isHeld(call) ? silent(text, length) : null),
        provider,
      );
      expect(await client.generate(request)).toMatchObject({ object: { word: 'a good answer' }, attempts: 1 });
      expect(warned).toEqual([expect.stringContaining('JSON schema')]);
      await client.generate({ ...request, system: 'Another.' });
      const lessons = calls.length;
      await client.generate({ ...request, system: 'A third.' });
      expect(calls).toHaveLength(lessons + 1);
      expect(JSON.stringify(calls.at(-1)?.body.messages)).toContain('maxLength');
    });

    test('a server that says nothing without one either keeps it, and is not asked so again', async () => {
      const { client, calls } = await clientOf(() => silent('', false), provider);
      await expect(client.generate(request)).rejects.toMatchObject({ fault: 'malformed' });
      const first = calls.length;
      await expect(client.generate({ ...request, system: 'Another.' })).rejects.toMatchObject({ fault: 'malformed' });
      expect(calls.length - first).toBeLessThan(first);
      expect(isHeld(calls[calls.length - 1])).toBe(true);
    });
  },
);
