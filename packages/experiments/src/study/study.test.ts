import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knowledgeOptions, makeReasoner } from '@agentmmrec/agents';
import { defaultsOf, digest, type Log, readOptions, silentLog } from '@agentmmrec/core';
import {
  type Dataset,
  itemsOf,
  loadDataset,
  loadingOptions,
  readOpenings,
  synthesizeCatalog,
} from '@agentmmrec/datasets';
import { openDevice } from '@agentmmrec/kernels';
import { trainingOptions } from '@agentmmrec/training';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withRandomEvaluationSplits } from '../../../datasets/src/testing/randomEvaluationSplits.js';
import { type ComparisonRequest, compareOnDataset } from '../comparison/compareOnDataset.js';
import { runDemo } from '../demo/demo.js';
import { demoPage, demoText } from '../demo/demoReport.js';
import { RunStore } from '../runs/runStore.js';
import type { RunRecord } from './runRecord.js';
import { Study } from './study.js';
import type { Recipe } from './studyRequest.js';

const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-study-'));
const device = openDevice('cpu', { threads: 1 });
const short = { training: { epochs: 3, patience: 3, batchSize: 256 } };
const lightgcn: Recipe = { label: 'LightGCN', model: 'lightgcn', options: {}, knowledge: 'none', rerank: 'none' };
const full: Recipe = { label: 'full', model: 'agentmmrec', options: {}, knowledge: 'made', rerank: 'made' };
let dataset: Dataset;

