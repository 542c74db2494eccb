import { buildInteractions } from '@agentmmrec/datasets';
import { openDevice } from '@agentmmrec/kernels';
import { findModel, withGraphs } from '@agentmmrec/models';
import { describe, expect, test } from '@jest/globals';
import { trainModel } from './index.js';
import { usualEvaluateEvery } from './validationSchedule.js';

const bpr = findModel('bpr');
const clothing = { positives: 197_338, users: 39_387, items: 23_033 };
const baby = { positives: 118_551, users: 19_445, items: 7_050 };
const tiktok = { positives: 59_541, users: 3_051, items: 6_710 };

describe('epochs from one validation to the next', () => {
  test('are one where an epoch costs more than some rankings: models that pass over the graph, small catalogs', () => {
    for (const name of ['lightgcn', 'agentmmrec', 'vbpr']) {
      expect(usualEvaluateEvery(findModel(name), 'adam', clothing)).toBe(1);
    }
    expect(usualEvaluateEvery(withGraphs(bpr), 'adam', clothing)).toBe(1);
    expect(usualEvaluateEvery(bpr, 'adam', tiktok)).toBe(1);
  });

  test('grow where ranking everyone is dear beside an epoch, to a quarter of the usual patience', () => {
    const of = (optimizer: 'adam' | 'lazy-adam', size: typeof baby) => usualEvaluateEvery(bpr, optimizer, size);
    expect(of('adam', baby)).toBe(4);
    expect(of('lazy-adam', baby)).toBeGreaterThan(of('adam', baby));
    expect(of('adam', clothing)).toBe(5);
    expect(of('adam', { ...baby, users: 1_000 })).toBe(1);
  });

  test('are what a caller says, and what a run does', async () => {
    const [users, items] = [300, 3_000];
    const split = (first: number, count: number) =>
      buildInteractions(users, items, {
        userIds: Int32Array.from({ length: users * count }, (_, at) => Math.floor(at / count)),
        itemIds: Int32Array.from({ length: users * count }, (_, at) => (7 * at + first) % items),
      });
    const train = split(0, 2);
    const data = { name: 'few', fingerprint: 'c0ffee', users, items, train, features: [], knowledge: null };
    const device = openDevice('cpu', { threads: 1 });
    const evaluated = async (training: object) => {
      const call = { model: bpr, options: { dimensions: 2 }, data, validation: split(3, 1), device, seed: 3 };
      const { history } = await trainModel({ ...call, training: { epochs: 6, ...training } });
      return history.flatMap(({ epoch, validation }) => (validation ? [epoch + 1] : []));
    };
    const size = { positives: train.itemIds.length, users, items };
    const every = usualEvaluateEvery(bpr, 'adam', size);
    expect(every).toBeGreaterThan(1);
    expect(await evaluated({})).toEqual([
      ...new Set([...[1, 2, 3, 4, 5, 6].filter((epoch) => epoch % every === 0), 6]),
    ]);
    expect(await evaluated({ evaluateEvery: 1 })).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
