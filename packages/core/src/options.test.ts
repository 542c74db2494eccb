import { describe, expect, test } from '@jest/globals';
import { choice, defaultsOf, flag, integer, optional, readOptions, real, required, text } from './options.js';

const schema = {
  epochs: integer(10, { min: 1, max: 100, help: 'at most' }),
  rate: real(0.5, { min: 0, help: 'a share' }),
  fast: flag(false, 'less exact'),
  kind: choice('round', ['round', 'square'], 'the form'),
  name: text('none', 'what it is called'),
} as const;

const partly = {
  memory: optional({ type: 'text', help: 'a file' }),
  slots: optional({ type: 'integer', min: 1, max: 8, help: 'calls at a time' }),
  shape: optional({ type: 'choice', choices: ['round', 'square'], help: 'the form' }),
} as const;

describe('options', () => {
  test('defaults fill what is not given, and words of a command line become values', () => {
    expect(readOptions('test', schema, { epochs: '7', fast: 'on', kind: 'square' })).toEqual({
      epochs: 7,
      rate: 0.5,
      fast: true,
      kind: 'square',
      name: 'none',
    });
  });

  test.each([
    [{ epochs: 0 }, 'a whole number from 1 to 100'],
    [{ epochs: 1.5 }, 'a whole number'],
    [{ epochs: '' }, 'a whole number'],
    [{ rate: 'much' }, 'a number'],
    [{ fast: 'perhaps' }, 'on or off'],
    [{ kind: 'sqare' }, 'did you mean "square"?'],
    [{ name: null }, 'expected text'],
    [{ epoch: 3 }, 'did you mean "epochs"?'],
  ])('%j is refused', (given, sentence) => {
    expect(() => readOptions('test', schema, given)).toThrow(sentence);
  });

  test('a name is read however people spell it, where one alone is meant', () => {
    const named = {
      kind: choice('mmrec-random', ['mmrec-random', 'time'], 'the split'),
      model: { ...text('bpr', 'the model'), names: ['bpr', 'lightgcn', 'no-knowledge', 'noknowledge'] },
    };
    const read = (model: string, kind = 'time') => readOptions('train', named, { model, kind });
    for (const spelled of ['LightGCN', 'light-gcn', ' Light GCN'])
      expect(read(spelled, 'MMRec_Random')).toEqual({ model: 'lightgcn', kind: 'mmrec-random' });
    // Two are meant, or none: the text stays and whoever takes it says what it knows.
    for (const other of ['No Knowledge', 'lightgcm', '-']) expect(read(other).model).toBe(other);
    expect(() => read('bpr', '-')).toThrow('one of mmrec-random, time');
  });

  test('a choice may understand more than its words, and says so of what it does not', () => {
    const device = { ...choice('auto', ['auto', 'cpu'], 'where'), also: { pattern: /^card:\d+$/, words: 'card:1' } };
    expect(readOptions('test', { device }, { device: 'card:7' })).toEqual({ device: 'card:7' });
    expect(readOptions('test', { device }, { device: 'cpu' })).toEqual({ device: 'cpu' });
    expect(() => readOptions('test', { device }, { device: 'card:' })).toThrow('one of auto, cpu or card:1');
    // begun and not ended: no other spelling of a word
    for (const begun of ['cpu:', 'cpu,', 'cpu/'])
      expect(() => readOptions('test', { device }, { device: begun })).toThrow(`got ${JSON.stringify(begun)}`);
  });

  test('an optional value is null when nothing, null or the empty text is given', () => {
    const absent = { memory: null, slots: null, shape: null };
    expect(defaultsOf('test', partly)).toEqual(absent);
    expect(readOptions('test', partly, { memory: '', slots: '', shape: null })).toEqual(absent);
  });

  test('an optional value that is given keeps its type and its bounds', () => {
    const values = readOptions('test', partly, { memory: 'm.sqlite', slots: '4', shape: 'round' });
    const typed: { memory: string | null; slots: number | null; shape: 'round' | 'square' | null } = values;
    expect(typed).toEqual({ memory: 'm.sqlite', slots: 4, shape: 'round' });
    expect(() => readOptions('test', partly, { slots: 0 })).toThrow('a whole number from 1 to 8');
    expect(() => readOptions('test', partly, { shape: 'oval' })).toThrow('one of round, square');
  });

  test('a required value has to be given', () => {
    const needs = { out: required({ type: 'text', help: 'the folder to make' }) };
    const { out }: { out: string } = readOptions('test', needs, { out: 'here' });
    expect(out).toBe('here');
    expect(() => defaultsOf('test', needs)).toThrow(
      'got nothing, expected a value: the folder to make. HINT: give one',
    );
  });
});
