import { hasInteraction } from '@agentmmrec/datasets';
import { describe, expect, test } from '@jest/globals';
import { ScriptedReasoner, tinyShop } from '../testing/tinyShop.js';
import { Integrator, type WrittenEntry } from './integrator.js';

// user 0 has eight items, user 1 shares two of them, user 2 is cold; item 9 has no buyers
const training = tinyShop([[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 8], []], 10);
const integrator = (reasoner = new ScriptedReasoner(), seed = 5) =>
  new Integrator({ training, reasoner, knowledgeSeed: seed, nowMs: () => 0 });
const entryOf = (written: WrittenEntry | null) => {
  if (written === null) throw new Error('no entry');
  return written.entry;
};

describe('a preference', () => {
  test('is written from five of the items in three calls, and its sources are the interactions with them', async () => {
    const reasoner = new ScriptedReasoner();
    const entry = entryOf(await integrator(reasoner).preference(0));
    const items = entry.provenance.interactions.map(([user, item]) => [user, item]);
    expect(items).toHaveLength(5);
    expect(new Set(items.map(([, item]) => item)).size).toBe(5);
    for (const [user, item] of items) expect(hasInteraction(training.train, user, item)).toBe(true);
    expect(reasoner.calls).toEqual(['preference-text 0', 'preference-visual 0', 'preference-multimodal 0']);
    expect(entry.provenance).toMatchObject({
      tasks: ['preference-text', 'preference-visual', 'preference-multimodal'],
      reasoner: 'scripted',
      split: 'train',
      seed: 5,
      inputTokens: 30,
      outputTokens: 6,
    });
    // Only items with an image are shown to the visual task.
    const shown = (entry.parts.visual?.match(/of ([\d ]+) \(/)?.[1] ?? '').split(' ').map(Number);
    expect(shown.every((item) => item % 2 === 0)).toBe(true);
  });

  test('depends on the user and the seed, not on what was asked before', async () => {
    const one = integrator();
    await one.preference(1);
    await one.property(3);
    expect(await one.preference(0)).toEqual(await integrator().preference(0));
    expect(entryOf(await integrator(undefined, 6).preference(0)).parts).not.toEqual(
      entryOf(await one.preference(0)).parts,
    );
  });

  test('can be rebuilt without an item', async () => {
    for (let item = 0; item < 8; item++) {
      const { provenance, parts } = entryOf(await integrator().preference(0, { without: item }));
      expect(provenance.interactions.map(([, shown]) => shown)).not.toContain(item);
      expect(provenance.interactions).toHaveLength(5);
      expect(parts.text).toContain('text of');
    }
  });

  test('does not exist for a cold user, and has no visual part where no image or no eyes are', async () => {
    expect(await integrator().preference(2)).toBeNull();
    const blind = entryOf(await integrator(new ScriptedReasoner('text-only', false)).preference(0));
    expect([blind.parts.visual, blind.parts.crossModal]).toEqual([null, null]);
    const odd = tinyShop([[1, 3]], 4);
    const unseen = entryOf(
      await new Integrator({ training: odd, reasoner: new ScriptedReasoner(), knowledgeSeed: 1 }).preference(0),
    );
    expect([unseen.parts.visual, unseen.parts.crossModal]).toEqual([null, null]);
    expect(unseen.provenance.tasks).toEqual(['preference-text']);
  });
});

describe('a property', () => {
  test('shows the item and co-purchased products, whose witnesses are training interactions of one user each', async () => {
    const entry = entryOf(await integrator().property(0));
    const [own, ...others] = entry.provenance.sampledItems;
    expect(own).toBe(0);
    expect(others).toHaveLength(5);
    expect(entry.provenance.interactions).toHaveLength(10);
    for (const [user, item] of entry.provenance.interactions)
      expect(hasInteraction(training.train, user, item)).toBe(true);
    expect(entry.parts.text).toMatch(/^text of 0 beside \d( \d){4} \(\d+\)$/);
  });

  test('of a cold item comes from its own content alone', async () => {
    const entry = entryOf(await integrator().property(9));
    expect(entry.provenance.interactions).toEqual([]);
    expect(entry.provenance.sampledItems).toEqual([9]);
    expect(entry.parts).toMatchObject({ visual: null, crossModal: null });
  });
});

describe('an answer', () => {
  test('kept from before is not asked for again', async () => {
    const kept = new Map<string, unknown>();
    const keeper = {
      find: (key: string) => kept.get(key),
      save: async (key: string, value: unknown) => void kept.set(key, value),
    };
    const first = new ScriptedReasoner();
    first.before = (call) => {
      if (call.startsWith('preference-multimodal')) throw new Error('gone');
    };
    await expect(integrator(first).preference(0, { keeper })).rejects.toThrow('gone');
    const second = new ScriptedReasoner();
    const entry = await integrator(second).preference(0, { keeper });
    expect(second.calls).toEqual(['preference-multimodal 0']);
    expect(entry).toEqual(await integrator().preference(0));
  });
});

describe('an update', () => {
  const current = async () => entryOf(await integrator(new ScriptedReasoner('text-only', false)).preference(0));
  const input = {
    user: 0,
    truth: [{ item: 7, properties: { text: 'p', visual: null, crossModal: null } }],
    ndcgBase: 0.5,
    ndcgReranked: 0.3,
  };

  test('adds the truth to the sources, once', async () => {
    const entry = await current();
    const { entry: updated } = await integrator().update(entry, { ...input, preferences: entry.parts, attempt: 2 });
    const items = updated.provenance.interactions.map(([, item]) => item);
    expect(items).toContain(7);
    expect(new Set(items).size).toBe(items.length);
    expect(updated.provenance).toMatchObject({ tasks: ['update-preference'], attempt: 2 });
    expect(updated.parts.text).toBe(`${entry.parts.text} +2`);
  });

  test('neither invents a part nor loses one, and says so', async () => {
    const entry = await current();
    const reasoner = new ScriptedReasoner();
    reasoner.updateAnswer = () => ({ text: ' ', visual: 'blue', crossModal: null });
    const { entry: updated, repairs } = await integrator(reasoner).update(entry, {
      ...input,
      preferences: entry.parts,
      attempt: 1,
    });
    expect(updated.parts).toEqual(entry.parts);
    expect(repairs).toEqual({ keptPart: 1, inventedPart: 1 });
    expect(updated.provenance.repairs).toHaveLength(2);
  });
});
