import type { SealedTest } from '@agentmmrec/datasets';
import type { RankedLists } from '@agentmmrec/evaluation';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { finalEvaluation, type RerankHook, trainModel } from './index.js';
import { checkerboard, tinyModel } from './testing/tinyModel.js';

const device = openDevice('reference');
const { data, validation, test: truth } = checkerboard(12, 40);

function sealed() {
  const openings: string[] = [];
  const test: SealedTest = {
    interactionCount: truth.itemIds.length,
    open: (purpose) => {
      openings.push(purpose);
      return truth;
    },
  };
  return { test, openings };
}

const { model } = await trainModel({
  model: tinyModel,
  data,
  validation,
  device,
  seed: 1,
  training: { epochs: 8, batchSize: 50, learningRate: 0.05 },
});

/** Puts the item `first(user)` at the head of each list of 30. */
function reranker(change: (lists: RankedLists) => RankedLists): RerankHook {
  return {
    rerankDepth: 30,
    rerank: async (lists) => ({
      lists: change(lists),
      report: { users: lists.userIds.length, failed: 0, failures: [], repairs: {} },
    }),
  };
}

describe('final evaluation', () => {
  test('opens the test split once, with its purpose, and measures before and after reranking', async () => {
    const { test: split, openings } = sealed();
    const call = { model, device, train: data.train, test: split, purpose: 'train lightgcn, seed 1' };
    const plain = await finalEvaluation(call);
    expect(openings).toEqual(['train lightgcn, seed 1']);
    expect(plain.testReranked).toBeNull();
    const oracle = reranker((lists) => {
      const items = lists.items.slice();
      lists.userIds.forEach((user, row) => {
        const list = items.subarray(row * lists.k, (row + 1) * lists.k);
        const place = list.indexOf(truth.itemIds[truth.offsets[user]]);
        if (place > 0) [list[0], list[place]] = [list[place], list[0]];
      });
      return { ...lists, items };
    });
    const { test: before, testReranked, reranking } = await finalEvaluation({ ...call, rerank: oracle });
    expect(before).toEqual(plain.test);
    expect(testReranked?.metrics['ndcg@20']).toBeGreaterThan(before.metrics['ndcg@20']);
    expect(reranking).toMatchObject({ users: 12, failed: 0 });
  });

  test('a reranker that changes more than the order is found out', async () => {
    const evaluate = (change: (lists: RankedLists) => RankedLists) =>
      finalEvaluation({
        model,
        device,
        train: data.train,
        test: sealed().test,
        purpose: 'test',
        rerank: reranker(change),
      });
    const doubled = evaluate((lists) => ({
      ...lists,
      items: lists.items.map((item, at) => (at === 1 ? lists.items[0] : item)),
    }));
    await expect(doubled).rejects.toThrow('other items in the list of user 0');
    await expect(evaluate((lists) => ({ ...lists, userIds: lists.userIds.slice().reverse() }))).rejects.toThrow(
      'user 11 in place of 0',
    );
    await expect(evaluate((lists) => ({ ...lists, k: 20, items: lists.items.slice(0, 240) }))).rejects.toThrow(
      '240 places',
    );
  });
});
