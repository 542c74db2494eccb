import { readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { signed, silentLog } from '@agentmmrec/core';
import { type Dataset, loadDataset } from '@agentmmrec/datasets';
import { rankUsers } from '@agentmmrec/evaluation';
import { openRun } from '@agentmmrec/experiments';
import { openDevice } from '@agentmmrec/kernels';
import { openMemory } from '@agentmmrec/memory';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Explorer } from '../open.js';
import { jobsOf } from '../server/jobs.js';
import { type DemoWorkspace, demoWorkspace } from '../testing/demoWorkspace.js';
import { ModelExplanations } from './explanations.js';
import type { PreparationTarget, PrepareElsewhere } from './preparations.js';

/** More items than places of a list that are kept. */
const ITEMS = 130;
const device = openDevice('cpu');
let shop: DemoWorkspace;
let dataset: Dataset;
beforeAll(async () => {
  shop = await demoWorkspace({ users: 30, items: ITEMS, epochs: 1 });
  dataset = await loadDataset('catalog', { workspace: shop.path, splitSeed: 7, log: silentLog });
}, 60_000);
afterAll(() => rmSync(dirname(shop.path), { recursive: true, force: true }));

function explorerOf(prepare?: PrepareElsewhere): Explorer {
  return new Explorer({
    workspace: shop.path,
    data: 'catalog',
    load: async () => dataset,
    device: () => device,
    ...(prepare && { prepare }),
  });
}

const pathOf = (run: string) => join(shop.path, 'runs', run, 'checkpoint.amr');
const served = () => join(shop.path, 'artifacts', 'serving');

describe('a run as it is served', () => {
  test.each(['plainRun', 'knowledgeRun'] as const)(
    'lists and explains as %s itself does, deep lists too',
    async (which) => {
      const run = shop[which];
      const checkpointPath = pathOf(run);
      const opened = await openRun({ dataset, checkpointPath, device, workspace: shop.path, log: silentLog });
      const { recipe, knowledge } = opened.manifest;
      const hook = await opened.study.reranker(recipe.rerank, knowledge?.moments.end, knowledge?.rerankWeight);
      const explanations = new ModelExplanations(opened.model, null);
      const explorer = explorerOf();
      try {
        const { recommender, catalog } = await explorer.data();
        const one = await recommender.run(run);
        for (const [user, k] of [
          [0, 20],
          [7, 100],
          [7, ITEMS],
          [29, 3],
        ]) {
          const depth = Math.max(k, hook?.rerankDepth ?? 0);
          const userIds = Int32Array.of(user);
          const ranking = opened.model.ranking();
          const lists = rankUsers({ device, ranking, mask: dataset.training.train, userIds, k: depth });
          const wanted = hook ? (await hook.rerank(lists)).lists : lists;
          const { items, reranked } = await recommender.recommend({ user, k, run, rerank: 'auto', why: false });
          const places = [...wanted.items.subarray(0, k)].filter((item) => item >= 0);
          expect(items.map(({ item }) => item.id)).toEqual(places.map((item) => catalog.idOf('item', item)));
          expect(items.map(({ score }) => score)).toEqual([...wanted.scores.subarray(0, places.length)]);
          expect(reranked).toBe(hook !== null);
          const parts = (of: typeof one | ModelExplanations) => of.partsOf(user, places[0])?.map(({ value }) => value);
          expect(parts(one)).toEqual(parts(explanations));
        }
      } finally {
        await explorer.close();
        opened.model.release();
        await opened.study.close();
      }
    },
  );

  test('is made once, elsewhere where that is offered, said as a job meanwhile, and found afterwards', async () => {
    rmSync(join(shop.path, 'artifacts', 'serving'), { recursive: true, force: true });
    rmSync(join(shop.path, 'artifacts', 'serving-neighbours'), { recursive: true, force: true });
    const asked: PreparationTarget[] = [];
    const explorer: Explorer = explorerOf(async (what, onProgress) => {
      asked.push(what);
      onProgress(1, 30);
      const [job] = await jobsOf(explorer);
      expect(job).toMatchObject({ kind: 'serving', done: 1, total: 30 });
      const other = explorerOf();
      await other.makeReady(what);
      await other.close();
    });
    await explorer.makeReady();
    expect(await jobsOf(explorer)).toEqual([]);
    await explorer.close();
    const memory = asked[1].memory;
    expect(asked).toEqual([
      { data: 'catalog', run: shop.knowledgeRun },
      { data: 'catalog', memory },
    ]);
    const again = explorerOf(async () => {
      throw new Error('it is there');
    });
    await again.makeReady();
    await again.close();
  });

  test('whoever makes it elsewhere and fails is heard, and the next question tries again', async () => {
    rmSync(served(), { recursive: true, force: true });
    let tries = 0;
    const explorer = explorerOf(async () => {
      tries++;
      throw new Error('no room');
    });
    const { recommender } = await explorer.data();
    for (let n = 0; n < 2; n++) await expect(recommender.run(null)).rejects.toThrow('no room');
    expect(tries).toBe(2);
    await explorer.close();
  });

  test('is made anew when its model is another, and answered from as it was while it is trained on', async () => {
    const run = shop.plainRun;
    const explorer = explorerOf();
    const { recommender } = await explorer.data();
    const first = await recommender.run(run);
    const manifest = join(shop.path, 'runs', run, 'checkpoint.run.json');
    const finished = readFileSync(manifest, 'utf8');
    utimesSync(pathOf(run), new Date(), new Date());
    const { digest: _, ...parts } = JSON.parse(finished) as Record<string, unknown>;
    writeFileSync(manifest, JSON.stringify(signed({ ...parts, result: null })));
    expect(await recommender.run(run)).toBe(first);
    writeFileSync(manifest, finished);
    const second = await recommender.run(run);
    expect(second).not.toBe(first);
    expect(await recommender.run(run)).toBe(second);
    expect((await second.list(0, 3)).items).toEqual((await first.list(0, 3)).items);
    await explorer.close();
  });

  test('a memory that is replaced is read anew, though it is as long', async () => {
    const { fingerprint } = dataset.training;
    const path = join(shop.path, 'knowledge', `${fingerprint.slice(0, 16)}-extractive-999.sqlite`);
    const [other, kept] = [`${path}.other`, readFileSync(path)];
    writeFileSync(other, kept);
    writePreference(path, fingerprint, 'walnut walnut walnut ●●●○○○○');
    writePreference(other, fingerprint, 'velvet velvet velvet ●●●○○○○');
    const explorer = explorerOf();
    try {
      const { neighbours } = await explorer.data();
      const similarities = async () => {
        const memory = explorer.workspace.memories.reader(null, fingerprint);
        const { neighbours: found } = await neighbours.of('bmu', 'user', 0, 3, memory);
        return found.map(({ similarity }) => similarity);
      };
      const before = await similarities();
      renameSync(other, path);
      expect(await similarities()).not.toEqual(before);
    } finally {
      await explorer.close();
      writeFileSync(path, kept);
    }
  });
});

/** A further version of the first user's preferences. */
function writePreference(path: string, fingerprint: string, words: string): void {
  const memory = openMemory({ path, fingerprint, mode: 'write' });
  const entry = memory.get('preference', 0);
  if (entry === null) throw new Error('the first user has no preferences');
  const { version: _, createdAtMs: __, ...rest } = entry;
  memory.put({ ...rest, parts: { text: words, visual: words, crossModal: words } });
  memory.close();
}
