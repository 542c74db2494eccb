import { openMemory } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildKnowledge } from '../integrator/buildKnowledge.js';
import { ScriptedReasoner, tinyShop } from '../testing/tinyShop.js';
import { Utilizer } from './utilizer.js';

const training = tinyShop(
  [
    [0, 1, 2],
    [2, 3],
    [4, 5, 2],
  ],
  8,
);

async function built(reasoner = new ScriptedReasoner()) {
  const memory = openMemory({ path: ':memory:', fingerprint: 'tiny', mode: 'write' });
  await buildKnowledge({ training, reasoner, memory, knowledgeSeed: 1 });
  reasoner.calls.length = 0;
  return memory;
}

const candidates = [0, 1, 3, 4].map((item) => ({ item, fusedSimilarity: item / 10, near: ['text'] }));

describe('refinement', () => {
  test('shows the item, its properties and its buyers, and gives exactly k candidates', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    let buyers = 0;
    reasoner.refineAnswer = (input) => {
      buyers = input.buyerPreferences.length;
      expect(input.properties.text).toContain('text of 2');
      return [77, 3];
    };
    const refined = await new Utilizer({ training, reasoner, knowledgeSeed: 1 }).refine(2, candidates, 3, {
      knowledge: memory,
      journal: memory.journal,
    });
    expect(buyers).toBe(3);
    expect(refined.items).toEqual([3, 4, 1]);
    expect(refined.repairs).toEqual({ unknownId: 1, filled: 2 });
    expect(refined.record?.interactions.toSorted()).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
  });

  test('asks equal questions once and changed ones again', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    const utilizer = new Utilizer({ training, reasoner, knowledgeSeed: 1 });
    const refine = (offered = candidates) =>
      utilizer.refine(2, offered, 2, { knowledge: memory, journal: memory.journal });
    const first = await refine();
    if (first.record) memory.journal.append(first.record);
    expect(await refine()).toEqual({ ...first, record: null });
    expect(reasoner.calls).toHaveLength(1);
    await refine(candidates.slice(1));
    expect(reasoner.calls).toHaveLength(2);
  });

  test('does not ask again because the images lie in another folder', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    const refineIn = (content: typeof training.content) =>
      new Utilizer({ training: { ...training, content }, reasoner, knowledgeSeed: 1 }).refine(2, candidates, 2, {
        knowledge: memory,
        journal: memory.journal,
      });
    const first = await refineIn(training.content);
    if (first.record) memory.journal.append(first.record);
    const moved = (training.content ?? []).map((item) => ({
      ...item,
      imagePath: item.imagePath && `/moved/${item.imagePath}`,
    }));
    expect((await refineIn(moved)).record).toBeNull();
    const without = moved.map((item) => ({ ...item, imagePath: null }));
    expect((await refineIn(without)).record).not.toBeNull();
    expect(reasoner.calls).toHaveLength(2);
  });
});

describe('reranking', () => {
  const parts = { text: 'a', visual: null, crossModal: null };

  test('is a permutation whatever the reasoner answers, with windows or without', async () => {
    const memory = await built();
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2, max: 70 }),
        fc.array(fc.nat(200)),
        async (base, window, noise) => {
          const reasoner = new ScriptedReasoner();
          reasoner.rerankAnswer = ({ candidates: shown }) => {
            expect(shown.length).toBeLessThanOrEqual(window);
            return [...noise, ...shown.slice(0, 2).map(({ item }) => item)];
          };
          const utilizer = new Utilizer({ training, reasoner, knowledgeSeed: 1, window });
          const { order } = await utilizer.rerank(0, parts, base, { knowledge: memory });
          expect(order.toSorted((a, b) => a - b)).toEqual(base.toSorted((a, b) => a - b));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('lets an item rise from the end of a long list to its top', async () => {
    const memory = await built();
    const reasoner = new ScriptedReasoner();
    reasoner.rerankAnswer = ({ candidates: shown }) => shown.map(({ item }) => item).sort((a, b) => b - a);
    const base = Array.from({ length: 47 }, (_, item) => item);
    const { order, inputTokens } = await new Utilizer({ training, reasoner, knowledgeSeed: 1, window: 10 }).rerank(
      0,
      parts,
      base,
      { knowledge: memory },
    );
    expect(order.slice(0, 5)).toEqual([46, 45, 44, 43, 42]);
    expect(inputTokens).toBe(10 * reasoner.calls.length);
  });
});
