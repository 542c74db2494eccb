import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { predictionsPage } from './predictions.js';
import { withTargets } from './targets.js';

const page = (name: string) => readFileSync(new URL(`../../../cuda/${name}`, import.meta.url), 'utf8');

test('cuda/predictions.md is what the definitions and models count; npm run tables writes it', () => {
  expect(page('predictions.md')).toBe(predictionsPage());
});

test('the targets of cuda/README.md stand beside what is predicted now', () => {
  const readme = page('README.md');
  expect(readme).toMatch(/\n## Targets\n[\s\S]+\| LightGCN epoch on Clothing under 35 ms/);
  expect(withTargets(readme)).toBe(readme);
});
