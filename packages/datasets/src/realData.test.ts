import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { digest } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { datasetStats } from './dataset/datasetStats.js';
import type { LoadOptions } from './loadDataset.js';
import { loadDataset } from './loadDataset.js';
import { options, removeFolders } from './testing/folders.js';

afterAll(removeFolders);

const shared = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));

/** Runs where the data is at hand; elsewhere the skipped test says what it needs. */
function onData(name: string, title: string, check: (path: string) => Promise<void>): void {
  const path = `${shared}${name}`;
  if (existsSync(path)) test(`${name}: ${title}`, () => check(path));
  else test.skip(`${name}: ${title} (skipped: ../shared/data/${name} is not there)`, () => {});
}

async function load(path: string, more: Partial<LoadOptions> = {}) {
  return await loadDataset(path, options(more));
}

describe('data sets of the field', () => {
  onData('baby', 'has the counts of the paper', async (path) => {
    expect((await load(path)).report).toMatchObject({
      users: 19445,
      items: 7050,
      interactions: { train: 118551, validation: 20559, test: 21682 },
      duplicatesMerged: 0,
      coldUsers: 0,
    });
  });

  onData('baby', 'our mmrec-random split holds out as many as the one it came with', async (path) => {
    const drawn = await load(path, { splitBy: 'mmrec-random' });
    expect(drawn.report.interactions).toEqual({ train: 118551, validation: 20559, test: 21682 });
    const given = await load(path);
    // Not only in total: user by user.
    expect(digest(drawn.training.train.offsets)).toBe(digest(given.training.train.offsets));
    expect(digest(drawn.validation.offsets)).toBe(digest(given.validation.offsets));
    expect(digest(drawn.validation.itemIds)).not.toBe(digest(given.validation.itemIds));
  });

  onData('baby', 'is a 5-core already', async (path) => {
    const { report } = await load(path, { kCore: 5, splitBy: 'mmrec-random' });
    expect(report).toMatchObject({ users: 19445, items: 7050 });
    expect(report.remarks).toContain('5-core: every user and item has 5 interactions or more');
  });

  onData('clothing', 'has the counts of the paper', async (path) => {
    expect((await load(path)).report).toMatchObject({
      users: 39387,
      items: 23033,
      interactions: { train: 197338, validation: 40150, test: 41189 },
    });
  });

  onData('tiktok', 'has real features and ten cold users', async (path) => {
    const dataset = await load(path);
    expect(dataset.report).toMatchObject({
      users: 9308,
      items: 6710,
      interactions: { train: 59541, validation: 3051, test: 6130 },
      coldUsers: 10,
    });
    expect(datasetStats(dataset)).toMatchObject({
      content: null,
      features: [
        { modality: 'audio', width: 128, synthetic: false },
        { modality: 'image', width: 128, synthetic: false },
      ],
    });
    // The first values of the file, as halves: 0x412b and 0x3bad.
    expect([...dataset.training.features[1].matrix.data.subarray(0, 2)]).toEqual([2.583984375, 0.95947265625]);
  });

  onData('ml-latest-small', 'whole: every rating is an interaction', async (path) => {
    const { report } = await load(path, { kCore: 0 });
    const { train, validation, test: held } = report.interactions;
    expect([report.users, report.items, train + validation + held]).toEqual([610, 9724, 100836]);
    expect(report.remarks).toContain('18 movies without a rating are left out');
  });

  onData('ml-latest-small', '5-core with titles and genres', async (path) => {
    const dataset = await load(path);
    const { total, ...splits } = datasetStats(dataset).interactions;
    expect({ ...dataset.report, total }).toMatchObject({ users: 610, items: 3650, total: 90274, coldUsers: 0 });
    expect(splits.train + splits.validation + splits.test).toBe(90274);
    expect(dataset.training.userIds[0]).toBe('1001');
    expect(dataset.training.content?.[0]).toEqual({
      title: 'Toy Story (1995)',
      brand: '',
      categories: ['Adventure', 'Animation', 'Children', 'Comedy', 'Fantasy'],
      description: '',
      imagePath: null,
    });
  });
});
