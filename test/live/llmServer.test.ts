import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildKnowledge, LlmReasoner } from '@agentmmrec/agents';
import { buildInteractions, type TrainingData } from '@agentmmrec/datasets';
import {
  connectLlm,
  createOllama,
  createOpenAi,
  type LlmClient,
  LlmError,
  type LlmServer,
  promptCatalog,
  ResponseCache,
} from '@agentmmrec/llm';
import { openMemory } from '@agentmmrec/memory';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

/**
 * The healthy part of the LLM tests against a real server. OLLAMA_HOST, and OLLAMA_MODEL when it is not the server's first one;
 * or OPENAI_BASE_URL (up to and including /v1) with OPENAI_MODEL, and OPENAI_API_KEY when the server wants a key.
 */
const { OLLAMA_HOST, OLLAMA_MODEL, OPENAI_BASE_URL, OPENAI_MODEL, OPENAI_API_KEY } = process.env;
const CONTEXT_LENGTH = 4096;
const CALL_MS = 280_000;
const TEST_MS = 1_800_000;

async function ollama(): Promise<LlmServer> {
  const host = OLLAMA_HOST ?? '';
  const address = host.includes('://') ? host : `http://${host}`;
  const tags = (await (await fetch(`${address}/api/tags`)).json()) as { models: { name: string }[] };
  const model = OLLAMA_MODEL ?? tags.models[0]?.name;
  if (model === undefined) throw new Error(`the server at ${host} has no model: ollama pull one`);
  return createOllama({ host, llmModel: model, contextLength: CONTEXT_LENGTH });
}

async function openAi(): Promise<LlmServer> {
  const environment = { OPENAI_API_KEY };
  const key = OPENAI_API_KEY ? { apiKeyName: 'OPENAI_API_KEY' } : {};
  const address = { baseUrl: OPENAI_BASE_URL ?? '', llmModel: OPENAI_MODEL ?? '' };
  return createOpenAi({
    ...address,
    ...key,
    environment,
    seesImages: false,
    contextLength: CONTEXT_LENGTH,
    llmSlots: 4,
  });
}

const titles = [
  'Stoneware mug, blue glaze',
  'Steel water bottle, 750 ml',
  'Wool hiking socks',
  'Blue enamel camping mug',
];

function catalog(): TrainingData {
  const content = titles.map((title) => ({
    title,
    brand: 'Northfield',
    categories: ['Outdoor', 'Camping'],
    description: `${title} for days outside. Made to last.`,
    imagePath: null,
  }));
  const train = buildInteractions(3, 4, {
    userIds: Int32Array.from([0, 0, 1, 1, 2]),
    itemIds: Int32Array.from([0, 3, 1, 2, 3]),
  });
  const ids = { userIds: ['a', 'b', 'c'], itemIds: ['0', '1', '2', '3'] };
  return { name: 'live', users: 3, items: 4, ...ids, train, content, features: [], fingerprint: 'live' };
}

const call = { seed: 5 };
const parts = { text: 'Likes blue mugs for camping.', visual: null, crossModal: null };
const given = (value: string | undefined) => value !== undefined && value !== '';
const suites = [
  ['Ollama (needs OLLAMA_HOST)', given(OLLAMA_HOST), ollama],
  [
    'an OpenAI-compatible server (needs OPENAI_BASE_URL and OPENAI_MODEL)',
    given(OPENAI_BASE_URL) && given(OPENAI_MODEL),
    openAi,
  ],
] as const;

for (const [name, isGiven, serverOf] of suites) {
  const suite = isGiven ? describe : describe.skip;
  suite(name, () => {
    let folder: string;
    let client: LlmClient;
    let reasoner: LlmReasoner;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'amr-live-'));
      const cache = new ResponseCache(join(folder, 'responses.sqlite'));
      client = await connectLlm({ servers: [await serverOf()], cache });
      reasoner = new LlmReasoner({ client, prompts: promptCatalog(), timeoutMs: CALL_MS });
    });
    afterAll(() => {
      client?.close();
      if (folder) rmSync(folder, { recursive: true });
    });

    test('says which model it serves', () => {
      expect(client.identity.modelDigest).not.toBe('');
    });

    test(
      'fills or lists every entry of a small catalog, and a second build sends nothing',
      async () => {
        const build = async () => {
          const memory = openMemory({ path: ':memory:', fingerprint: 'live', mode: 'write' });
          try {
            const report = await buildKnowledge({ training: catalog(), reasoner, memory, knowledgeSeed: 1 });
            const all = [...memory.all('preference'), ...memory.all('property')];
            return { report, texts: all.map((entry) => entry.parts.text) };
          } finally {
            memory.close();
          }
        };
        const first = await build();
        const failed = [...first.report.preferences.failures, ...first.report.properties.failures];
        expect(first.texts.length + failed.length).toBe(7);
        expect(first.texts.length).toBeGreaterThan(0);
        for (const text of first.texts) expect(text?.trim()).not.toBe('');
        if (failed.length > 0) return;
        const requests = client.totals().requests;
        expect((await build()).texts).toEqual(first.texts);
        expect(client.totals().requests).toBe(requests);
      },
      TEST_MS,
    );

    test(
      'refines, reranks and updates with names of the candidates only',
      async () => {
        const { content } = catalog();
        const views = (content ?? []).map((one, item) => ({ item, content: one }));
        const candidates = views.slice(1).map((view) => ({ ...view, properties: parts, fusedSimilarity: 0.5 }));
        const refinement = { target: views[0], properties: parts, candidates, buyerPreferences: [parts], k: 2 };
        const refined = await reasoner.refine(refinement, call);
        const order = await reasoner.rerank({ user: 0, preferences: parts, candidates }, call);
        for (const id of [...refined.value, ...order.value]) expect([-1, 1, 2, 3]).toContain(id);
        const scores = { ndcgBase: 0.6, ndcgReranked: 0.4, attempt: 1 };
        const truth = [{ item: 3, properties: parts }];
        const updated = await reasoner.updatePreference({ user: 0, preferences: parts, truth, ...scores }, call);
        expect(updated.value).toMatchObject({ text: expect.stringMatching(/\S/), visual: null, crossModal: null });
      },
      TEST_MS,
    );

    test(
      'stops a call at once when told to',
      async () => {
        const stop = new AbortController();
        const asked = reasoner.preference('text', 0, [{ item: 0, content: (catalog().content ?? [])[0] }], {
          seed: 99,
          signal: stop.signal,
        });
        setTimeout(() => stop.abort(), 20);
        const error = await asked.then(
          () => null,
          (thrown: unknown) => thrown,
        );
        // A very fast server may have answered before.
        if (error !== null) expect(error).toMatchObject({ fault: 'aborted' });
        expect(error === null || error instanceof LlmError).toBe(true);
      },
      TEST_MS,
    );
  });
}
