import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repositoryFiles, root } from '../support/repository.js';

/** What is shared stands in parts/, what is a part of one model's own beside it in its folder. */
test('a model reads like its paper’s equations: 120 lines at most', () => {
  const models = repositoryFiles()
    .filter((file) => /^packages\/models\/src\/(\w+\/)?\w+\.ts$/.test(file))
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
    .filter(({ text }) => / = defineModel\(\{/.test(text));
  expect(models.length).toBeGreaterThan(20);
  const long = models.filter(({ text }) => text.trimEnd().split('\n').length > 120);
  expect(long.map(({ file }) => file)).toEqual([]);
});
