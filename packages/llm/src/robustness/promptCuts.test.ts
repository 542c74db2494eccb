import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { FakeServer } from '@agentmmrec/fakellm';
import { afterEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectLlm } from '../connectLlm.js';
import type { GenerateRequest, LlmServer, WireRequest } from '../contract/contract.js';
import { PictureCosts } from '../images/pictureCosts.js';
import { createOpenAi } from '../servers/openai.js';
import { PromptCuts } from './promptCuts.js';
import { ResponseCache } from './responseCache.js';

const CUTTING = { name: 'here', cutsSilently: true } as LlmServer;
const HONEST = { name: 'here' } as LlmServer;
const SENTENCE = 'wool socks for long walks in autumn rain, knitted in two colours. ';
let server: FakeServer;

afterEach(() => server?.stop());

function wire(sentences: number, pictures = 0): WireRequest {
  const image = { mediaType: 'image/jpeg', base64: '', digest: '', width: 280, height: 280 } as const;
  const turn = { role: 'user', text: SENTENCE.repeat(sentences), images: Array(pictures).fill(image) } as const;
  return { system: '', turns: [turn] } as unknown as WireRequest;
}

function request(sentences: number): GenerateRequest<{ word: string }> {
  return {
    task: 't',
    system: 's',
    parts: [{ type: 'text', text: SENTENCE.repeat(sentences) }],
    schema: { name: 'n', strict: z.strictObject({ word: z.string() }) },
    sampling: { temperature: 0, seed: 1, maxOutputTokens: 50 },
    template: { id: 'i', hash: 'h' },
  };
}

async function client(contextTokens: number | undefined, cache?: ResponseCache) {
  server = await new FakeServer({ model: 'vlm', ...(contextTokens && { contextTokens }) }).start();
  const adapter = createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'vlm', environment: {} });
  return connectLlm({ servers: [adapter], ...(cache && { cache }) });
}

test('an answer to a prompt that the server cut is refused, ends the run, and is not asked for again', async () => {
  const llm = await client(256);
  expect((await llm.generate(request(10))).usage.inputTokens).toBeLessThan(256);
  const cut = await llm.generate(request(60)).catch((thrown: Error) => thrown);
  expect(cut).toMatchObject({ fault: 'promptCut', endsRun: true, exitCode: 1 });
  expect((cut as Error).message).toMatch(
    /256 tokens read of a prompt of about 1101: the context of the server is too small.*OLLAMA_CONTEXT_LENGTH.*--context-length/,
  );
  const sent = server.calls.length;
  await expect(llm.generate(request(61))).rejects.toMatchObject({ fault: 'promptCut' });
  expect(server.calls).toHaveLength(sent);
  expect((await llm.generate(request(11))).object).toEqual({ word: 'plain words' });
});

test('an answer that was kept of a cut prompt is asked for anew, and the new one is kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'amr-cuts-'));
  const path = join(folder, 'answers.sqlite');
  // A server that told no tokens which could be judged, as before answers were held against their prompts.
  server = await new FakeServer({ model: 'vlm', usage: { input: 256, output: 5 } }).start();
  const before = createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'vlm', environment: {} });
  const first = await connectLlm({ servers: [{ ...before, cutsSilently: false }], cache: new ResponseCache(path) });
  await first.generate(request(60));
  first.close();
  await server.stop();
  for (const requests of [1, 0]) {
    const llm = await client(undefined, new ResponseCache(path));
    expect((await llm.generate(request(60))).requests).toBe(requests);
    llm.close();
    await server.stop();
  }
  rmSync(folder, { recursive: true });
});

test('a server whose counts do not follow its prompts is no server that cuts: it is counted by estimate, said once', async () => {
  server = await new FakeServer({ model: 'vlm', usage: { input: 500, output: 90 } }).start();
  const warned: string[] = [];
  const log = { ...silentLog, warn: (line: string) => void warned.push(line) };
  const adapter = createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'vlm', environment: {} });
  const llm = await connectLlm({ servers: [adapter], log });
  expect((await llm.generate(request(10))).usage).toEqual({ inputTokens: 500, outputTokens: 90 });
  const [long, longer] = [await llm.generate(request(60)), await llm.generate(request(90))];
  expect(long.usage.inputTokens).toBeGreaterThan(1000);
  expect(longer.usage.inputTokens / long.usage.inputTokens).toBeCloseTo(1.5, 1);
  expect([long.requests, longer.requests, server.calls.length]).toEqual([2, 1, 4]);
  expect(warned).toEqual([expect.stringMatching(/reports 500 tokens of a prompt of one word.*by estimate/)]);
});

const never = () => Promise.reject(new Error('it is not asked'));

test('what is no cut passes: other vocabularies, counts that are missing, servers that refuse by themselves', async () => {
  const cuts = new PromptCuts(new PictureCosts());
  const characters = SENTENCE.length * 60;
  for (const tokens of [null, 0, Math.ceil(characters / 6.5), characters, 3 * characters])
    expect(await cuts.observe(CUTTING, wire(60), tokens, never)).toBe(tokens);
  expect(await cuts.observe(HONEST, wire(60), 5, never)).toBe(5);
});

test('whole prompts teach how many tokens one has at least, pictures what they cost', async () => {
  const costs = new PictureCosts();
  const cuts = new PromptCuts(costs);
  const tokens = (sentences: number) => Math.ceil((SENTENCE.length * sentences) / 4);
  expect(cuts.isCut(CUTTING, wire(60), 0.6 * tokens(60))).toBe(false);
  for (let sentences = 20; sentences < 25; sentences++)
    await cuts.observe(CUTTING, wire(sentences), tokens(sentences), never);
  expect(cuts.isCut(CUTTING, wire(60), 0.6 * tokens(60))).toBe(true);
  expect(cuts.isCut(CUTTING, wire(60), 0.8 * tokens(60))).toBe(false);
  expect(cuts.isCut(CUTTING, wire(20, 4), tokens(20))).toBe(false);
  costs.observe(wire(0, 4).turns[0].images, 400, 0);
  expect(cuts.isCut(CUTTING, wire(20, 4), 0.9 * tokens(20))).toBe(true);
  expect(cuts.isCut(CUTTING, wire(20, 4), tokens(20) + 400)).toBe(false);
});
