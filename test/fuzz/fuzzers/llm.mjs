// Servers of language models that answer with every bad habit of HTTP and of models, through the whole client.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import { connectLlm, createOllama, createOpenAi, ResponseCache } from '@agentmmrec/llm';
import { hostileServer } from '../hostileServer.mjs';

const { z } = createRequire(import.meta.resolve('@agentmmrec/llm'))('zod');
const strict = z.object({ order: z.array(z.enum(['C1', 'C2'])) });
const contents = [
  '{"order":["C2","C1"]}',
  '```json\n{"order":["C2","C1"]}\n```',
  '<think>hm</think>{"order":["C2"]}',
  '{"__proto__":{"order":["C1"]}}',
  '{"order":["C\u0000", "\ud800"]}',
  '',
];

/** What is counted, how many a case has, and how many the bar asks for. */
export const counted = { of: 'conversations', each: 1, least: 1_000 };

/** @returns asks one question of one hostile server */
export async function prepare(folder) {
  let content = contents[0];
  const server = await hostileServer(
    (url) => Buffer.from(JSON.stringify(answerTo(url, content))),
    (url) => !url.includes('chat'),
  );
  const cache = new ResponseCache(join(folder, 'responses.sqlite'));
  const address = `http://127.0.0.1:${server.port}`;
  const shared = { llmModel: 'm', environment: { KEY: 'sk-secret/"key"' }, contextLength: 4096 };
  const open = [
    () => createOpenAi({ ...shared, baseUrl: `${address}/v1`, apiKeyName: 'KEY' }),
    () => createOllama({ ...shared, host: address }),
  ];
  const attempt = async (random, number) => {
    server.next(random);
    content = contents[random.integer(contents.length)];
    const client = await connectLlm({
      servers: [open[random.integer(2)]()],
      cache,
      retries: { requests: 3, firstDelayMs: 1, longestDelayMs: 2 },
      pool: { longestOutageMs: 100 },
      signal: AbortSignal.timeout(3_000),
    });
    const result = await client.generate({
      task: 'rerank',
      system: 'Answer.',
      parts: [{ type: 'text', text: `question ${number}` }],
      schema: { name: 'order', strict },
      sampling: { temperature: 0, seed: 1, maxOutputTokens: 64 },
      template: { id: 't', hash: 'h' },
      timeoutMs: 100,
    });
    if (JSON.stringify(result).includes('sk-secret')) throw new Error('a key in an answer');
  };
  return async (random, number) => {
    const outcome = await attempt(random, number).then(
      () => null,
      (error) => error,
    );
    if (Object.keys(Object.prototype).length > 0) throw new Error('a polluted prototype');
    if (String(outcome?.message).includes('sk-secret')) throw new Error('a key in a message');
    // The time limit of this case is a stop of the caller.
    if (outcome?.name === 'TimeoutError')
      throw new AmrError({ what: 'client', got: 'the stop', expected: 'an answer', hint: '', kind: 'interrupted' });
    if (outcome !== null) throw outcome;
  };
}

function answerTo(url, content) {
  if (url.endsWith('/models')) return { data: [{ id: 'm' }] };
  if (url.endsWith('/version')) return { version: '1' };
  if (url.endsWith('/tags')) return { models: [{ name: 'm', digest: 'd' }] };
  if (url.endsWith('/show')) return { capabilities: ['completion', 'vision'] };
  if (url.startsWith('/api'))
    return { message: { content }, done: true, done_reason: 'stop', prompt_eval_count: 5, eval_count: 6 };
  const usage = { prompt_tokens: 5, completion_tokens: 6 };
  return { choices: [{ finish_reason: 'stop', message: { content } }], usage };
}
