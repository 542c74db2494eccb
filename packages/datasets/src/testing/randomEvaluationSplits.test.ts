import { afterAll, describe, expect, test } from '@jest/globals';
import { hasInteraction, itemsOf } from '../dataset/interactions.js';
import { readOpenings } from '../dataset/openings.js';
import { loadDataset } from '../loadDataset.js';
import { folderOf, options, removeFolders } from './folders.js';
import { withRandomEvaluationSplits } from './randomEvaluationSplits.js';

afterAll(removeFolders);

const rows = Array.from(
  { length: 300 },
  (_, n) => `${n % 20}\t${(n * 13 + Math.floor(n / 20)) % 40}\t${n % 5 < 3 ? 0 : (n % 2) + 1}`,
);

describe('withRandomEvaluationSplits', () => {
  test('replaces validation and test, leaves training as it is, opens nothing', async () => {
    const { workspace } = options({});
    const original = await loadDataset(
      folderOf({ 'a.inter': ['userID\titemID\tx_label', ...rows].join('\n') }),
      options({ workspace }),
    );
    const replaced = withRandomEvaluationSplits(original, 5);
    expect(replaced.training).toBe(original.training);
    expect(replaced.validation).not.toEqual(original.validation);
    const test = replaced.test.open('check');
    expect(readOpenings(workspace)).toEqual([]);
    expect(test).not.toEqual(original.test.open('check'));
    for (let user = 0; user < 20; user++) {
      const held = [...itemsOf(replaced.validation, user), ...itemsOf(test, user)];
      expect(new Set(held).size).toBe(held.length);
      expect(held.length).toBeGreaterThanOrEqual(2);
      for (const item of held) expect(hasInteraction(original.training.train, user, item)).toBe(false);
    }
    expect(withRandomEvaluationSplits(original, 5).validation).toEqual(replaced.validation);
    expect(withRandomEvaluationSplits(original, 6).validation).not.toEqual(replaced.validation);
  });

  test('a user who has every item in training gets none', async () => {
    const inter = 'userID\titemID\tx_label\n0\t0\t0\n0\t1\t0\n1\t1\t0\n';
    const replaced = withRandomEvaluationSplits(await loadDataset(folderOf({ 'a.inter': inter }), options({})), 1);
    expect(itemsOf(replaced.validation, 0).length + itemsOf(replaced.test.open('check'), 0).length).toBe(0);
  });
});
