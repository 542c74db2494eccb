import { openMemory } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import { buildKnowledge } from '../integrator/buildKnowledge.js';
import { ScriptedReasoner, tinyShop } from '../testing/tinyShop.js';
import { auditMemory } from './audit.js';

const training = tinyShop(
  [
    [0, 1, 2],
    [2, 3],
    [4, 5, 2],
  ],
  8,
);

async function built() {
  const memory = openMemory({ path: ':memory:', fingerprint: 'tiny', mode: 'write' });
  await buildKnowledge({ training, reasoner: new ScriptedReasoner(), memory, knowledgeSeed: 1 });
  return memory;
}

describe('the leak audit', () => {
  test('passes what was built from training interactions and says how much it saw', async () => {
    const memory = await built();
    const { entries, interactions } = auditMemory(memory, training);
    expect(entries).toBe(11);
    expect(interactions).toBeGreaterThan(20);
  });

  // User 1's validation item is 6 and their test item 7: neither is in training.
  test.each([6, 7])('fails on a validation or test interaction in an entry, naming both (item %i)', async (item) => {
    const memory = await built();
    const entry = memory.get('preference', 1);
    if (entry === null) throw new Error('no entry');
    const { version: _, createdAtMs: __, ...rest } = entry;
    memory.put({
      ...rest,
      provenance: { ...rest.provenance, interactions: [...rest.provenance.interactions, [1, item]] },
    });
    // Rolling back does not hide it: every version counts.
    memory.rollback('preference', 1, 1);
    expect(() => auditMemory(memory, training)).toThrow(
      `leak audit, preference of user 1, version 2: got a source that is not a training interaction: user u1, item i${item}`,
    );
    try {
      auditMemory(memory, training);
    } catch (error) {
      expect(error).toMatchObject({ kind: 'failed' });
    }
  });

  test.each([[[0, 7]], [[9, 0]], [[0, -1]]] as const)('fails on a journalled call with %j', async (pair) => {
    const memory = await built();
    memory.journal.append({ key: 'refine|3|x', value: [], interactions: [pair], inputTokens: 0, outputTokens: 0 });
    expect(() => auditMemory(memory, training)).toThrow(/leak audit, journalled call refine\|3\|x/);
  });
});
