import type { Log } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectLlm } from '../connectLlm.js';
import type { GenerateRequest, LlmServer } from '../contract/contract.js';
import { createOllama } from './ollama.js';
import { createOpenAi } from './openai.js';
import { withoutKeywords } from './schemaKeywords.js';

const names = ['C1', 'C2', 'C3', 'C4', 'C5'] as const;
const chosen = z
  .array(z.enum(names))
  .length(2)
  .refine((some) => new Set(some).size === some.length, 'names a candidate twice')
  .meta({ uniqueItems: true });
const request: GenerateRequest<{ chosen: string[]; why: string }> = {
  task: 't',
  system: 's',
  parts: [{ type: 'text', text: 'u' }],
  schema: { name: 'n', strict: z.strictObject({ chosen, why: z.string().min(1).max(20) }) },
  sampling: { temperature: 0, seed: 1, maxOutputTokens: 50 },
  template: { id: 'i', hash: 'h' },
};
const GOOD = { chosen: ['C1', 'C2'], why: 'alike' };

interface Sent {
  readonly properties: Readonly<Record<'chosen' | 'why', Readonly<Record<string, unknown>>>>;
}

/** What a server says to a schema: a refusal in words, or an answer. */
type Reply = (sent: Sent, turn: number) => { readonly refused: string } | { readonly answer: unknown };

const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });

/** A client over one of the protocols, the schemas that were sent, and what was told. */
async function client(protocol: 'openai' | 'ollama', reply: Reply) {
  const sent: Sent[] = [];
  const warnings: string[] = [];
  const fetch = (async (input: unknown, init?: RequestInit) => {
    const path = new URL(String(input)).pathname;
    if (path.endsWith('/models')) return json({ data: [{ id: 'm' }] });
    if (path === '/api/version') return json({ version: '1' });
    if (path === '/api/tags') return json({ models: [{ name: 'm:latest', digest: 'd' }] });
    if (path === '/api/show') return json({ capabilities: ['completion'] });
    const body = JSON.parse(String(init?.body));
    sent.push(protocol === 'openai' ? body.response_format?.json_schema?.schema : body.format);
    const said = reply(sent[sent.length - 1], sent.length - 1);
    if ('refused' in said) return json({ error: { message: said.refused } }, 400);
    const content = JSON.stringify(said.answer);
    if (protocol === 'openai') return json({ choices: [{ message: { content }, finish_reason: 'stop' }] });
    return json({ message: { content }, done: true, done_reason: 'stop' });
  }) as typeof globalThis.fetch;
  const server: LlmServer =
    protocol === 'openai'
      ? createOpenAi({ baseUrl: 'http://here/v1', llmModel: 'm', environment: {}, fetch })
      : createOllama({ host: 'http://here', llmModel: 'm', contextLength: 2048, fetch });
  const log: Log = {
    info() {},
    warn: (line) => void warnings.push(line),
    progress: () => ({ update() {}, end() {} }),
  };
  return { llm: await connectLlm({ servers: [server], log }), sent, warnings };
}

const keywordsOf = ({ properties }: Sent) =>
  ['uniqueItems', 'minItems', 'maxItems', 'minLength', 'maxLength'].filter(
    (keyword) => keyword in properties.chosen || keyword in properties.why,
  );

describe.each(['openai', 'ollama'] as const)('over %s', (protocol) => {
  test('a list of different names is asked for as one', async () => {
    const { llm, sent, warnings } = await client(protocol, () => ({ answer: GOOD }));
    await llm.generate(request);
    expect(sent[0].properties.chosen).toMatchObject({
      uniqueItems: true,
      minItems: 2,
      maxItems: 2,
      items: { enum: names },
    });
    expect(warnings).toEqual([]);
  });

  test.each([
    [
      'what it names',
      /uniqueItems/,
      "Invalid schema for response_format 'n': In context=('properties', 'chosen'), 'uniqueItems' is not permitted.",
      ['minItems', 'maxItems', 'minLength', 'maxLength'],
      1,
    ],
    [
      'both ends of what it names',
      /maxItems/,
      "format: For 'array' type, property 'maxItems' is not supported",
      ['uniqueItems', 'minLength', 'maxLength'],
      1,
    ],
    [
      'first what grammars hold least, where it names nothing',
      /uniqueItems/,
      'The provided JSON schema contains features not supported by this grammar.',
      ['minItems', 'maxItems', 'minLength', 'maxLength'],
      1,
    ],
    [
      'then all bounds',
      /uniqueItems|Length/,
      'The provided JSON schema contains features not supported by this grammar.',
      [],
      2,
    ],
  ] as const)(
    'a refused schema loses %s, for all questions, and it is said once',
    async (_name, bad, words, kept, lessons) => {
      const { llm, sent, warnings } = await client(protocol, (schema) =>
        bad.test(JSON.stringify(schema)) ? { refused: words } : { answer: GOOD },
      );
      expect((await llm.generate(request)).object).toEqual(GOOD);
      await llm.generate({ ...request, system: 'another' });
      expect(sent).toHaveLength(lessons + 2);
      expect(sent.slice(-2).map(keywordsOf)).toEqual([kept, kept]);
      expect(warnings).toEqual([expect.stringMatching(/does not keep .* of a JSON schema/)]);
    },
  );

  test('one that repeats names all the same gets room for it, and the first different ones are taken', async () => {
    const { llm, sent, warnings } = await client(protocol, ({ properties }) =>
      properties.chosen.maxItems === 2
        ? { answer: { chosen: ['C3', 'C3'], why: 'alike' } }
        : { answer: { chosen: ['C3', 'C3', 'C5'], why: 'alike' } },
    );
    const { object, repaired, attempts } = await llm.generate(request);
    expect({ object, repaired, attempts }).toEqual({
      object: { chosen: ['C3', 'C5'], why: 'alike' },
      repaired: true,
      attempts: 2,
    });
    expect((await llm.generate({ ...request, system: 'another' })).attempts).toBe(1);
    expect(sent.map(({ properties }) => properties.chosen)).toMatchObject([
      { uniqueItems: true, maxItems: 2 },
      { minItems: 2, maxItems: 3 },
      { minItems: 2, maxItems: 3 },
    ]);
    expect(sent[1].properties.chosen).not.toHaveProperty('uniqueItems');
    expect(warnings).toEqual([expect.stringContaining('does not keep uniqueItems')]);
  });
});

test('there is never room for more names than there are, nor a keyword taken for a field of that name', () => {
  const all = { type: 'array', items: { enum: ['C1', 'C2'] }, minItems: 1, maxItems: 2, uniqueItems: true };
  expect(withoutKeywords(all, ['uniqueItems'])).toEqual({
    type: 'array',
    items: { enum: ['C1', 'C2'] },
    minItems: 1,
    maxItems: 2,
  });
  const field = { type: 'object', properties: { pattern: { type: 'string', pattern: '^a$' } } };
  expect(withoutKeywords(field, ['pattern'])).toEqual({ type: 'object', properties: { pattern: { type: 'string' } } });
});
