import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { epochTable, kernelTable } from './predictions.js';

const readme = readFileSync(new URL('../../../cuda/README.md', import.meta.url), 'utf8');

/** The table of the README that begins with a head like that of `table`. */
function printed(table: string): string | undefined {
  const head = table.split('|')[1].trim();
  return readme.split('\n\n').find((part) => part.startsWith(`| ${head} `));
}

test.each([
  ['bytes, operations and floors of every kernel', kernelTable],
  ['predicted seconds per epoch', epochTable],
])('%s in cuda/README.md are what the definitions and models count', (_, render) => {
  const table = render();
  expect(printed(table)).toBe(table);
});
