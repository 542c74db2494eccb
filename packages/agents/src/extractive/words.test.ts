import { describe, expect, test } from '@jest/globals';
import { textTerms } from './words.js';

const termsOf = (title: string, categories: readonly string[] = []) =>
  textTerms({ title, brand: '', categories, description: '', imagePath: null });

describe('the terms of a text', () => {
  test('are its words once each, singular, without those that only hold sentences together', () => {
    expect(termsOf('The Shoes of the Runner: a shoe', ['Shoes'])).toEqual(['shoe', 'runner']);
  });

  test('hold years as their decade and the nearest multiple of five, so that near years share terms', () => {
    expect(termsOf('Heat (1995)', ['Crime'])).toEqual(['heat', '1995', '1990s', 'around1995', 'crime']);
    const shared = (a: number, b: number) => {
      const [one, other] = [a, b].map((year) => new Set(termsOf(`(${year})`)));
      return [...one].filter((term) => other.has(term));
    };
    expect(shared(1994, 1996)).toEqual(['1990s', 'around1995']);
    expect(shared(1999, 2001)).toEqual(['around2000']);
    expect(shared(1991, 1998)).toEqual(['1990s']);
    expect(shared(1975, 1995)).toEqual([]);
  });

  test('take no other number for a year', () => {
    expect(termsOf('Lamp 1500 lumen, 2700 kelvin, 19950 hours, 95')).toEqual([
      'lamp',
      '1500',
      'lumen',
      '2700',
      'kelvin',
      '19950',
      'hour',
    ]);
  });
});
