import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choice, flag, integer, real, text } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import { readConfigurationFile } from './configurationFile.js';
import { readArguments } from './readArguments.js';

const schema = {
  data: text('', 'a data set'),
  feedbackUsers: integer(512, { min: 1, help: 'users a round' }),
  l2: real(0, { help: 'weight' }),
  feedback: flag(false, 'feedback rounds'),
  json: flag(false, 'machine output'),
  rerank: choice('auto', ['auto', 'on', 'off'], 'reranking'),
  device: choice('cpu', ['cpu', 'cuda'], 'device'),
  k: integer(20, { help: 'list length' }),
};
const read = (...words: string[]) => readArguments('train', words, schema);

describe('readArguments', () => {
  test('takes values after a space or an equals sign, in either spelling', () => {
    expect(read('--data', 'baby', '--l2=1e-3').flags).toEqual({ data: 'baby', l2: '1e-3' });
    expect(read('--feedback-users', '7').flags).toEqual({ feedbackUsers: '7' });
    expect(read('--feedbackUsers', '7').flags).toEqual({ feedbackUsers: '7' });
    expect(read('-k', '5').flags).toEqual({ k: '5' });
  });

  test('takes negative numbers as values', () => {
    expect(read('--l2', '-1').flags).toEqual({ l2: '-1' });
  });

  test('reads booleans bare, negated, with a word and with an equals sign', () => {
    expect(read('--feedback').flags).toEqual({ feedback: true });
    expect(read('--no-feedback').flags).toEqual({ feedback: false });
    expect(read('--feedback', 'off', '--json').flags).toEqual({ feedback: 'off', json: true });
    expect(read('--feedback=on').flags).toEqual({ feedback: 'on' });
  });

  test('takes a choice that can be on for on where it stands alone', () => {
    expect(read('--rerank').flags).toEqual({ rerank: 'on' });
    expect(read('--rerank', '-k', '5').flags).toEqual({ rerank: 'on', k: '5' });
    expect(read('--rerank', '--json').flags).toEqual({ rerank: 'on', json: true });
    expect(read('--rerank', 'off', '--json').flags).toEqual({ rerank: 'off', json: true });
    expect(() => read('--device', '--json')).toThrow('the flag --json');
  });

  test('keeps other words in order', () => {
    expect(read('one', '--json', 'two').positionals).toEqual(['one', 'two']);
  });

  test('refuses an unknown flag with the nearest name', () => {
    expect(() => read('--deta', 'baby')).toThrow(/got an unknown flag.*did you mean --data\?/);
    expect(() => read('--feedback-user', '1')).toThrow('did you mean --feedback-users?');
    expect(() => read('--no-device')).toThrow('unknown flag');
  });

  test('refuses a flag without its value, also when another flag follows', () => {
    expect(() => read('--data')).toThrow('got no value');
    expect(() => read('--data', '--json')).toThrow('got the flag --json');
  });

  test('refuses a flag given twice', () => {
    expect(() => read('--data', 'a', '--data', 'b')).toThrow('got it twice');
  });

  test('tolerant reading leaves unknown flags out', () => {
    expect(readArguments('train', ['--layers', '2', '--data', 'x'], schema, true).flags).toEqual({ data: 'x' });
  });
});

test('a configuration that never ends or is no list of options is refused before it is read', () => {
  expect(() => readConfigurationFile('/dev/zero')).toThrow(/got a device, expected a file/);
  const folder = mkdtempSync(join(tmpdir(), 'configuration-'));
  try {
    const repeats = [
      'a: &a [x,x,x,x]',
      ...[...'bcdefgh'].map((name, n) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[n]}`)}]`),
    ];
    writeFileSync(join(folder, 'repeats.yaml'), repeats.join('\n'));
    writeFileSync(join(folder, 'deep.yaml'), `epochs: ${'['.repeat(1e5)}`);
    for (const name of ['repeats.yaml', 'deep.yaml']) {
      expect(() => readConfigurationFile(join(folder, name))).toThrow(/got a text that repeats or nests itself/);
    }
    writeFileSync(join(folder, 'long.yaml'), '# '.padEnd(2 ** 21, 'x'));
    expect(() => readConfigurationFile(join(folder, 'long.yaml'))).toThrow(/got 2097152 bytes, expected a YAML file/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
