import { buildInteractions, type ItemContent, type TrainingData } from '@agentmmrec/datasets';
import {
  estimateTokens,
  type GenerateRequest,
  IMAGE_TOKENS,
  type LlmClient,
  LlmError,
  promptCatalog,
} from '@agentmmrec/llm';
import { describe, expect, test } from '@jest/globals';
import { Integrator } from '../integrator/integrator.js';
import { LlmReasoner } from '../llm/llmReasoner.js';
import { pictureLimit } from '../llm/question.js';
import type { Answer, Reasoner } from '../reasoning/reasoner.js';
import { contentCounts, fullContentCounts, stoppableContentCounts } from './callCounts.js';
import { planKnowledge } from './plan.js';

const prompts = promptCatalog();
const pictures = pictureLimit(prompts);
const asked = { prompts, rerankDepth: 50 };

describe('calls from bare counts', () => {
  test.each([
    ['Baby', 19_445, 7_050, 79_485, 7_050],
    ['Sports', 35_598, 18_357, 161_865, 18_357],
    ['Clothing', 39_387, 23_033, 187_260, 23_033],
  ])('%s: what the paper’s Table 9 says', (_name, users, items, building, refining) => {
    const plan = planKnowledge({ counts: fullContentCounts(users, items, { pictures }), ...asked });
    expect(plan.building.calls).toBe(building);
    expect(plan.refining.calls).toBe(refining);
    expect(plan.knowledge.calls).toBe(building + refining);
    expect(plan.basis).toBe('assumed');
  });

  test('a bound on the pictures of a prompt bounds the plan', () => {
    const four = { pictures: pictureLimit(prompts, { imagesPerPrompt: 4 }) };
    expect(fullContentCounts(10, 20, four).images).toEqual({ preferences: 80, properties: 160, refinements: 20 });
  });

  test('Clothing shows 670,266 pictures while building, and one an item while refining', () => {
    const plan = planKnowledge({ counts: fullContentCounts(39_387, 23_033, { pictures }), ...asked });
    expect(plan.building.images).toBe(39_387 * 10 + 23_033 * 12);
    expect(plan.refining.images).toBe(23_033);
  });

  test.each([
    [0, 5],
    [5, 1.5],
    [Number.NaN, 1],
  ])('%p users and %p items are no counts', (users, items) => {
    expect(() => fullContentCounts(users, items, { pictures })).toThrow(
      /expected a whole number above 0. HINT: give --(users|items)/,
    );
  });
});

describe('costs', () => {
  const counts = fullContentCounts(1000, 500, { pictures });

  test('candidates that were bought together are part of a refinement’s prompt, and of nothing else', () => {
    const few = { counts, ...asked, kItems: 5 };
    const [plain, more] = [0, 10].map((coPurchaseCandidates) => planKnowledge({ ...few, coPurchaseCandidates }));
    expect(more.refining.calls).toBe(plain.refining.calls);
    // Ten more of 110 tokens in each of 500 prompts.
    expect(more.refining.inputTokens - plain.refining.inputTokens).toBe(500 * 10 * 110);
    expect(more.total.inputTokens - plain.total.inputTokens).toBe(500 * 10 * 110);
  });

  test('hours at a rate and money at prices; neither is invented', () => {
    const plain = planKnowledge({ counts, ...asked });
    expect(plain.total).toMatchObject({ hours: null, money: null });
    const { knowledge } = planKnowledge({
      counts,
      ...asked,
      callsPerSecond: 2,
      prices: { inputPrice: 2.5, outputPrice: 10 },
    });
    expect(knowledge.hours).toBeCloseTo(5000 / 2 / 3600, 10);
    expect(knowledge.money).toBeCloseTo((knowledge.inputTokens * 2.5 + knowledge.outputTokens * 10) / 1e6, 10);
  });

  test('feedback adds a rebuild and a rewrite for each user, in each round at most a reranking and three rewrites with rerankings', () => {
    const plan = planKnowledge({
      counts,
      ...asked,
      feedback: { feedbackPeriods: 10, feedbackUsers: 512, feedbackAttempts: 3 },
    });
    expect(plan.feedback.calls).toBe(512 * (3 + 1) + 5120 * (1 + 3 * 2));
    expect(planKnowledge({ counts, ...asked }).feedback.calls).toBe(0);
    const all = planKnowledge({
      counts,
      ...asked,
      feedback: { feedbackPeriods: 1, feedbackUsers: 1e9, feedbackAttempts: 1 },
    });
    expect(all.feedback.calls).toBe(1000 * (3 + 1 + 1 + 2));
  });

  test('final reranking is a call a user, or as many as asked for', () => {
    expect(planKnowledge({ counts, ...asked }).finalReranking.calls).toBe(1000);
    expect(planKnowledge({ counts, ...asked, rerankedUsers: 64 }).finalReranking.calls).toBe(64);
  });

  test('the total is the sum of its rows', () => {
    const plan = planKnowledge({
      counts,
      ...asked,
      feedback: { feedbackPeriods: 2, feedbackUsers: 10, feedbackAttempts: 3 },
    });
    for (const field of ['calls', 'images', 'inputTokens', 'outputTokens'] as const) {
      expect(plan.total[field]).toBe(plan.rows.reduce((sum, row) => sum + row[field], 0));
    }
    expect(plan.total.calls).toBe(plan.knowledge.calls + plan.feedback.calls + plan.finalReranking.calls);
  });
});

