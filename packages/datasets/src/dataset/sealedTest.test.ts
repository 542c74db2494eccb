import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../loadDataset.js';
import { errorOf, folderOf, newFolder, options, removeFolders } from '../testing/folders.js';
import { readOpenings } from './openings.js';

afterAll(removeFolders);

const inter = 'userID\titemID\tx_label\n0\t0\t0\n0\t1\t0\n0\t771\t2\n1\t1\t0\n1\t2\t1\n';

async function load(workspace = newFolder()) {
  const folder = folderOf({ 'shop.inter': inter });
  return { workspace, dataset: await loadDataset(folder, options({ workspace })) };
}

describe('the sealed test split', () => {
  test('shows its size and nothing else, however it is looked at', async () => {
    const { dataset } = await load();
    expect(dataset.test.interactionCount).toBe(1);
    const views = [
      JSON.stringify({ ...dataset, training: { ...dataset.training, itemIds: [] } }),
      inspect({ ...dataset, training: null }, { showHidden: true, depth: null, getters: true }),
      JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(dataset.test))),
      JSON.stringify(structuredClone(JSON.parse(JSON.stringify(dataset.test)))),
      String(Reflect.ownKeys(dataset.test)),
    ];
    for (const view of views) expect(view).not.toContain('771');
    expect(Object.keys(dataset.test)).toEqual(['interactionCount']);
  });

  test('opens for whoever says why, and each opening is in the log', async () => {
    const { workspace, dataset } = await load();
    expect(readOpenings(workspace)).toEqual([]);
    expect([...dataset.test.open('final evaluation of bpr').itemIds]).toEqual([771]);
    dataset.test.open('again');
    expect(readOpenings(workspace)).toMatchObject([
      {
        dataset: 'shop',
        purpose: 'final evaluation of bpr',
        interactions: 1,
        fingerprint: dataset.training.fingerprint,
      },
      { purpose: 'again' },
    ]);
  });

  test('stays shut when the opening cannot be recorded', async () => {
    const { workspace, dataset } = await load();
    symlinkSync('/dev/full', join(workspace, 'openings.jsonl'));
    const error = await errorOf(() => dataset.test.open('x'));
    expect(error.message).toMatch(/opening log .*no space left/);
  });

  test('a damaged log is said with its line', async () => {
    const { workspace, dataset } = await load();
    dataset.test.open('x');
    const path = join(workspace, 'openings.jsonl');
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"openedAtMs":1\n`);
    const error = await errorOf(() => readOpenings(workspace));
    expect(error.message).toMatch(/openings\.jsonl line 2: got a line that is not an opening/);
  });
});
