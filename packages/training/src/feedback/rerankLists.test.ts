import { buildKnowledge } from '@agentmmrec/agents';
import { AmrError } from '@agentmmrec/core';
import { openMemory } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import { ScriptedReasoner } from '../testing/scriptedReasoner.js';
import { wordShop } from '../testing/wordShop.js';
import { reranker, rerankLists } from './rerankLists.js';

const training = wordShop([[0, 1], [2, 3], []], 10);
const lists = {
  userIds: Int32Array.of(0, 1, 2),
  k: 5,
  items: Int32Array.of(4, 5, 6, 7, 8, 9, 8, 7, -1, -1, 1, 2, 3, 4, 5),
  scores: Float32Array.of(5, 4, 3, 2, 1, 9, 8, 7, -Infinity, -Infinity, 5, 4, 3, 2, 1),
};

async function setUp(paid: boolean) {
  const reasoner = new ScriptedReasoner(paid);
  const memory = openMemory({ path: ':memory:', fingerprint: 'word shop', mode: 'write' });
  await buildKnowledge({ training, reasoner, memory, knowledgeSeed: 1 });
  reasoner.calls.length = 0;
  reasoner.rerankAnswer = ({ candidates }) => candidates.map(({ item }) => item).reverse();
  return { reasoner, memory, options: { training, reasoner, knowledge: memory, memory, knowledgeSeed: 1 } };
}

describe('reranking of lists', () => {
  test('reorders items with their scores, and leaves users without preferences as they are', async () => {
    const { options } = await setUp(false);
    const before = { items: lists.items.slice(), scores: lists.scores.slice() };
    const result = await rerankLists(lists, options);
    expect(result.report).toEqual({ users: 2, failed: 0, failures: [], repairs: {} });
    expect([...result.lists.items]).toEqual([8, 7, 6, 5, 4, 7, 8, 9, -1, -1, 1, 2, 3, 4, 5]);
    expect([...result.lists.scores.subarray(0, 8)]).toEqual([1, 2, 3, 4, 5, 7, 8, 9]);
    expect({ items: lists.items, scores: lists.scores }).toEqual(before);
  });

  test('reaches only as deep as asked, and counts repairs', async () => {
    const { options, reasoner } = await setUp(false);
    reasoner.rerankAnswer = ({ candidates }) => [99, candidates[1].item];
    const hook = reranker({ ...options, rerankDepth: 3 });
    expect(hook.rerankDepth).toBe(3);
    const result = await rerankLists(lists, { ...options, rerankDepth: 3 });
    expect([...result.lists.items.subarray(0, 5)]).toEqual([5, 4, 6, 7, 8]);
    expect(result.report.repairs).toEqual({ unknownId: 2, appended: 4 });
  });

  test('leaves a user whose call fails for good its list, and says why; what is not a failed call ends it', async () => {
    const { options, reasoner } = await setUp(false);
    const failing = (kind: 'failed' | 'input') => {
      reasoner.before = (call) => {
        if (call.startsWith('rerank 0'))
          throw new AmrError({ what: 'the call', got: 'status 500', expected: 'an answer', hint: 'none', kind });
      };
    };
    failing('failed');
    const { lists: reranked, report } = await rerankLists(lists, options);
    expect(report).toMatchObject({
      users: 1,
      failed: 1,
      failures: [expect.stringMatching(/^user u0: the call: got st/)],
    });
    expect([...reranked.items]).toEqual([4, 5, 6, 7, 8, 7, 8, 9, -1, -1, 1, 2, 3, 4, 5]);
    failing('input');
    await expect(rerankLists(lists, options)).rejects.toMatchObject({ kind: 'input' });
  });

  test('a stop says how far it came and what goes on', async () => {
    const { options } = await setUp(false);
    const stopped = rerankLists(lists, { ...options, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ kind: 'interrupted', got: 'a stop after 0 of 3 users' });
  });

  test('asks a paid reasoner once for equal questions', async () => {
    const { options, reasoner, memory } = await setUp(true);
    const first = await rerankLists(lists, options);
    expect(reasoner.calls).toHaveLength(2);
    expect(await rerankLists(lists, options)).toEqual(first);
    expect(reasoner.calls).toHaveLength(2);
    await rerankLists({ ...lists, items: lists.items.map((item) => (item === 4 ? 9 : item)) }, options);
    expect(reasoner.calls).toHaveLength(3);
    expect(memory.stats().inputTokens).toBe(10 * (2 + 10) + 10 * 3);
  });

  test('works on the memory as it was, whatever is written meanwhile', async () => {
    const { options, reasoner, memory } = await setUp(false);
    const seen: (string | null)[] = [];
    reasoner.rerankAnswer = ({ user, candidates, preferences }) => {
      seen.push(preferences.text);
      const entry = memory.get('preference', 1);
      if (user === 0 && entry)
        memory.put({
          kind: 'preference',
          entity: 1,
          parts: { ...entry.parts, text: 'new' },
          provenance: entry.provenance,
        });
      return candidates.map(({ item }) => item);
    };
    await rerankLists(lists, options);
    expect(seen).toEqual(['likes i0 i1', 'likes i2 i3']);
    await rerankLists(lists, options);
    expect(seen.slice(2)).toEqual(['likes i0 i1', 'new']);
  });
});
