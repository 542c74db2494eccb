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

test('a user that is not there is refused', async () => {
  await expect(previewPrompts({ user: 2 }, options)).rejects.toThrow(
    /prompt for user 2: got number 2, expected 0 to 1/,
  );
});
