import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectLlm } from '../connectLlm.js';
import type { GenerateRequest } from '../contract/contract.js';
import { Budget } from '../robustness/budget.js';
import { createOllama } from './ollama.js';
import { createOpenAi } from './openai.js';

type Body = Readonly<Record<string, unknown>>;
const GOOD = '{"word":"yes"}';
const request: GenerateRequest<{ word: string }> = {
  task: 't',
  system: 's',
  parts: [{ type: 'text', text: 'u' }],
  schema: { name: 'n', strict: z.strictObject({ word: z.string().min(1).max(20) }) },
  sampling: { temperature: 0, seed: 1, maxOutputTokens: 50 },
  template: { id: 'i', hash: 'h' },
};

const json = (value: unknown, status = 200, headers = {}) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } });
const says = (message: unknown, more = {}) => json({ choices: [{ message, finish_reason: 'stop' }], ...more });

/** A client of an OpenAI-compatible server that answers each body as told; bodies are kept. */
async function openAi(answer: (body: Body) => Response, budget?: Budget) {
  const bodies: Body[] = [];
  const fetch = async (input: unknown, init?: RequestInit) => {
    if (String(input).endsWith('/models')) return json({ error: 'no such path' }, 404);
    bodies.push(JSON.parse(String(init?.body)) as Body);
    return answer(bodies[bodies.length - 1]);
  };
  const server = createOpenAi({
    baseUrl: 'http://here/v1',
    llmModel: 'm',
    environment: {},
    fetch: fetch as typeof globalThis.fetch,
  });
  return { client: await connectLlm({ servers: [server], ...(budget && { budget }) }), bodies };
}

describe('a server is spoken to as it is, and what was learnt is kept', () => {
  test.each([
    [
      'the other name of the output limit',
      (body: Body) => 'max_tokens' in body,
      "'max_tokens' is not supported, use 'max_completion_tokens' instead",
    ],
    ['no seed', (body: Body) => 'seed' in body, 'Unknown parameter: seed'],
    [
      'no lengths in a schema',
      (body: Body) => JSON.stringify(body).includes('maxLength'),
      "Invalid schema for response_format: 'maxLength' is not permitted",
    ],
    ['no schema at all', (body: Body) => 'response_format' in body, "'response_format.type' must be 'text'"],
  ])('%s', async (_name, refused, words) => {
    const { client, bodies } = await openAi((body) =>
      refused(body) ? json({ error: { message: words } }, 400) : says({ content: GOOD }),
    );
    expect((await client.generate(request)).object).toEqual({ word: 'yes' });
    const lessons = bodies.length;
    await client.generate({ ...request, system: 'another' });
    expect(bodies.length).toBe(lessons + 1);
    if (_name === 'no schema at all') expect(JSON.stringify(bodies.at(-1)?.messages)).toContain('maxLength');
  });

  test.each([
    ['a list of parts', { content: [{ type: 'text', text: GOOD }] }],
    ['the reasoning field', { content: null, reasoning_content: `so: ${GOOD}` }],
    ['a tool call', { content: '', tool_calls: [{ function: { name: 'answer', arguments: GOOD } }] }],
  ])('an answer in %s is read', async (_name, message) => {
    const { client } = await openAi(() => says(message));
    expect((await client.generate(request)).object).toEqual({ word: 'yes' });
  });
});

test('a model that thinks until nothing is left is told not to, over both protocols', async () => {
  const thinking = { choices: [{ message: { content: '', reasoning_content: 'hm' }, finish_reason: 'length' }] };
  const { client, bodies } = await openAi((body) =>
    'chat_template_kwargs' in body ? says({ content: GOOD }) : json(thinking),
  );
  expect((await client.generate(request)).object).toEqual({ word: 'yes' });
  expect(bodies.map((body) => body.chat_template_kwargs)).toEqual([undefined, { enable_thinking: false }]);

  const asked: unknown[] = [];
  const fetch = async (input: unknown, init?: RequestInit) => {
    const path = new URL(String(input)).pathname;
    if (path === '/api/version') return json({ version: '1' });
    if (path === '/api/tags') return json({ models: [{ name: 'm:latest', digest: 'd' }] });
    if (path === '/api/show') return json({ capabilities: ['completion', 'thinking'] });
    asked.push((JSON.parse(String(init?.body)) as Body).think);
    return json({ message: { content: GOOD }, done: true, done_reason: 'stop' });
  };
  const server = createOllama({
    host: 'http://here',
    llmModel: 'm',
    contextLength: 2048,
    fetch: fetch as typeof globalThis.fetch,
  });
  const ollama = await connectLlm({ servers: [server] });
  expect((await ollama.generate(request)).object).toEqual({ word: 'yes' });
  expect(asked).toEqual([false]);
});

test.each([
  ['is absent', undefined],
  ['is null', null],
  ['lacks a part', { prompt_tokens: 30 }],
  ['is negative', { prompt_tokens: -1_000_000, completion_tokens: -5 }],
  ['is no number', { prompt_tokens: 'many', completion_tokens: {} }],
  ['is beyond measure', { prompt_tokens: 0.5, completion_tokens: 1e300 }],
])('a budget counts an estimate where usage %s', async (_name, usage) => {
  const budget = new Budget({ maxTokens: 200 });
  const { client } = await openAi(() => says({ content: GOOD }, { usage }), budget);
  await client.generate(request);
  const { inputTokens, outputTokens } = budget.used();
  expect(inputTokens).toBeGreaterThan(0);
  expect(outputTokens).toBeGreaterThan(0);
  expect(inputTokens + outputTokens).toBeLessThan(100);
  const many = Array.from({ length: 80 }, (_, n) => client.generate({ ...request, system: `again ${n}` }));
  const ends = await Promise.allSettled(many);
  expect(
    ends.filter(({ status }) => status === 'rejected').map((one) => (one as PromiseRejectedResult).reason.fault),
  ).toContain('budget');
});

test.each([
  ['seconds', '86400'],
  ['a date', new Date(Date.now() + 3e9).toUTCString()],
])('a request to wait for long, in %s, ends the run with that reason instead of waiting', async (_name, asked) => {
  const { client, bodies } = await openAi(() => json({ error: { message: 'busy' } }, 429, { 'retry-after': asked }));
  await expect(client.generate(request)).rejects.toMatchObject({
    fault: 'quota',
    endsRun: true,
    exitCode: 1,
    got: expect.stringContaining('request to wait'),
  });
  expect(bodies).toHaveLength(1);
});
