import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { predictionsPage } from './predictions.js';

test('cuda/predictions.md is what the definitions and models count; npm run tables writes it', () => {
  expect(readFileSync(new URL('../../../cuda/predictions.md', import.meta.url), 'utf8')).toBe(predictionsPage());
});
