import { describe, expect, test } from '@jest/globals';
import { connectLlm } from '../connectLlm.js';
import type { LlmFault } from '../contract/llmError.js';
import { errorReply } from './errorReply.js';
import { serverError } from './faults.js';
import { createOpenAi } from './openai.js';

const told = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  serverError(
    'server',
    status,
    errorReply(typeof body === 'string' ? body : JSON.stringify(body), new Headers(headers)),
  );

describe('a prompt that is too long is told by', () => {
  test.each<[string, number, unknown, number | null]>([
    [
      'OpenAI',
      400,
      {
        error: {
          message:
            "This model's maximum context length is 128,000 tokens. However, your messages resulted in 130000 tokens.",
          code: 'context_length_exceeded',
        },
      },
      128_000,
    ],
    [
      'OpenAI of late',
      400,
      {
        error: {
          message: 'Input tokens exceed the configured limit of 272000 tokens.',
          code: 'context_length_exceeded',
        },
      },
      272_000,
    ],
    [
      'vLLM',
      400,
      {
        object: 'error',
        message:
          'The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller.',
        type: 'BadRequestError',
      },
      4096,
    ],
    [
      'vLLM of late',
      400,
      {
        error: {
          message:
            "'max_tokens' or 'max_completion_tokens' is too large: 600. This model's maximum context length is 2048 tokens and your request has 1900 input tokens",
        },
      },
      2048,
    ],
    ['SGLang', 400, { message: 'Input length (5000 tokens) exceeds the maximum allowed length (4091 tokens).' }, 4091],
    [
      'llama.cpp',
      400,
      {
        error: {
          code: 400,
          message: 'the request exceeds the available context size, try increasing it',
          type: 'exceed_context_size_error',
          n_prompt_tokens: 5000,
          n_ctx: 4096,
        },
      },
      4096,
    ],
    [
      'LM Studio',
      400,
      {
        error:
          'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
      },
      4096,
    ],
    [
      'TGI',
      422,
      {
        error:
          'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 600 `max_new_tokens`',
        error_type: 'validation',
      },
      4096,
    ],
    [
      'Google',
      400,
      [
        {
          error: {
            code: 400,
            message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
            status: 'INVALID_ARGUMENT',
          },
        },
      ],
      1_048_576,
    ],
    [
      'Mistral',
      400,
      {
        message:
          'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
        type: 'invalid_request_prompt',
      },
      null,
    ],
    [
      'Groq',
      413,
      {
        error: {
          message:
            'Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7000, please reduce your message size.',
          code: 'rate_limit_exceeded',
        },
      },
      6000,
    ],
    [
      'a limit by the minute that one request exceeds',
      429,
      { error: { message: 'Request too large for x on tokens per min (TPM): Limit 30000, Requested 40000.' } },
      30_000,
    ],
    ['Ollama', 400, { error: 'the input length exceeds the context length' }, null],
  ])('%s', (_name, status, body, contextLimit) => {
    expect(told(status, body)).toMatchObject({ fault: 'contextTooLong', contextLimit });
  });
});

describe('that no pictures are taken is told by', () => {
  test.each<[string, number, unknown]>([
    [
      'llama.cpp',
      500,
      {
        error: {
          message: 'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
        },
      },
    ],
    ['vLLM', 400, { message: 'At most 0 image(s) may be provided in one prompt.' }],
    ['Ollama', 500, { error: 'this model is missing data required for image input' }],
    ['OpenAI', 400, { error: { message: 'Invalid content type. image_url is only supported by certain models.' } }],
    ['OpenRouter', 404, { error: { message: 'No endpoints found that support image input', code: 404 } }],
    ['Groq', 400, { error: { message: 'messages[1].content must be a string' } }],
    [
      'DeepSeek',
      422,
      'Failed to deserialize the JSON body into the target type: messages[1]: unknown variant `image_url`, expected `text`',
    ],
    ['Mistral', 400, { message: 'Image input is not enabled for this model', type: 'invalid_request_error' }],
    ['LM Studio', 400, { error: 'Model does not support images. Please use a model that does.' }],
  ])('%s', (_name, status, body) => {
    expect(told(status, body)).toMatchObject({ fault: 'tooManyImages', imageLimit: 0 });
  });
});

