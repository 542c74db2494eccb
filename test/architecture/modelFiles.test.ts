import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { importsOf, repositoryFiles, root } from '../support/repository.js';

test('a model reads like its paper’s equations: 120 lines at most', () => {
  const models = repositoryFiles()
    .filter((file) => /^packages\/models\/src\/(\w+\/)?\w+\.ts$/.test(file))
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
    .filter(({ text }) => / = defineModel\(\{/.test(text));
  expect(models.length).toBeGreaterThan(20);
  const long = models.filter(({ text }) => text.trimEnd().split('\n').length > 120);
  expect(long.map(({ file }) => file)).toEqual([]);
});

const sources = 'packages/models/src';

test('what stands in parts/ is shared: more than one model stands on it, others keep it in their folder', () => {
  const files = repositoryFiles().filter((file) => file.startsWith(`${sources}/`) && /(?<!\.test)\.ts$/.test(file));
  const importers = new Map<string, string[]>();
  for (const file of files.filter((one) => !/\/testing\//.test(one))) {
    for (const specifier of importsOf(file).filter((one) => one.startsWith('.'))) {
      const to = join(dirname(file), specifier).replace(/\.js$/, '.ts');
      importers.set(to, [...(importers.get(to) ?? []), file]);
    }
  }
  const usersOf = (file: string, seen = new Set<string>()): Set<string> => {
    for (const by of importers.get(file) ?? []) if (!seen.has(by)) usersOf(by, seen.add(by));
    return seen;
  };
  const modelsOn = (part: string) => {
    const tops = [...usersOf(part)].map((file) => relative(sources, file).split('/')[0].replace(/\.ts$/, ''));
    return new Set(tops.filter((top) => top !== 'parts' && top !== 'index')).size;
  };
  const parts = files.filter((file) => file.startsWith(`${sources}/parts/`));
  expect(parts.length).toBeGreaterThan(20);
  expect(parts.filter((part) => modelsOn(part) < 2)).toEqual([]);
});
