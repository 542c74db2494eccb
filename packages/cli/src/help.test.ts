import { expect, test } from '@jest/globals';
import type { Command } from './command.js';
import { commandHelp, overview } from './help.js';

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

test('a flag of many choices goes on under its first', () => {
  const split = { type: 'choice', choices: ['given', 'temporal-user', 'leave-one-out'], default: 'given', help: 'h' };
  const command = { verb: 'v', summary: 's', details: '', example: 'e', positionals: [], options: { split } };
  const lines = commandHelp(command as unknown as Command, {}, 34).split('\n');
  const at = lines.findIndex((text) => text.includes('--split'));
  expect(lines.slice(at, at + 2)).toEqual(['  --split given|temporal-user|', '          leave-one-out']);
});
