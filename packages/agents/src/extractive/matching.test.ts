import { describe, expect, test } from '@jest/globals';
import { rerankByMatch } from './matching.js';
import { writeTerms } from './weightedText.js';

const parts = (text: string | null) => ({ text, visual: null, crossModal: null });
/** Ten candidates of which those named have the term "walnut". */
const candidates = (...having: number[]) =>
  Array.from({ length: 10 }, (_, item) => ({
    item,
    properties: parts(writeTerms([{ term: having.includes(item) ? 'walnut' : 'felt', strength: 1 }])),
  }));
const liking = (strength: number) => parts(writeTerms([{ term: 'walnut', strength }]));
const base = Array.from({ length: 10 }, (_, item) => item);

describe('rerankByMatch', () => {
  test('leaves the order where nothing is known or nothing matches', () => {
    expect(rerankByMatch({ preferences: parts(null), candidates: candidates(3) })).toEqual(base);
    expect(rerankByMatch({ preferences: liking(1.5), candidates: candidates() })).toEqual(base);
    expect(rerankByMatch({ preferences: liking(1.5), candidates: candidates(...base) })).toEqual(base);
  });

  test('moves by as much as is known: weak evidence a place, strong evidence far', () => {
    const placeOf = (strength: number) =>
      rerankByMatch({ preferences: liking(strength), candidates: candidates(6) }).indexOf(6);
    expect([0.25, 0.75, 1.5].map(placeOf)).toEqual([5, 2, 0]);
  });

  test('counts text, image and both together, and keeps the base order of equals', () => {
    const words = writeTerms([{ term: 'blue', strength: 1.5 }]);
    const all = { text: words, visual: words, crossModal: words };
    const shown = candidates().map(({ item, properties }) => ({ item, properties: item === 8 ? all : properties }));
    expect(rerankByMatch({ preferences: all, candidates: shown })[0]).toBe(8);
    // A colour in the text is not the colour of the image.
    const preferences = { text: words, visual: null, crossModal: null };
    const looks = shown.map(({ item }) => ({ item, properties: { text: null, visual: words, crossModal: null } }));
    expect(rerankByMatch({ preferences, candidates: looks })).toEqual(base);
  });
});
