import type { ReceivedCall } from '@agentmmrec/fakellm';
import { FakeServer, onePixelPng } from '@agentmmrec/fakellm';
import { connectLlm, createOllama } from '@agentmmrec/llm';
import { afterEach, describe, expect, test } from '@jest/globals';
import { repairPermutation, repairSelection } from '../reasoning/repairs.js';
import { call, item, knowledge, parts, prompts, reasonerOf, refinement } from '../testing/loopbackReasoner.js';
import { LlmReasoner } from './llmReasoner.js';

let server: FakeServer;
afterEach(() => server.stop());

/** A reasoner that asks a server of its own on the loopback. */
async function reasoner(
  loopback: ConstructorParameters<typeof FakeServer>[0] = {},
  changes: Parameters<typeof reasonerOf>[1] = {},
  options: Parameters<typeof reasonerOf>[2] = {},
) {
  server = await new FakeServer(loopback).start();
  return (await reasonerOf(server.host, { readImage: async () => onePixelPng, ...changes }, options)).llm;
}

describe('refining and reranking', () => {
  test('local names come back as item ids', async () => {
    const llm = await reasoner({ answer: knowledge({ chosen: ['C7', 'C1', 'C3'] }) });
    const answer = await llm.refine(refinement(8), call);
    expect(answer.value).toEqual([106, 100, 102]);
    expect(server.calls[0].schema.properties?.chosen).toMatchObject({
      minItems: 3,
      maxItems: 3,
      uniqueItems: true,
      items: { enum: ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8'] },
    });
    expect(server.calls[0].images).toHaveLength(1);
    // Which lists proposed a candidate stands beside it (eq. 12 has one list a modality).
    expect(JSON.stringify(server.calls[0].turns)).toMatch(/C1 is [^>]*; near by text; similarity 1/);
  });

  test('names outside the candidates are asked again, and then dropped and counted by the agent', async () => {
    const llm = await reasoner({ answer: knowledge({ chosen: ['C99', 'C1', 'C1', '100', 'C0'] }) });
    const input = refinement(8);
    const answer = await llm.refine(input, call);
    expect(server.calls).toHaveLength(3);
    expect(answer.value).toEqual([-1, 100, 100, -1, -1]);
    expect(repairSelection(answer.value, input.candidates, 3)).toMatchObject({
      items: [100, 101, 102],
      repairs: { unknownId: 3, duplicateId: 1, filled: 2 },
    });
  });

  test('no usable list after every attempt is an empty one with its reason', async () => {
    const llm = await reasoner({ answer: () => 'I would rather talk.' });
    const answer = await llm.refine(refinement(8), call);
    expect(answer.value).toEqual([]);
    expect(answer.record.repairs).toEqual(['no usable list of candidates was given: it was not one valid JSON value']);
  });

  test('an order that forgets and repeats some is passed on without asking again', async () => {
    const llm = await reasoner({ answer: knowledge({ order: ['C3', 'C1', 'C3'] }) });
    const candidates = [10, 11, 12, 13].map((id) => ({ ...item(id), properties: parts }));
    const answer = await llm.rerank({ user: 1, preferences: parts, candidates }, call);
    expect(server.calls).toHaveLength(1);
    expect(server.calls[0].schema.properties?.order).toMatchObject({ minItems: 2, maxItems: 4, uniqueItems: true });
    expect(answer.value).toEqual([12, 10, 12]);
    expect(repairPermutation(answer.value, [10, 11, 12, 13])).toEqual({
      order: [12, 10, 11, 13],
      repairs: { duplicateId: 1, appended: 2 },
    });
  });

  test('fifty candidates with long properties fit any context that can hold them, and the cut is told', async () => {
    const long = { text: 'x'.repeat(3000), visual: 'y '.repeat(1500), crossModal: 'z '.repeat(1500) };
    const candidates = Array.from({ length: 50 }, (_, id) => ({
      ...item(id, { title: `thing ${id}` }),
      properties: long,
    }));
    const answer = {
      answer: (received: ReceivedCall) => JSON.stringify({ order: received.schema.properties?.order.items?.enum }),
    };
    const llm = await reasoner(answer, {}, { contextLength: 8192 });
    const { value, record } = await llm.rerank({ user: 1, preferences: long, candidates }, call);
    expect(value).toEqual(candidates.map(({ item: id }) => id));
    for (const id of [0, 49]) expect(server.calls[0].turns[0]).toContain(`thing ${id}`);
    expect(record.repairs).toEqual([expect.stringMatching(/^texts were cut to \d+ % to fit the prompt$/)]);
    const narrow = await connectLlm({ servers: [createOllama({ host: server.host, contextLength: 2048 })] });
    const small = new LlmReasoner({ client: narrow, prompts });
    await expect(small.rerank({ user: 1, preferences: long, candidates }, call)).rejects.toMatchObject({
      fault: 'contextTooLong',
    });
  });
});

describe('updates', () => {
  test('asks for the parts that there are, with the scores, and returns them whole', async () => {
    const llm = await reasoner({
      answer: knowledge({
        text: 'new words about the same mugs',
        visual: 'new looks of the same mugs',
        changes: 'more blue',
      }),
    });
    const answer = await llm.updatePreference(
      {
        user: 1,
        preferences: parts,
        truth: [{ ...item(5, { title: 'walnut mug rack' }), properties: parts }],
        ndcgBase: 0.5,
        ndcgReranked: 0.25,
        attempt: 1,
      },
      call,
    );
    expect(answer.value).toEqual({
      text: 'new words about the same mugs',
      visual: 'new looks of the same mugs',
      crossModal: null,
    });
    expect(Object.keys(server.calls[0].schema.properties ?? {})).toEqual(['text', 'visual', 'changes']);
    // What the truth item is, beside what is written about it.
    expect(server.calls[0].turns[0]).toContain('walnut mug rack');
    expect(server.calls[0].turns[0]).toContain('> withoutDescription 0.5; withDescription 0.25; gainNeeded 0.25');
  });
});
