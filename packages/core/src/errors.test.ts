import { describe, expect, test } from '@jest/globals';
import { AmrError, choice, flag, integer, nearestName, readOptions, real } from './index.js';

describe('AmrError', () => {
  test('the sentence holds what, got, expected and the hint', () => {
    const error = new AmrError({
      what: 'baby.inter line 7',
      got: 'item "x"',
      expected: 'a whole number',
      hint: 'fix the line',
    });
    expect(error.message).toBe('baby.inter line 7: got item "x", expected a whole number. HINT: fix the line');
    expect(error.exitCode).toBe(2);
  });

  test('an interruption ends in 130, a failed machine in 1', () => {
    const facts = { what: 'a', got: 'b', expected: 'c', hint: 'd' };
    expect(new AmrError({ ...facts, kind: 'interrupted' }).exitCode).toBe(130);
    expect(new AmrError({ ...facts, kind: 'failed' }).exitCode).toBe(1);
  });
});

describe('nearestName', () => {
  test('finds a slip of the keys and refuses what is too far', () => {
    expect(nearestName('lightgnc', ['bpr', 'lightgcn', 'vbpr'])).toBe('lightgcn');
    expect(nearestName('transformer', ['bpr', 'lightgcn', 'vbpr'])).toBeUndefined();
  });
});

describe('readOptions', () => {
  const schema = {
    layers: integer(2, { min: 0, max: 8, help: 'propagation layers' }),
    l2: real(1e-3, { min: 0, help: 'weight of the regulariser' }),
    norm: choice('symmetric', ['symmetric', 'mean'], 'normalisation of the graph'),
    idBlock: flag(true, 'trainable id block'),
  };

  test('fills defaults and reads text', () => {
    expect(readOptions('model x', schema, { layers: '3', idBlock: 'off' })).toEqual({
      layers: 3,
      l2: 1e-3,
      norm: 'symmetric',
      idBlock: false,
    });
  });

  test.each([
    [{ layer: 3 }, 'did you mean "layers"?'],
    [{ layers: 2.5 }, 'expected a whole number'],
    [{ layers: 9 }, 'from 0 to 8'],
    [{ l2: '' }, 'expected a number'],
    [{ norm: 'symetric' }, 'did you mean "symmetric"?'],
    [{ idBlock: 'perhaps' }, 'on or off'],
  ])('refuses %j', (given, sentence) => {
    expect(() => readOptions('model x', schema, given)).toThrow(sentence);
  });
});
