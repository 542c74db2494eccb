import { afterAll, expect, test } from '@jest/globals';
import { loadDataset } from '../loadDataset.js';
import { folderOf, options, removeFolders } from '../testing/folders.js';
import { npyOf } from '../testing/npyBytes.js';
import { datasetStats } from './datasetStats.js';
import { readOpenings } from './openings.js';

afterAll(removeFolders);

test('datasetStats counts what is there and does not open the test split', async () => {
  const users = [6, 2, 1, 0].flatMap((count, user) =>
    Array.from({ length: count }, (_, item) => `${user}\t${item}\t0`),
  );
  const files = {
    'a.inter': ['userID\titemID\tx_label', ...users, '3\t7\t2'].join('\n'),
    'text_feat.npy': npyOf(8, 1, Array(8).fill(1)),
  };
  const { workspace } = options({});
  const stats = datasetStats(await loadDataset(folderOf(files), options({ workspace })));
  expect(stats).toMatchObject({
    users: 4,
    items: 8,
    interactions: { total: 10, train: 9, validation: 0, test: 1 },
    density: 10 / 32,
    trainPerUser: { min: 0, median: 1.5, mean: 2.25, max: 6 },
    trainPerItem: { min: 0, median: 1, mean: 9 / 8, max: 3 },
    sparsityGroups: [
      { label: '(0,5]', users: 2 },
      { label: '(5,10]', users: 1 },
      { label: '(10,20]', users: 0 },
      { label: '(20,inf)', users: 0 },
    ],
    coldUsers: 1,
    coldItems: 2,
    content: null,
    features: [{ modality: 'text', width: 1, synthetic: false }],
  });
  expect(readOpenings(workspace)).toEqual([]);
});

test('datasetStats describes content', async () => {
  const files = {
    'interactions.csv': 'user,item\na,x\na,y\n',
    'items.jsonl': '{"id":"x","title":"four","brand":"b","categories":["c","d"],"description":"e"}\n{"id":"y"}\n',
  };
  const { content } = datasetStats(await loadDataset(folderOf(files), options({ kCore: 0 })));
  expect(content).toEqual({
    titles: 1,
    brands: 1,
    categories: 1,
    descriptions: 1,
    images: 0,
    textCharacters: { min: 0, median: 4.5, mean: 4.5, max: 9 },
  });
});
