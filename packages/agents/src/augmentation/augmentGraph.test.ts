import { AmrError } from '@agentmmrec/core';
import { hashingTextEncoder } from '@agentmmrec/encoders';
import { openMemory } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import { ExtractiveReasoner } from '../extractive/extractiveReasoner.js';
import { buildKnowledge } from '../integrator/buildKnowledge.js';
import type { Augmenter, EdgesInput } from '../reasoning/reasoner.js';
import { auditMemory } from '../remembered/audit.js';
import { RememberedReasoner } from '../remembered/rememberedReasoner.js';
import { ScriptedReasoner, tinyShop } from '../testing/tinyShop.js';
import { augmentGraph } from './augmentGraph.js';
import { edgeCandidates } from './candidates.js';

/** Users 0 to 7 have three items each of twelve; user 8 has none. */
const bought = [...Array.from({ length: 8 }, (_, user) => [user, user + 1, user + 3]), []];
const training = tinyShop(bought, 12);
const open = () => openMemory({ path: ':memory:', fingerprint: training.fingerprint, mode: 'write' });
const encoder = hashingTextEncoder({ width: 16 });
const refusal = new AmrError({ what: 'call', got: 'a refusal', expected: 'an answer', hint: 'none', kind: 'failed' });

/** Writes down what it was asked, and answers as it is told. */
class ScriptedAugmenter extends ScriptedReasoner {
  pair: (input: EdgesInput) => readonly number[] = ({ candidates }) => [candidates[0].item, candidates[1].item];
  readonly augmenter: Augmenter = {
    digest: 'scripted augmenter',
    profile: (user, items) =>
      this.say(`profile ${user}`, `likes ${items.map(({ content }) => content.title).join(' ')}`),
    attributes: ({ item, content }) =>
      this.say(`attributes ${item}`, { maker: content.brand, kind: content.title, purpose: '' }),
    edges: (input) => this.say(`edges ${input.user}`, this.pair(input)),
  };

  private async say<T>(asked: string, value: T) {
    await this.before(asked);
    this.calls.push(asked);
    const record = { templates: [], inputTokens: 10, outputTokens: 2, repairs: [] };
    return { value, record };
  }
}

const augment = (reasoner = new ScriptedAugmenter(), memory = open()) =>
  augmentGraph({ training, reasoner, memory, encoder, knowledgeSeed: 1 });

