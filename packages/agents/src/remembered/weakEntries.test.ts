import { expect, test } from '@jest/globals';
import { weaknessesOf } from './weakEntries.js';

const provenance = { reasoner: 'ollama small', groundedShare: 1 } as Parameters<typeof weaknessesOf>[0]['provenance'];
const sound = 'Likes sturdy mugs of plain looks by Acme, for the kitchen and for days outside.';

test('a sound entry has no weakness; debris of earlier versions has one each, those of no model have none', () => {
  const parts = { text: sound, visual: null, crossModal: sound };
  expect(weaknessesOf({ parts, provenance })).toEqual([]);
  const debris = {
    text: '{{description}}, no need to add}',
    visual: 'mug mug mug mug mug mug mug mug mug mug mug',
    crossModal: sound,
  };
  expect(weaknessesOf({ parts: debris, provenance })).toEqual([
    'text: it has marks of a template or prompt in place of words',
    'visual: it repeats a word',
  ]);
  expect(
    weaknessesOf({ parts: { ...debris, text: 'mug; tray' }, provenance: { ...provenance, reasoner: 'extractive' } }),
  ).toEqual([]);
});

test('less than half of the names and numbers shown is weak, half is not', () => {
  const parts = { text: sound, visual: null, crossModal: null };
  const share = (groundedShare: number) => weaknessesOf({ parts, provenance: { ...provenance, groundedShare } });
  expect(share(0.5)).toEqual([]);
  expect(share(0.49)).toEqual(['49 % of its names and numbers stand in what was shown']);
});