test.each<[string, number, unknown, LlmFault, boolean]>([
  [
    'a key that Google does not know',
    400,
    [{ error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' } }],
    'unauthorized',
    true,
  ],
  [
    'an account without money',
    402,
    { error: { message: 'Insufficient credits. Add more using the page of your account.', code: 402 } },
    'quota',
    true,
  ],
  [
    'a quota that is used up',
    429,
    {
      error: {
        message: 'You exceeded your current quota, please check your plan and billing details.',
        code: 'insufficient_quota',
      },
    },
    'quota',
    true,
  ],
  [
    'a quota of the day, whatever wait it names',
    429,
    [
      {
        error: {
          message: 'You exceeded your current quota',
          details: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }, { retryDelay: '12s' }],
        },
      },
    ],
    'quota',
    true,
  ],
  [
    'a prompt that moderation flagged',
    403,
    { error: { message: 'Your chosen model requires moderation and your input was flagged', code: 403 } },
    'refused',
    false,
  ],
  [
    'a model that is not there',
    404,
    { error: { message: 'The model `x` does not exist.', type: 'NotFoundError' } },
    'notFound',
    true,
  ],
])('%s is told as such', (_name, status, body, fault, endsRun) => {
  expect(told(status, body)).toMatchObject({ fault, endsRun });
});

test.each([
  [404, { detail: 'Not Found' }],
  [404, '404 page not found'],
  [200, { error: 'Unexpected endpoint or method. (POST /chat/completions)' }],
])('a path that is not there is no model that is not there: %s %j', (status, body) => {
  expect(told(status, body)).toMatchObject({ fault: 'notFound', hint: expect.stringContaining('/v1') });
  expect(told(404, { error: 'model "x" not found, try pulling it first' }).hint).toContain('load the model');
});

test.each([
  ['90', 'wait 2 minutes'],
  ['20000', 'wait 6 hours'],
  ['999999', 'wait 12 days'],
])('a wait of %s seconds that a server asks for at the first word is said', (seconds, hint) => {
  const told = serverError('server', 429, errorReply('{"error":"slow down"}', new Headers({ 'retry-after': seconds })));
  expect(told.hint).toContain(hint);
});

describe('how long to wait is read from', () => {
  const soon = new Date(Date.now() + 90_000);
  test.each<[string, Record<string, string>, unknown, number]>([
    ['seconds', { 'retry-after': '7' }, '', 7000],
    ['milliseconds', { 'retry-after-ms': '250', 'retry-after': '1' }, '', 250],
    ['a date', { 'retry-after': soon.toUTCString() }, '', 90_000],
    [
      'the words of OpenAI',
      {},
      { error: { message: 'Rate limit reached for x on tokens per min. Please try again in 1.5s.' } },
      1500,
    ],
    ['the words of Groq', {}, { error: { message: 'Please try again in 7m12.5s. Need more tokens?' } }, 432_500],
    ['the words of Azure', {}, { error: { message: 'Please retry after 26 seconds.' } }, 26_000],
    ['the words of Google', {}, [{ error: { message: 'x', details: [{ retryDelay: '34s' }] } }], 34_000],
    [
      'when a limit begins anew',
      { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-reset-tokens': '1s' },
      '',
      360_000,
    ],
    ['a moment', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(soon.getTime()) }, '', 90_000],
    [
      'a moment in the reply',
      {},
      {
        error: {
          message: 'Rate limit exceeded: free-models-per-day',
          metadata: { headers: { 'X-RateLimit-Reset': String(soon.getTime()) } },
        },
      },
      90_000,
    ],
  ])('%s', (_name, headers, body, expected) => {
    const { retryAfterMs } = told(429, body, headers);
    expect(Math.abs(Number(retryAfterMs) - expected)).toBeLessThan(2500);
  });

  test('nothing, where nothing of the kind is said', () => {
    for (const body of ['', 'retry later', { error: { message: 'wait for it, 5 times' } }])
      expect(told(429, body).retryAfterMs).toBeNull();
  });
});

test('an address of Azure lists models and answers to deployments', async () => {
  const fetch = async () => new Response(JSON.stringify({ data: [{ id: 'gpt-4o-2024-08-06' }] }));
  const options = { llmModel: 'my-deployment', environment: {}, fetch: fetch as typeof globalThis.fetch };
  const azure = createOpenAi({ baseUrl: 'https://mine.openai.azure.com/openai/v1', ...options });
  await expect(connectLlm({ servers: [azure] })).resolves.toBeDefined();
  const other = createOpenAi({ baseUrl: 'https://other.example/v1', ...options });
  await expect(connectLlm({ servers: [other] })).rejects.toMatchObject({ fault: 'notFound' });
});
