import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { type Dataset, loadDataset } from '@agentmmrec/datasets';
import { rankUsers } from '@agentmmrec/evaluation';
import { openRun } from '@agentmmrec/experiments';
import { openDevice } from '@agentmmrec/kernels';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Explorer } from '../open.js';
import { jobsOf } from '../server/jobs.js';
import { type DemoWorkspace, demoWorkspace } from '../testing/demoWorkspace.js';
import { ModelExplanations } from './explanations.js';
import type { Asked, PrepareElsewhere } from './preparations.js';

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
    const asked: Asked[] = [];
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

  (process.getuid?.() === 0 ? test.skip : test)(
    'a workspace that cannot be written is served (not as root)',
    async () => {
      rmSync(served(), { recursive: true, force: true });
      chmodSync(join(shop.path, 'artifacts'), 0o555);
      try {
        const explorer = explorerOf(async () => {
          throw new Error('nothing can be kept');
        });
        const { recommender } = await explorer.data();
        expect(
          (await recommender.recommend({ user: 0, k: 3, run: null, rerank: 'auto', why: true })).items,
        ).toHaveLength(3);
        await explorer.close();
        expect(readdirSync(join(shop.path, 'artifacts'))).not.toContain('serving');
      } finally {
        chmodSync(join(shop.path, 'artifacts'), 0o755);
      }
    },
  );
});
