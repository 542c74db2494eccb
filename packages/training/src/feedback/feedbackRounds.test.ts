import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditMemory, buildKnowledge } from '@agentmmrec/agents';
import { AmrError, type NeighbourLists, RandomStreams } from '@agentmmrec/core';
import { itemsOf, type TrainingData } from '@agentmmrec/datasets';
import { encodeKnowledge } from '@agentmmrec/encoders';
import { openDevice } from '@agentmmrec/kernels';
import { type KnowledgeMemory, openMemory } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import { beginFeedbackRun, type FeedbackContext, feedbackRounds, trainModel } from '../index.js';
import { ScriptedReasoner } from '../testing/scriptedReasoner.js';
import { interactionsOfRows, tinyModel } from '../testing/tinyModel.js';
import { tinyEncoder, wordShop } from '../testing/wordShop.js';
import { feedbackFolds, withoutFolds } from './feedbackFold.js';
import type { FeedbackReport } from './feedbackReport.js';

const users = 12;
const items = 30;
const whole = wordShop(
  Array.from({ length: users }, (_, user) => Array.from({ length: 7 }, (_, n) => (user * 5 + n * 4) % items)),
  items,
);
const seed = 3;
const folds = feedbackFolds(whole.train, new RandomStreams(seed), 0, 512);
const training = withoutFolds(whole, folds);
const truthOf = (user: number) => itemsOf(folds.rewriting, user)[0];
const decidingOf = (user: number) => itemsOf(folds.deciding, user)[0];

async function built(reasoner: ScriptedReasoner, shop: TrainingData = training): Promise<KnowledgeMemory> {
  const memory = openMemory({ path: ':memory:', fingerprint: shop.fingerprint, mode: 'write', nowMs: () => 0 });
  await buildKnowledge({ training: shop, reasoner, memory, knowledgeSeed: seed });
  reasoner.calls.length = 0;
  return memory;
}

/** Lists of six unseen items with the truth in place `place`, or not at all (-1), and last the item that decides. */
function listOf(user: number, place: number): number[] {
  const seen = new Set(itemsOf(whole.train, user));
  const list = Array.from({ length: items }, (_, item) => item)
    .filter((item) => !seen.has(item))
    .slice(0, 5);
  if (place >= 0) list[place] = truthOf(user);
  return [...list, decidingOf(user)];
}

/** A context without a model: lists as told, and what the round replaces. */
function contextOf(place: (user: number) => number) {
  const replaced = new Map<number, number[]>();
  const asked: { userIds: Int32Array; k: number; masked: unknown }[] = [];
  const context: FeedbackContext = {
    signal: undefined,
    rank: (userIds, masked, k) => {
      asked.push({ userIds, k, masked });
      const lists = Array.from(userIds, (user) => [...listOf(user, place(user)), -1]);
      return { userIds, k: 7, items: Int32Array.from(lists.flat()), scores: new Float32Array(lists.length * 7) };
    },
    model: {
      updateUserKnowledge: (userIds, rows) => {
        userIds.forEach((user, row) => {
          replaced.set(user, [...rows.data.subarray(row * rows.cols, (row + 1) * rows.cols)]);
        });
      },
    },
  };
  return { context, replaced, asked };
}

async function round(
  memory: KnowledgeMemory,
  reasoner: ScriptedReasoner,
  context: FeedbackContext,
  { period = 0, folds: held = folds, likeMinded = null as NeighbourLists | null } = {},
) {
  const run = beginFeedbackRun({ memory, identity: 'test', resume: period > 0 });
  const hook = feedbackRounds({
    training,
    folds: held,
    likeMinded,
    reasoner,
    memory,
    run,
    encoder: tinyEncoder,
    knowledgeSeed: seed,
  });
  return (await hook.endPeriod(period, context)) as FeedbackReport;
}

/** Puts the truth in place `place` of the shown list, and the item that decides in place `deciding` after that. */
const moveTruth = (user: number, shown: readonly number[], place: number, deciding = 5): number[] =>
  moved(moved(shown, truthOf(user), place), decidingOf(user), deciding);

const moved = (list: readonly number[], item: number, place: number): number[] =>
  list.filter((other) => other !== item).toSpliced(place, 0, item);

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

