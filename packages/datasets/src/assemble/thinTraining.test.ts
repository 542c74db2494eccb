import { RandomStreams } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { itemsOf } from '../dataset/interactions.js';
import { loadDataset } from '../loadDataset.js';
import { errorOf, folderOf, options, removeFolders } from '../testing/folders.js';
import { thinTraining } from './thinTraining.js';

afterAll(removeFolders);

const train = {
  users: 3,
  items: 20,
  offsets: Int32Array.of(0, 12, 14, 14),
  itemIds: Int32Array.from([...Array.from({ length: 12 }, (_, n) => n + 3), 0, 19]),
};

describe('thinning', () => {
  test('leaves at most so many items of each user, ascending, and those who have fewer alone', () => {
    const thinned = thinTraining(train, 5, new RandomStreams(1));
    const kept = Array.from(itemsOf(thinned, 0));
    expect(kept).toHaveLength(5);
    expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
    for (const item of kept) expect(item >= 3 && item <= 14).toBe(true);
    expect([1, 2].map((user) => Array.from(itemsOf(thinned, user)))).toEqual([[0, 19], []]);
    expect(thinTraining(train, 5, new RandomStreams(1))).toEqual(thinned);
    expect(Array.from(itemsOf(thinTraining(train, 5, new RandomStreams(2)), 0))).not.toEqual(kept);
    expect(thinTraining(train, 12, new RandomStreams(1))).toEqual(train);
  });

  test('takes from training alone, says how much, and refuses none', async () => {
    const rows = Array.from({ length: 10 }, (_, n) => `1\t${n}\t${n < 6 ? 0 : n < 8 ? 1 : 2}`);
    const folder = folderOf({ 'a.inter': `userID\titemID\tx_label\n${rows.join('\n')}\n` });
    const { training, validation, report } = await loadDataset(folder, options({ trainingItems: 2 }));
    expect([training.train, validation].map(({ itemIds }) => itemIds.length)).toEqual([2, 2]);
    expect(training.items).toBe(10);
    expect(report.interactions).toEqual({ train: 2, validation: 2, test: 2 });
    expect(report.remarks).toContain('at most 2 training items of a user: 4 of 6 are left out');
    const error = await errorOf(() => loadDataset(folder, options({ trainingItems: 0 })));
    expect(error.message).toContain('option trainingItems: got 0, expected a whole number from 1');
  });
});
