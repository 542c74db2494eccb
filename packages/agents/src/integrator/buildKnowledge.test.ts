import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AmrError, RandomStreams, silentLog } from '@agentmmrec/core';
import { exportArrow, importArrow, type KnowledgeMemory, openMemory, readArrow } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import { ScriptedReasoner, tinyShop } from '../testing/tinyShop.js';
import { buildKnowledge } from './buildKnowledge.js';

const random = new RandomStreams(3);
const bought = Array.from({ length: 30 }, (_, user) =>
  user === 7
    ? []
    : random.stream('bought', user).sample(
        Array.from({ length: 20 }, (_, item) => item),
        6,
      ),
);
const training = tinyShop(bought, 20);
const open = () => openMemory({ path: ':memory:', fingerprint: 'tiny', mode: 'write' });

const refusal = new AmrError({ what: 'call', got: 'a refusal', expected: 'an answer', hint: 'none', kind: 'failed' });

/** What must be equal after a resume: everything but times. */
function content(memory: KnowledgeMemory) {
  return (['preference', 'property'] as const).flatMap((kind) =>
    [...memory.all(kind)].flatMap(({ entity }) =>
      memory
        .history(kind, entity)
        .map(({ createdAtMs: _, provenance: { elapsedMs: __, ...provenance }, ...entry }) => ({
          ...entry,
          provenance,
        })),
    ),
  );
}

async function whole(reasoner = new ScriptedReasoner()): Promise<KnowledgeMemory> {
  const memory = open();
  await buildKnowledge({ training, reasoner, memory, knowledgeSeed: 1 });
  return memory;
}