/** Users with few items, cold ones; items with text, picture, both or neither. */
function training(): TrainingData {
  const content = Array.from(
    { length: 40 },
    (_, item): ItemContent => ({
      title: item % 3 === 0 ? '' : `thing ${item}`,
      brand: '',
      categories: [],
      description: item % 6 === 1 ? 'a long story '.repeat(80) : '',
      imagePath: item % 4 === 0 ? null : `${item}.png`,
    }),
  );
  const userIds: number[] = [];
  const itemIds: number[] = [];
  for (let user = 1; user < 30; user++) {
    for (let n = 0; n < user % 9; n++) {
      userIds.push(user);
      itemIds.push((user * 7 + n * 5) % 36);
    }
  }
  return {
    name: 'mixed',
    users: 30,
    items: 40,
    userIds: [],
    itemIds: [],
    train: buildInteractions(30, 40, { userIds: Int32Array.from(userIds), itemIds: Int32Array.from(itemIds) }),
    content,
    features: [],
    fingerprint: 'f',
  };
}

describe('calls of a data set', () => {
  test.each([true, false])('are those the Integrator makes, when the model sees images: %p', async (seesImages) => {
    const data = training();
    const made = {
      preferences: { text: 0, visual: 0, multimodal: 0 },
      properties: { text: 0, visual: 0, multimodal: 0 },
    };
    const images = { preferences: 0, properties: 0 };
    const answer: Answer<string> = {
      value: 'w',
      record: { templates: [], inputTokens: 0, outputTokens: 0, repairs: [] },
    };
    const unused = () => Promise.reject(new Error('not asked here'));
    const counting: Reasoner = {
      name: 'counting',
      digest: 'd',
      seesImages,
      concurrency: 1,
      paid: false,
      prepare: async () => {},
      async preference(task, _user, items) {
        made.preferences[task]++;
        if (task !== 'text') images.preferences += items.length;
        return answer;
      },
      async property(task, _target, others) {
        made.properties[task]++;
        if (task !== 'text') images.properties += 1 + others.length;
        return answer;
      },
      refine: unused,
      rerank: unused,
      updatePreference: unused,
    };
    const integrator = new Integrator({ training: data, reasoner: counting, knowledgeSeed: 3 });
    for (let user = 0; user < data.users; user++) await integrator.preference(user);
    for (let item = 0; item < data.items; item++) await integrator.property(item);
    const counts = contentCounts(data, { knowledgeSeed: 3, pictures, seesImages });
    expect({ preferences: counts.preferences, properties: counts.properties }).toEqual(made);
    expect(counts.images).toMatchObject(images);
    expect(counts.basis).toBe('measured');
    expect(counts.itemTokens.target).toBeGreaterThan(counts.itemTokens.context);
  });

  test.each([2, 6, 64])('and its pictures those of the prompts, with at most %d a prompt', async (imagesPerPrompt) => {
    const data = training();
    const neighbours = 8;
    const sent = { preferences: 0, properties: 0 };
    let tokens = 0;
    const client = {
      ...{ name: 'c', identity: {}, seesImages: true, concurrency: 1, contextLength: null },
      pictureTokens: async () => 0,
      async generate({ task, system, parts }: GenerateRequest<unknown>) {
        const texts = parts.map((part) => (part.type === 'text' ? part.text : ''));
        for (const text of [system, ...texts]) tokens += estimateTokens(text);
        const stage = task.startsWith('preference') ? 'preferences' : 'properties';
        sent[stage] += parts.filter(({ type }) => type === 'image').length;
        throw new LlmError({ fault: 'noImage', what: task, got: 'no answer', expected: 'none' });
      },
    } as unknown as LlmClient;
    const readImage = async () => new Uint8Array(1);
    const reasoner = new LlmReasoner({ client, prompts, imagesPerPrompt, readImage });
    const integrator = new Integrator({ training: data, reasoner, knowledgeSeed: 3, promptNeighbours: neighbours });
    for (let user = 0; user < data.users; user++) await integrator.preference(user);
    for (let item = 0; item < data.items; item++) await integrator.property(item);
    const limit = pictureLimit(prompts, { imagesPerPrompt });
    const counts = contentCounts(data, { knowledgeSeed: 3, pictures: limit, promptNeighbours: neighbours });
    expect(counts.images).toMatchObject(sent);
    expect(sent.preferences).toBeGreaterThan(20);
    // Users of this catalog have fewer items than a prompt may see, so texts are planned somewhat too long.
    const { inputTokens } = planKnowledge({ counts, ...asked, promptNeighbours: neighbours }).building;
    const pictureTokens = IMAGE_TOKENS * (sent.preferences + sent.properties);
    expect(inputTokens - pictureTokens).toBeGreaterThan(tokens);
    expect(inputTokens - pictureTokens).toBeLessThan(1.25 * tokens);
  });

  test('a data set without content is refused', () => {
    expect(() => contentCounts({ ...training(), content: null }, { knowledgeSeed: 1, pictures })).toThrow(
      /knowledge about mixed: got a data set without titles/,
    );
  });

  test('the same counts can be stopped while they are made', async () => {
    const options = { knowledgeSeed: 1, pictures };
    const { signal } = new AbortController();
    expect(await stoppableContentCounts(training(), options, signal)).toEqual(contentCounts(training(), options));
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(stoppableContentCounts(training(), options, stopped)).rejects.toThrow('enough');
  });
});
