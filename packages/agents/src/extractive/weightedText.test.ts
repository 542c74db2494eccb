import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { legibleTerms, readTerms, writeTerms } from './weightedText.js';

describe('weighted terms', () => {
  test('are written strongest first, as often as they are strong', () => {
    const text = writeTerms([
      { term: 'striped', strength: 0.25 },
      { term: 'walnut', strength: 0.8 },
      { term: 'noise', strength: 0 },
      { term: 'blue cotton', strength: 0.5 },
    ]);
    expect(text).toBe('walnut walnut walnut ●●●○○○○; blue cotton blue cotton ●●○○○○○; striped ●○○○○○○');
  });

  test('are read back as written, also pairs and terms of one repetition', () => {
    const term = fc.stringMatching(/^[a-z]{2,8}( [a-z]{2,8})?$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(term, fc.integer({ min: 1, max: 7 })), { selector: ([t]) => t, maxLength: 8 }),
        (terms) => {
          const text = writeTerms(terms.map(([name, repetitions]) => ({ term: name, strength: repetitions * 0.25 })));
          expect(readTerms(text)).toEqual(
            new Map(terms.toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name, n]) => [name, n * 0.25])),
          );
        },
      ),
    );
  });

  test('are read by people once each, and other texts as they stand', () => {
    const written = 'walnut walnut walnut ●●●○○○○; blue cotton blue cotton ●●○○○○○; striped ●○○○○○○';
    expect(legibleTerms(written)).toBe('walnut ●●●○○○○; blue cotton ●●○○○○○; striped ●○○○○○○');
    for (const other of ['Likes very very blue; and red', 'a b ●●○○○○○', 'rated ●●●', '']) {
      expect(legibleTerms(other)).toBe(other);
    }
  });

  test('of foreign text are its words with their counts', () => {
    expect(readTerms('Likes blue, deep blue shoes.')).toEqual(
      new Map([
        ['likes', 0.25],
        ['blue', 0.5],
        ['deep', 0.25],
        ['shoes', 0.25],
      ]),
    );
  });

  test('stay within what a text encoder reads', () => {
    const terms = Array.from({ length: 300 }, (_, n) => ({ term: `word${n}`, strength: 1 }));
    expect(
      writeTerms(terms)
        .split(/[^a-z0-9]+/)
        .filter(Boolean).length,
    ).toBeLessThanOrEqual(110);
  });
});

test('groups of image features are named in words for people', () => {
  expect(legibleTerms('look16n3 look16n3 ●●○○○○○; overlook ●○○○○○○')).toBe('look 4 of 16 ●●○○○○○; overlook ●○○○○○○');
});