describe('a round that is interrupted', () => {
  const harmful = (reasoner: ScriptedReasoner) => {
    reasoner.rerankAnswer = ({ user, candidates, preferences }) =>
      moveTruth(
        user,
        candidates.map(({ item }) => item),
        preferences.text?.includes(`rewrite ${user % 4}`) ? 1 : 3,
        preferences.text?.includes('rewrite') ? 4 : 5,
      );
    return reasoner;
  };
  const contentOf = (memory: KnowledgeMemory) =>
    Array.from({ length: users }, (_, user) => ({
      versions: memory
        .history('preference', user)
        .map(({ provenance: { elapsedMs: _, ...provenance }, ...entry }) => ({ ...entry, provenance })),
      decisions: memory.decisions('preference', user).map(({ sequence: _, ...decision }) => decision),
    }));

  test.each([true, false])(
    'goes on from the last finished call, wherever it stops (paid reasoner: %s)',
    async (paid) => {
      const whole = await built(harmful(new ScriptedReasoner(paid)));
      const reference = contextOf(() => 2);
      const expected = await round(whole, harmful(new ScriptedReasoner(paid)), reference.context);
      expect(expected.rewrites).toBeGreaterThan(10);

      const memory = await built(harmful(new ScriptedReasoner(paid)));
      const run = beginFeedbackRun({ memory, identity: 'test', resume: false });
      const asked: string[] = [];
      for (let start = 0; ; start++) {
        const reasoner = harmful(new ScriptedReasoner(paid));
        let left = 3;
        reasoner.before = () => {
          if (left-- === 0)
            throw new AmrError({ what: 'stop', got: 'it', expected: 'more', hint: 'none', kind: 'interrupted' });
        };
        if (!paid) left = 40;
        const { context, replaced } = contextOf(() => 2);
        const hook = feedbackRounds({
          training,
          folds,
          likeMinded: null,
          reasoner,
          memory,
          run,
          encoder: tinyEncoder,
          knowledgeSeed: seed,
        });
        const result = await Promise.resolve(hook.endPeriod(0, context)).then(
          (report) => report,
          (cause: unknown) => cause,
        );
        asked.push(...reasoner.calls);
        if (result instanceof AmrError) {
          expect(result.kind).toBe('interrupted');
          expect(start).toBeLessThan(200);
          continue;
        }
        expect(result).toEqual(expected);
        expect(replaced).toEqual(reference.replaced);
        break;
      }
      expect(contentOf(memory)).toEqual(contentOf(whole));
      if (paid) expect(new Set(asked).size).toBe(asked.length);
    },
  );
});

describe('a training run with feedback', () => {
  test('interrupted in a round and resumed ends in the same bits and the same memory', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'feedback-'));
    const device = openDevice('cpu', { threads: 1 });
    const validation = interactionsOfRows(
      items,
      Array.from({ length: users }, (_, user) => [(user * 5 + 29) % items]),
    );
    const reverse = (reasoner: ScriptedReasoner) => {
      reasoner.rerankAnswer = ({ candidates, preferences }) => {
        const list = candidates.map(({ item }) => item);
        return preferences.text?.includes('rewrite') ? list : list.reverse();
      };
      return reasoner;
    };
    const train = async (
      memory: KnowledgeMemory,
      reasoner: ScriptedReasoner,
      name: string,
      resume: boolean,
      signal?: AbortSignal,
    ) => {
      const run = beginFeedbackRun({ memory, identity: 'run', resume });
      const feedback = feedbackRounds({
        training,
        folds,
        likeMinded: null,
        reasoner,
        memory,
        run,
        encoder: tinyEncoder,
        knowledgeSeed: seed,
        feedbackEvery: 2,
        rerankDepth: 20,
      });
      const data = { ...training, knowledge: null };
      const options = { epochs: 6, batchSize: 16, learningRate: 0.05 };
      const checkpointPath = join(folder, name);
      return trainModel({
        model: tinyModel,
        data,
        validation,
        device,
        seed,
        training: options,
        feedback,
        checkpointPath,
        resume,
        signal,
      });
    };
    const whole = await built(reverse(new ScriptedReasoner()));
    const expected = await train(whole, reverse(new ScriptedReasoner()), 'whole', false);
    const [first] = expected.feedbackReports;
    expect((first.report as FeedbackReport).rewrites).toBeGreaterThan(2);

    const memory = await built(reverse(new ScriptedReasoner()));
    const stop = new AbortController();
    const stopping = reverse(new ScriptedReasoner());
    let calls = 0;
    stopping.before = () => {
      if (++calls === 23) stop.abort();
    };
    await expect(train(memory, stopping, 'part', false, stop.signal)).rejects.toMatchObject({ kind: 'interrupted' });
    const resumed = await train(memory, reverse(new ScriptedReasoner()), 'part', true);
    const bits = ({ model }: typeof resumed) => {
      const ranking = model.ranking();
      if ('write' in ranking) throw new Error('tiny has representations');
      return device.read(ranking.users).slice();
    };
    expect(bits(resumed)).toEqual(bits(expected));
    expect(resumed.feedbackReports).toEqual(expected.feedbackReports);
    const versions = (one: KnowledgeMemory) => [...one.all('preference')].map(({ version, parts }) => [version, parts]);
    expect(versions(memory)).toEqual(versions(whole));
    rmSync(folder, { recursive: true, force: true });
  });

  test('is resumed only with the memory it began with', async () => {
    const memory = await built(new ScriptedReasoner());
    expect(() => beginFeedbackRun({ memory, identity: 'unknown', resume: true })).toThrow(
      /got no run with these options, to resume/,
    );
    const begun = beginFeedbackRun({ memory, identity: 'run', resume: false });
    const entry = memory.get('preference', 0);
    if (entry === null) throw new Error('no entry');
    memory.put({
      kind: 'preference',
      entity: 0,
      parts: { ...entry.parts, text: 'later' },
      provenance: entry.provenance,
    });
    const again = beginFeedbackRun({ memory, identity: 'run', resume: true });
    expect(again.id).toBe(begun.id);
    expect(again.knowledge.get('preference', 0)).toEqual(entry);
    expect(beginFeedbackRun({ memory, identity: 'run', resume: false }).id).not.toBe(begun.id);
  });
});
