import { join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { synthesizeCatalog } from '@agentmmrec/datasets';
import { afterAll, expect, test } from '@jest/globals';
import { readTraits } from '../../../datasets/src/testing/readTraits.js';
import { newFolder, removeFolders } from '../testing/images.js';
import { describeImage } from './describeImage.js';

afterAll(removeFolders);

/** The describer was written against seed 1; this seed was not looked at. */
const unseenSeed = 4711;

test('colours and patterns of catalog images are recognised', async () => {
  const folder = join(newFolder(), 'shop');
  await synthesizeCatalog({ folder, users: 5, items: 150, seed: unseenSeed, log: silentLog });
  const { items } = await readTraits(folder);
  const right = { colour: 0, pattern: 0 };
  for (const [id, traits] of items) {
    const found = await describeImage(join(folder, 'images', `${id}.png`));
    if (found.subjectColours[0].name === traits.colour) right.colour++;
    if (found.texture === traits.pattern) right.pattern++;
  }
  expect(right.colour / items.size).toBeGreaterThan(0.93);
  expect(right.pattern / items.size).toBeGreaterThan(0.93);
});