describe('an augmentation', () => {
  test('has profiles and edges of users with items, attributes of all items, and rows of zeros for the others', async () => {
    const { augmentation, profiles, attributes, edges } = await augment();
    expect([profiles.asked, attributes.asked, edges.asked]).toEqual([8, 12, 8]);
    const rowOf = (user: number) => augmentation.profiles?.data.subarray(16 * user, 16 * (user + 1)) ?? [];
    expect(Math.hypot(...rowOf(0))).toBeCloseTo(1, 5);
    expect([...rowOf(8)]).toEqual(Array(16).fill(0));
    expect(augmentation.attributes.map(({ name, embeddings }) => [name, embeddings.rows, embeddings.cols])).toEqual([
      ['maker', 12, 16],
      ['kind', 12, 16],
      ['purpose', 12, 16],
    ]);
    expect(augmentation.attributes[2].embeddings.data.every((value) => value === 0)).toBe(true);
    expect([augmentation.edges?.liked[8], augmentation.edges?.disliked[8]]).toEqual([-1, -1]);
  });

  test('adds edges to items that the user does not have, found in training', async () => {
    const { augmentation } = await augment();
    bought.slice(0, 8).forEach((items, user) => {
      for (const added of [augmentation.edges?.liked, augmentation.edges?.disliked])
        expect(items).not.toContain(added?.[user]);
    });
    // User 0 has 0, 1, 3. Item 2 is with 1, 1 / sqrt(2 * 2), and with 3, 1 / sqrt(2 * 3); item 4 with 1, 1 / sqrt(2 * 3), and with 3, 1 / 3.
    expect(edgeCandidates(training.train, 2)(0)).toEqual([2, 4]);
    expect(edgeCandidates(training.train)(8)).toEqual([]);
  });

  test('journals its sources, each a training interaction, and asks nothing twice', async () => {
    const memory = open();
    await augment(new ScriptedAugmenter(), memory);
    const records = [...memory.journal.withPrefix('augment|')];
    expect(records).toHaveLength(28);
    expect(records.find(({ key }) => key.startsWith('augment|edges|3|'))?.interactions.toSorted()).toEqual([
      [3, 3],
      [3, 4],
      [3, 6],
    ]);
    expect(auditMemory(memory, training)).toMatchObject({ calls: 29, interactions: 48 });
    const again = new ScriptedAugmenter();
    const { profiles, edges } = await augment(again, memory);
    expect([again.calls, profiles.reused, edges.reused]).toEqual([[], 8, 8]);
  });

  test('lists what failed and asks for it the next time, alone', async () => {
    const memory = open();
    const broken = new ScriptedAugmenter();
    broken.before = (asked) => {
      if (asked === 'profile 2' || asked === 'edges 5') throw refusal;
    };
    const { profiles, edges, augmentation } = await augment(broken, memory);
    expect([profiles.failures, edges.failures].map((list) => list.map(({ entity }) => entity))).toEqual([[2], [5]]);
    expect(augmentation.edges?.liked[5]).toBe(-1);
    const healed = new ScriptedAugmenter();
    expect((await augment(healed, memory)).augmentation).toEqual((await augment()).augmentation);
    expect(healed.calls).toEqual(['profile 2', 'edges 5']);
  });

  test('drops and counts edges that name no two different candidates', async () => {
    const wrong = new ScriptedAugmenter();
    wrong.pair = ({ user, candidates }) =>
      [[], [-1, -1], [candidates[0].item, candidates[0].item], [user, candidates[0].item]][user] ?? [
        candidates[1].item,
        candidates[0].item,
      ];
    const { augmentation, repairs } = await augment(wrong);
    expect(repairs).toEqual({ droppedEdge: 4 });
    expect(augmentation.edges?.liked.subarray(0, 4)).toEqual(Int32Array.of(-1, -1, -1, -1));
    expect(augmentation.edges?.liked[4]).not.toBe(-1);
  });

  test('needs a reasoner that answers such questions', async () => {
    const call = augmentGraph({
      training,
      reasoner: new ScriptedReasoner(),
      memory: open(),
      encoder,
      knowledgeSeed: 1,
    });
    await expect(call).rejects.toThrow(/got reasoner scripted, which answers no such questions/);
  });
});

test('a memory alone gives back what it was answered', async () => {
  const memory = open();
  const scripted = new ScriptedAugmenter();
  await buildKnowledge({ training, reasoner: scripted, memory, knowledgeSeed: 1 });
  const { augmentation } = await augment(scripted, memory);
  const remembered = await augmentGraph({
    training,
    reasoner: new RememberedReasoner(memory),
    memory,
    encoder,
    knowledgeSeed: 1,
  });
  expect(remembered.augmentation).toEqual(augmentation);
  expect(remembered.profiles).toEqual({ asked: 0, reused: 8, failures: [] });
});

test('the extractive reasoner answers without a model, the same each time', async () => {
  const describeImage = async () => {
    throw new Error('no picture here');
  };
  const run = () =>
    augmentGraph({
      training,
      reasoner: new ExtractiveReasoner(describeImage),
      memory: open(),
      encoder,
      knowledgeSeed: 1,
    });
  const { augmentation, profiles, repairs } = await run();
  expect([profiles.asked, repairs]).toEqual([8, {}]);
  expect(augmentation.attributes[0].embeddings.data.some((value) => value !== 0)).toBe(true); // the catalogue's brands
  expect(augmentation.edges?.liked.subarray(0, 8).every((item) => item >= 0)).toBe(true);
  expect((await run()).augmentation).toEqual(augmentation);
});