describe('a build', () => {
  test('writes every entry once and counts users without evidence', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = open();
    const report = await buildKnowledge({ training, reasoner, memory, knowledgeSeed: 1 });
    expect(report.preferences).toEqual({ total: 30, written: 29, reused: 0, withoutEvidence: 1, failures: [] });
    expect(report.properties).toEqual({ total: 20, written: 20, reused: 0, withoutEvidence: 0, failures: [] });
    expect(report.inputTokens).toBe(10 * reasoner.calls.length);
    expect(memory.stats()).toMatchObject({
      preferences: 29,
      properties: 20,
      versions: 49,
      inputTokens: report.inputTokens,
    });
    const again = await buildKnowledge({ training, reasoner: new ScriptedReasoner(), memory, knowledgeSeed: 1 });
    expect(again.preferences).toMatchObject({ written: 0, reused: 29, withoutEvidence: 1 });
    expect(memory.stats().versions).toBe(49);
  });

  test('ends in the same memory however many calls are in flight and in whatever order they end', async () => {
    const slow = new ScriptedReasoner('scripted', true, true, 16);
    const delays = random.stream('delays');
    slow.before = () => new Promise((resolve) => setTimeout(resolve, delays.integer(4)));
    const free = new ScriptedReasoner('scripted', true, false);
    const expected = content(await whole());
    expect(content(await whole(slow))).toEqual(expected);
    expect(content(await whole(free))).toEqual(expected);
  });

  test('stops when told to, goes on where it stopped, and repeats no finished call', async () => {
    const memory = open();
    const asked: string[] = [];
    for (let run = 0; ; run++) {
      const controller = new AbortController();
      const reasoner = new ScriptedReasoner('scripted', true, true, 3);
      let left = 9;
      reasoner.before = (_, signal) => {
        if (--left === 0) controller.abort();
        if (signal?.aborted)
          throw new AmrError({ what: 'call', got: 'abort', expected: 'none', hint: 'none', kind: 'interrupted' });
      };
      const build = buildKnowledge({ training, reasoner, memory, knowledgeSeed: 1, signal: controller.signal });
      const error = await build.then(
        () => null,
        (cause: unknown) => cause,
      );
      asked.push(...reasoner.calls);
      if (error === null) break;
      expect(error).toMatchObject({ kind: 'interrupted', exitCode: 130 });
      expect(run).toBeLessThan(100);
    }
    expect(new Set(asked).size).toBe(asked.length);
    expect(content(memory)).toEqual(content(await whole()));
  });

  test('lists an entry that fails, finishes the rest, and retries failures alone', async () => {
    const memory = open();
    const broken = new ScriptedReasoner('scripted', true, true, 4);
    broken.before = (call) => {
      if (call === 'property-visual 4' || call === 'preference-text 11') throw refusal;
    };
    const report = await buildKnowledge({ training, reasoner: broken, memory, knowledgeSeed: 1 });
    expect(report.properties.failures).toEqual([{ key: '4', reason: refusal.message, attempts: 1 }]);
    expect(report.preferences.failures).toEqual([{ key: '11', reason: refusal.message, attempts: 1 }]);
    expect(memory.has('property', 4)).toBe(false);
    const healed = new ScriptedReasoner();
    const left = await buildKnowledge({ training, reasoner: healed, memory, knowledgeSeed: 1 });
    expect([left.properties.failures.length, healed.calls]).toEqual([1, []]);
    const retried = await buildKnowledge({ training, reasoner: healed, memory, knowledgeSeed: 1, retryFailed: true });
    expect(retried.properties).toMatchObject({ written: 1, reused: 19, failures: [] });
    // The text part of item 4 was finished before its visual part failed, so it is not asked for again.
    expect(healed.calls).toEqual([
      'property-visual 4',
      'property-multimodal 4',
      'preference-text 11',
      'preference-visual 11',
      'preference-multimodal 11',
    ]);
    expect(content(memory)).toEqual(content(await whole()));
  });

  test('does not mix reasoners or seeds in one memory', async () => {
    const memory = await whole();
    await expect(
      buildKnowledge({ training, reasoner: new ScriptedReasoner('other'), memory, knowledgeSeed: 1 }),
    ).rejects.toThrow(/got knowledge made by reasoner scripted .*seed 1.*expected reasoner other/);
    await expect(
      buildKnowledge({ training, reasoner: new ScriptedReasoner(), memory, knowledgeSeed: 2 }),
    ).rejects.toThrow(/expected .*seed 2/);
  });

  test('takes imported entries as finished, and only from the same reasoner', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'build-'));
    const path = join(folder, 'k.arrow');
    const { userIds, itemIds } = training;
    await exportArrow(await whole(), path, { userIds, itemIds });
    const memory = open();
    await importArrow(memory, await readArrow(path, memory.fingerprint, { userIds, itemIds }));
    await expect(
      buildKnowledge({ training, reasoner: new ScriptedReasoner('other'), memory, knowledgeSeed: 1 }),
    ).rejects.toThrow(/made by reasoner scripted/);
    const reasoner = new ScriptedReasoner();
    const report = await buildKnowledge({ training, reasoner, memory, knowledgeSeed: 1 });
    expect(reasoner.calls).toEqual([]);
    expect(report.preferences).toMatchObject({ written: 0, reused: 29 });
    rmSync(folder, { recursive: true });
  });

  test('tells how much is done, what it has cost and what failed', async () => {
    const told: string[] = [];
    const log = {
      ...silentLog,
      progress: (activity: string, total?: number) => ({
        update: (done: number, remark = '') => void told.push(`${activity} ${done}/${total} ${remark}`),
        end: () => {},
      }),
    };
    const reasoner = Object.assign(new ScriptedReasoner(), {
      spent: () => ({ requests: reasoner.calls.length, inputTokens: 15_000, outputTokens: 5_000, money: 0.25 }),
    });
    reasoner.before = (call) => {
      if (call === 'preference-text 0') throw refusal;
    };
    await buildKnowledge({ training, reasoner, memory: open(), knowledgeSeed: 1, log });
    expect(told.filter((line) => line.startsWith('item properties'))).toHaveLength(20);
    expect(told.at(-1)).toContain(
      `user preferences 30/30 ${reasoner.calls.length} requests, 0.0200 M tokens, 0.25 money, 1 failed, in all `,
    );
  });

  test.each([
    ['images', { text: null, visual: expect.any(String), crossModal: null }],
    ['texts', { text: expect.any(String), visual: null, crossModal: null }],
  ])('of a data set with nothing but %s leaves the other parts empty', async (kept, parts) => {
    const blank = { title: '', brand: '', categories: [], description: '' };
    const content = (training.content ?? []).map((item, n) =>
      kept === 'images' ? { ...blank, imagePath: `${n}.png` } : { ...item, imagePath: null },
    );
    const reasoner = new ScriptedReasoner();
    const memory = open();
    const report = await buildKnowledge({ training: { ...training, content }, reasoner, memory, knowledgeSeed: 1 });
    expect([report.preferences.written, report.properties.written]).toEqual([29, 20]);
    for (const entry of [...memory.all('preference'), ...memory.all('property')]) expect(entry.parts).toEqual(parts);
    expect(reasoner.calls).toHaveLength(49);
  });

  test('needs content', async () => {
    await expect(
      buildKnowledge({
        training: { ...training, content: null },
        reasoner: new ScriptedReasoner(),
        memory: open(),
        knowledgeSeed: 1,
      }),
    ).rejects.toThrow(/got a data set without titles, descriptions or images/);
  });
});