beforeAll(async () => {
  await synthesizeCatalog({
    folder: join(folder, 'catalog'),
    users: 60,
    items: 40,
    imageSize: 32,
    seed: 5,
    log: silentLog,
  });
  dataset = await loadDataset(join(folder, 'catalog'), { workspace: folder, splitSeed: 5, log: silentLog });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `work` on a study that keeps its knowledge in this process. */
async function onStudy<T>(
  work: (study: Study) => Promise<T>,
  data = dataset,
  around: { log: Log; signal?: AbortSignal } = { log: silentLog },
): Promise<T> {
  const study = new Study({
    dataset: data,
    device,
    workspace: folder,
    reasoner: makeReasoner('extractive'),
    memoryPath: ':memory:',
    knowledgeOptions: readOptions('test', knowledgeOptions, { knowledgeSeed: 3 }),
    rerankDepth: 30,
    ...around,
  });
  try {
    return await work(study);
  } finally {
    await study.close();
  }
}

describe('study', () => {
  test('opens the test split once a run, and says for what', async () => {
    const before = readOpenings(folder).length;
    const record = await onStudy((study) => study.run(full, 1, short));
    expect(
      readOpenings(folder)
        .slice(before)
        .map(({ purpose }) => purpose),
    ).toEqual(['final evaluation of full, seed 1']);
    expect(record).toMatchObject({
      model: 'agentmmrec',
      reasoner: 'extractive',
      epochs: 3,
      synthetic: false,
      feedback: [],
    });
    expect(record.curve.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(record.testReranked?.userIds).toEqual(record.test.userIds);
  });

  test('trains without opening it', async () => {
    const before = readOpenings(folder).length;
    await onStudy((study) => study.train(lightgcn, 1, short));
    expect(readOpenings(folder)).toHaveLength(before);
  });

  test('equal runs give equal numbers', async () => {
    const one = await onStudy((study) => study.run(full, 1, short));
    const two = await onStudy((study) => study.run(full, 1, short));
    expect(two.test).toEqual(one.test);
    expect(two.testReranked).toEqual(one.testReranked);
  });

  test('permuted knowledge has the same size and other neighbours; none is null', async () => {
    await onStudy(async (study) => {
      const made = (await study.knowledge('made'))?.knowledge;
      const permuted = (await study.knowledge('permuted'))?.knowledge;
      expect(permuted?.userEmbeddings?.rows).toBe(60);
      expect(permuted?.bmu?.indices).not.toEqual(made?.bmu?.indices);
      expect(permuted?.rti?.indices).not.toEqual(made?.rti?.indices);
      const sorted = (rows: Float32Array | undefined) => [...(rows ?? [])].sort((a, b) => a - b);
      expect(sorted(permuted?.userEmbeddings?.data)).toEqual(sorted(made?.userEmbeddings?.data));
      expect(await study.knowledge('none')).toBeNull();
    });
  });

  test('feedback rewrites the memory before the model is fitted: both stem from one moment', async () => {
    await onStudy(async (study) => {
      const before = (await study.bench?.memory())?.sequence() ?? 0;
      const feedback = { feedbackEvery: 2, feedbackPeriods: 2, feedbackUsers: 60 };
      const run = await study.train({ ...full, feedback }, 1, short);
      const memory = await study.bench?.memory();
      expect(run.moments).toEqual({ begin: memory?.sequence(), end: memory?.sequence() });
      expect(memory?.sequence()).toBeGreaterThan(before);
      // The model is what an ordinary training on all edges makes of the memory as it is now.
      const again = await onStudy(async (other) => {
        const theirs = await other.bench?.memory();
        for (const { kind, entity, parts, provenance } of memory?.all('preference') ?? [])
          theirs?.put({ kind, entity, parts, provenance });
        return (await other.train(full, 1, short)).result.validation;
      });
      expect(run.result.validation).toEqual(again);
      const record = await study.finish(full, 1, run);
      expect(record.feedback).toHaveLength(2);
      expect(record.feedback[0].report).toMatchObject({ users: 60 });
    });
  });

  test('a preference is rewritten from its user’s own training items, and the rewrite knows all the others', async () => {
    await onStudy(async (study) => {
      await study.train({ ...full, feedback: { feedbackEvery: 2, feedbackPeriods: 2, feedbackUsers: 60 } }, 1, short);
      const memory = await study.bench?.memory();
      const rewritten = [...(memory?.all('preference') ?? [])].filter(({ version }) => version > 1);
      expect(rewritten.length).toBeGreaterThan(0);
      for (const { entity, provenance } of rewritten) {
        const shown = new Set(provenance.interactions.filter(([user]) => user === entity).map(([, item]) => item));
        expect([...shown].sort((a, b) => a - b)).toEqual([...itemsOf(dataset.training.train, entity)]);
      }
    });
  });

  test('a model that is reckoned in one go has no feedback round, and the log says so', async () => {
    const lines: string[] = [];
    const log: Log = { ...silentLog, info: (line) => void lines.push(line) };
    const slim: Recipe = { label: 'slim', model: 'slim', options: {}, knowledge: 'none', rerank: 'made' };
    const work = (study: Study) => study.train({ ...slim, feedback: { feedbackUsers: 60 } }, 1, short);
    const { result } = await onStudy(work, dataset, { log });
    expect(result.epochs).toBe(1);
    expect(lines.filter((line) => line.startsWith('feedback: no round'))).toHaveLength(1);
  });

  test('feedback needs a memory to rewrite', async () => {
    const feedback = { feedbackEvery: 1, feedbackUsers: 5 };
    await onStudy(async (study) => {
      await expect(study.train({ ...full, knowledge: 'permuted', feedback }, 1, short)).rejects.toThrow(
        'permuted knowledge',
      );
    });
  });
});

describe('leaks', () => {
  /** Digests of everything that agents and a run of fixed length make. */
  const traces = (data: Dataset) =>
    onStudy(async (study) => {
      const training = { epochs: 3, batchSize: 256, selection: 'none' as const };
      const made = await study.knowledge('made');
      const run = await study.train({ ...full, feedback: { feedbackEvery: 1, feedbackUsers: 60 } }, 1, { training });
      const memory = await study.bench?.memory();
      const entries = [...(memory?.all('preference') ?? []), ...(memory?.all('property') ?? [])];
      return {
        fingerprint: data.training.fingerprint,
        features: digest((await study.items.features()).features),
        knowledge: digest(made?.knowledge),
        entries: digest(entries.map(({ createdAtMs: _, provenance, ...entry }) => [entry, provenance.interactions])),
        feedback: run.result.feedbackReports,
        parameters: digest(Object.values(run.result.model.parameters).map((tensor) => tensor.read())),
      };
    }, data);

  test('validation and test interactions change no bit of knowledge, graphs, feedback or parameters', async () => {
    const random = withRandomEvaluationSplits(dataset, 99);
    expect(digest(random.validation.itemIds)).not.toBe(digest(dataset.validation.itemIds));
    expect(await traces(random)).toEqual(await traces(dataset));
  });
});

describe('tables', () => {
  const besideFull = (study: Study, records: readonly RunRecord[], more: Partial<ComparisonRequest> = {}) =>
    compareOnDataset({
      study,
      recipe: full,
      records,
      names: ['lightgcn', 'no-knowledge'],
      training: readOptions('test', trainingOptions, short.training),
      store: new RunStore(mkdtempSync(join(folder, 'beside-'))),
      place: { data: join(folder, 'catalog'), loading: defaultsOf('test', loadingOptions) },
      codeVersion: 'test',
      ...more,
    });

  test('a recipe stands beside LightGCN and itself without knowledge', async () => {
    await onStudy(async (study) => {
      const records = [await study.run(full, 1, short), await study.run(full, 2, short)];
      const { rows, differences } = await besideFull(study, records);
      expect(rows.map(({ label }) => label)).toEqual([
        'full',
        'full without reranking',
        'AgentMMRec without knowledge',
        'LightGCN',
      ]);
      expect(rows.map(({ seeds }) => seeds)).toEqual([2, 2, 2, 2]);
      expect(differences).toHaveLength(10);
      expect(differences.slice(8)).toMatchObject(
        ['recall@20', 'ndcg@20'].map((metric) => ({ label: 'full', baseline: 'full without reranking', metric })),
      );
      expect(rows[3].note).toMatch(/layers \d.* chosen on validation from 8 runs with seed 1/);
    });
  });

  test('runs beside a recipe save themselves; the same comparison trains the rest and no step of what is finished', async () => {
    const record = await onStudy((study) => study.run(full, 1, short));
    const compared = (store: RunStore, around: { log: Log; signal?: AbortSignal }) =>
      onStudy((study) => besideFull(study, [record], { names: ['lightgcn'], store }), dataset, around);
    /** Counts runs that train at least a step, and calls back at the first step of each. */
    const watch = (atStep: (runs: number) => void) => {
      let runs = 0;
      const progress = (label: string) => {
        let steps = 0;
        const counts = label.startsWith('training ');
        return { update: () => void (counts && steps++ === 0 && atStep(++runs)), end() {} };
      };
      return { log: { ...silentLog, progress }, runs: () => runs };
    };
    const whole = watch(() => {});
    const expected = await compared(new RunStore(join(folder, 'whole')), { log: whole.log });
    const kept = new RunStore(join(folder, 'kept'));
    const controller = new AbortController();
    const stopped = watch((runs) => runs === 3 && controller.abort());
    await expect(compared(kept, { log: stopped.log, signal: controller.signal })).rejects.toMatchObject({
      exitCode: 130,
    });
    const rest = watch(() => {});
    expect(await compared(kept, { log: rest.log })).toEqual(expected);
    expect(rest.runs()).toBe(whole.runs() - 2);
    const again = watch(() => {});
    expect(await compared(kept, { log: again.log })).toEqual(expected);
    expect(again.runs()).toBe(0);
  });

  test('the demo prints every row and claim, and its page needs nothing else', async () => {
    const request = { device, workspace: folder, catalogSeeds: [1, 77], users: 60, items: 40, log: silentLog };
    const result = await runDemo({ ...request, training: short.training });
    const labels = result.rows.map(({ label }) => label);
    for (const label of [
      'LightGCN',
      'VBPR',
      'AgentMMRec without reranking',
      'AgentMMRec',
      'AgentMMRec with feedback',
      'AgentMMRec without knowledge',
    ]) {
      expect(labels).toContain(label);
    }
    for (const graph of ['bmu', 'bmi', 'rti']) expect(labels).toContain(`AgentMMRec without reranking and ${graph}`);
    const text = demoText(result);
    expect(text).toContain('1 USED IN DEVELOPMENT');
    for (const label of labels) expect(text).toContain(label);
    expect(text.match(/(helps|HURTS|does not clearly help) here/g)).toHaveLength(8);
    const page = demoPage(result);
    expect(page).not.toMatch(/https?:|src=|href=/);
    // Every row of the table is explained, and every claim is in the table of what helped.
    for (const label of labels) expect(page.split(`<th scope="row">${label}</th>`)).toHaveLength(3);
    expect(page.match(/<td class="words">(helps|HURTS|not clear)<\/td>/g)).toHaveLength(8);
  });
});
