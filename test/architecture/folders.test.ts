import { expect, test } from '@jest/globals';
import { codeOf, repositoryFiles } from '../support/repository.js';

test('folders are made by makeFolders of core: Node’s own recursive form never returns under /proc', () => {
  const product = repositoryFiles().filter((file) => /^(packages|benchmarks)\/.*(?<!\.test)\.ts$/.test(file));
  expect(product.length).toBeGreaterThan(500);
  const others = product.filter(
    (file) => !file.includes('/testing/') && /\bmkdir(Sync)?\([^;]*recursive/.test(codeOf(file)),
  );
  expect(others).toEqual([]);
});
