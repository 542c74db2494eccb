import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildInteractions, type TrainingData } from '@agentmmrec/datasets';
import { onePixelPng } from '@agentmmrec/fakellm';
import { promptCatalog } from '@agentmmrec/llm';
import { expect, test } from '@jest/globals';
import { previewPrompts } from './previewPrompts.js';

const folder = mkdtempSync(join(tmpdir(), 'amr-preview-'));
const imagePath = join(folder, 'mug.png');
writeFileSync(imagePath, onePixelPng);
const text = { brand: 'Acme', categories: [], description: '' };
const training: TrainingData = {
  name: 'two items',
  users: 2,
  items: 2,
  userIds: ['a', 'b'],
  itemIds: ['x', 'y'],
  train: buildInteractions(2, 2, { userIds: Int32Array.from([0, 0]), itemIds: Int32Array.from([0, 1]) }),
  content: [
    { ...text, title: 'blue mug', imagePath },
    { ...text, title: 'red mug', imagePath: null },
  ],
  features: [],
  fingerprint: 'f',
};
const options = { training, prompts: promptCatalog(), knowledgeSeed: 1 };

test('shows what the Integrator would send, task by task, and sends nothing', async () => {
  const previews = await previewPrompts({ user: 0 }, options);
  expect(previews.map(({ template, images }) => [template, images.length])).toEqual([
    ['integrator/preference-text@1', 0],
    ['integrator/preference-visual@1', 1],
    ['integrator/preference-multimodal@1', 1],
  ]);
  expect(previews[0].user).toContain('blue mug');
  expect(previews[0].user).toContain('red mug');
  expect(previews[1].inputTokens).toBeGreaterThan(1100);
  const [property] = await previewPrompts({ item: 1 }, { ...options, promptFamily: 'checklist' });
  expect(property.template).toBe('integrator/property-text.checklist@2');
  expect(await previewPrompts({ user: 1 }, options)).toEqual([]);
  expect(await previewPrompts({ user: 0 }, { ...options, seesImages: false })).toHaveLength(1);
  rmSync(folder, { recursive: true });
});

test("with augmentation LLMRec's prompts follow: profile and edges of a user, attributes of an item", async () => {
  // Shoppers of both mugs and a kettle make the kettle and the pot candidates for the first user.
  const [userIds, itemIds] = [Int32Array.from([0, 1, 1, 1]), Int32Array.from([0, 0, 2, 3])];
  const titles = ['blue mug', 'red mug', 'steel kettle', 'tea pot'];
  const shop: TrainingData = {
    ...training,
    items: 4,
    itemIds: titles,
    train: buildInteractions(2, 4, { userIds, itemIds }),
    content: titles.map((title) => ({ ...text, title, imagePath: null })),
  };
  const all = { ...options, training: shop, augmentation: true };
  const ofUser = await previewPrompts({ user: 0 }, all);
  expect(ofUser.map(({ template }) => template)).toEqual([
    'integrator/preference-text@1',
    'augmenter/user-profile@1',
    'augmenter/augment-edges@1',
  ]);
  expect(ofUser[1].user).toContain('blue mug');
  expect(ofUser[2].user).toContain('steel kettle');
  expect(ofUser[2].user).not.toContain('red mug');
  const ofItem = await previewPrompts({ item: 1 }, { ...all, promptFamily: 'checklist' });
  expect(ofItem.map(({ template }) => template).at(-1)).toBe('augmenter/item-attributes.checklist@1');
  expect(ofItem.at(-1)?.user).toContain('red mug');
  expect(await previewPrompts({ item: 1 }, { ...all, augmentation: false })).toHaveLength(ofItem.length - 1);
});

test('a user that is not there is refused', async () => {
  await expect(previewPrompts({ user: 2 }, options)).rejects.toThrow(
    /prompt for user 2: got number 2, expected 0 to 1/,
  );
});
