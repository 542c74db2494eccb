import { expect, test } from '@jest/globals';
import { overview } from './help.js';

const verbs = [
  { verb: 'demo', summary: 'draw a catalog and compare some models on it' },
  { verb: 'data stats', summary: 'count' },
];

test('texts break at spaces, under their beginning, where the terminal ends', () => {
  const lines = overview(verbs, 46).split('\n').slice(4, 7);
  expect(lines).toEqual([
    '  demo        draw a catalog and compare some',
    '              models on it',
    '  data stats  count',
  ]);
});

test('without a terminal a line is as long as its text', () => {
  expect(overview(verbs)).toContain('  demo        draw a catalog and compare some models on it\n');
});
