import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import type { KnowledgeMemory } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import { beginFeedbackRun, feedbackRounds, trainModel } from '../index.js';
import { built, contextOf, folds, items, moveTruth, round, seed, training, users } from '../testing/feedbackShop.js';
import { ScriptedReasoner } from '../testing/scriptedReasoner.js';
import { interactionsOfRows, tinyModel } from '../testing/tinyModel.js';
import { tinyEncoder } from '../testing/wordShop.js';
import type { FeedbackReport } from './feedbackReport.js';

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
