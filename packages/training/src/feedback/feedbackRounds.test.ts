import { auditMemory } from '@agentmmrec/agents';
import { AmrError } from '@agentmmrec/core';
import { encodeKnowledge } from '@agentmmrec/encoders';
import { describe, expect, test } from '@jest/globals';
import type { FeedbackContext } from '../index.js';
import {
  built,
  contextOf,
  decidingOf,
  folds,
  items,
  listOf,
  moveTruth,
  round,
  training,
  truthOf,
  users,
  whole,
} from '../testing/feedbackShop.js';
import { ScriptedReasoner } from '../testing/scriptedReasoner.js';
import { tinyEncoder } from '../testing/wordShop.js';

describe('a feedback round', () => {
  test('skips users whose truth is missing or first, and counts them', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    const { context, asked } = contextOf((user) => (user % 3) - 1);
    const report = await round(memory, reasoner, context);
    expect(report).toMatchObject({
      users: 12,
      truthNotListed: 4,
      truthFirst: 4,
      judged: 4,
      useful: 4,
      improved: 0,
      rolledBack: 0,
      rewrites: 0,
    });
    expect(asked).toEqual([{ userIds: Int32Array.from({ length: 12 }, (_, u) => u), k: 50, masked: training.train }]);
    expect(new Set(reasoner.calls.map((call) => Number(call.split(' ')[1]) % 3))).toEqual(new Set([2]));
    expect(memory.stats().versions).toBe(users + items);
  });

  test('judges a user by entries that have seen neither item of the folds, and builds none', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    await round(memory, reasoner, contextOf(() => 2).context);
    const reranked = reasoner.calls.filter((one) => one.startsWith('rerank'));
    expect(reranked).toHaveLength(users);
    expect(reasoner.calls).toHaveLength(users);
    for (const call of reranked) {
      const [, user, ...words] = call.split(' ');
      for (const item of [truthOf(Number(user)), decidingOf(Number(user))]) expect(words).not.toContain(`i${item}`);
    }
    expect(memory.stats().versions).toBe(users + items);
  });

  test('a user without the other item in the list is decided by the items of users like them, or not at all', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    const withoutOwn = () => {
      const { context } = contextOf(() => 2);
      const rank: FeedbackContext['rank'] = (...call) => {
        const lists = context.rank(...call);
        const own = new Set(Array.from(lists.userIds, decidingOf));
        return { ...lists, items: lists.items.map((item, at) => (at % lists.k === 5 && own.has(item) ? -1 : item)) };
      };
      return { ...context, rank };
    };
    expect(await round(memory, reasoner, withoutOwn())).toMatchObject({ undecidable: users, judged: 0 });
    const first = listOf(0, 2)[0];
    const other = Array.from({ length: users }, (_, user) => user).find((user) => decidingOf(user) === first) ?? -1;
    expect(other).toBeGreaterThan(0);
    const likeMinded = { rows: users, k: 1, indices: new Int32Array(users).fill(other) };
    const report = await round(memory, reasoner, withoutOwn(), { likeMinded });
    expect(report.judged).toBeGreaterThan(0);
    expect(report.undecidable + report.judged).toBe(users);
  });

  test('rewrites what did harm, keeps a rewrite that helps, and replaces the user in the model', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    reasoner.rerankAnswer = ({ user, candidates, preferences }) =>
      moveTruth(
        user,
        candidates.map(({ item }) => item),
        user === 4 ? (preferences.text?.includes('rewrite 2') ? 1 : 4) : 2,
        user === 4 && preferences.text?.includes('rewrite 2') ? 3 : 5,
      );
    const { context, replaced } = contextOf(() => 2);
    const report = await round(memory, reasoner, context);
    expect(report).toMatchObject({ judged: 12, useful: 11, improved: 1, rolledBack: 0, rewrites: 2 });
    expect(reasoner.calls.filter((call) => call.startsWith('update'))).toEqual(['update 4 1', 'update 4 2']);
    const entry = memory.get('preference', 4);
    expect(entry).toMatchObject({ version: 3, provenance: { attempt: 2, tasks: ['update-preference'] } });
    expect(entry?.provenance.interactions).toContainEqual([4, truthOf(4)]);
    expect([...replaced.keys()]).toEqual([4]);
    const expected = await encodeKnowledge(
      [entry?.parts ?? { text: null, visual: null, crossModal: null }],
      tinyEncoder,
      'mean',
    );
    expect(replaced.get(4)).toEqual([...expected.data]);
    expect(report.ndcgBase).toBeCloseTo(0.5, 6);
    expect(report.ndcgReranked).toBeCloseTo((11 * 0.5 + 1 / Math.log2(6)) / 12, 6);
    expect(report.decision).toMatchObject({ users: 1, change: expect.any(Number), interval: null });
    expect(report.decision?.change).toBeGreaterThan(0);
    expect(auditMemory(memory, whole).entries).toBe(users + items + 2);
    // It holds the words of fold A now, which can say nothing about it any more.
    expect(await round(memory, reasoner, context, { period: 1 })).toMatchObject({ rewritten: 1, judged: 11 });
  });

  test('rolls back a rewrite that helps only the item whose words it took', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    reasoner.rerankAnswer = ({ user, candidates, preferences }) =>
      moveTruth(
        user,
        candidates.map(({ item }) => item),
        user === 4 ? (preferences.text?.includes('rewrite') ? 0 : 4) : 2,
      );
    const before = memory.get('preference', 4);
    const { context, replaced } = contextOf(() => 2);
    const report = await round(memory, reasoner, context);
    expect(report).toMatchObject({ improved: 0, rolledBack: 1, rewrites: 1, decision: { users: 1, change: 0 } });
    expect(memory.get('preference', 4)).toEqual(before);
    expect(replaced.size).toBe(0);
  });

  test('rolls back a rewrite that ends worse than it began, after three attempts', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    reasoner.rerankAnswer = ({ user, candidates, preferences }) =>
      moveTruth(
        user,
        candidates.map(({ item }) => item),
        user === 4 ? (preferences.text?.includes('rewrite') ? 4 : 3) : 2,
      );
    const before = memory.get('preference', 4);
    const { context, replaced } = contextOf(() => 2);
    expect(await round(memory, reasoner, context)).toMatchObject({ improved: 0, rolledBack: 1, rewrites: 3 });
    expect(memory.get('preference', 4)).toEqual(before);
    expect(memory.history('preference', 4)).toHaveLength(4);
    expect(memory.decisions('preference', 4).at(-1)).toMatchObject({ cause: 'rollback', version: 1 });
    expect(replaced.size).toBe(0);
  });

  test('keeps the best of several rewrites, not the last', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    const places: Record<string, number> = { 'rewrite 1': 3, 'rewrite 2': 4, 'rewrite 3': 4 };
    reasoner.updateAnswer = ({ attempt }) => ({ text: `rewrite ${attempt}`, visual: null, crossModal: null });
    reasoner.rerankAnswer = ({ user, candidates, preferences }) =>
      moveTruth(
        user,
        candidates.map(({ item }) => item),
        user === 4 ? (places[preferences.text ?? ''] ?? 4) : 2,
        user === 4 && preferences.text === 'rewrite 1' ? 4 : 5,
      );
    const report = await round(memory, reasoner, contextOf(() => 2).context);
    expect(report).toMatchObject({ improved: 1, rolledBack: 0, rewrites: 3 });
    expect(memory.get('preference', 4)).toMatchObject({ version: 2, parts: { text: 'rewrite 1' } });
    expect(memory.history('preference', 4)).toHaveLength(4);
  });

  test('looks at the users of the folds alone', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    const few = { folds: { ...folds, users: folds.users.slice(0, 5) } };
    expect(await round(memory, reasoner, contextOf(() => 2).context, few)).toMatchObject({ users: 5, judged: 5 });
  });

  test('lists a user whose call failed for good and finishes the others', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    reasoner.before = (call) => {
      if (call.startsWith('rerank 4 '))
        throw new AmrError({ what: 'call', got: '500', expected: '200', hint: 'none', kind: 'failed' });
    };
    const report = await round(memory, reasoner, contextOf(() => 2).context);
    expect(report).toMatchObject({ users: 12, failed: 1, judged: 11 });
    expect(report.failures[0]).toMatch(/^user u4: call: got 500/);
  });
});
