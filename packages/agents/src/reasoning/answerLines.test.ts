import { expect, test } from '@jest/globals';
import { answerLines } from './answerLines.js';

const good = {
  task: 'property-text',
  accepted: 40,
  repaired: 2,
  refused: { 'cut off': 3, 'not JSON': 1 },
  groundedShare: 0.9,
  distinctShare: 1,
  meanCharacters: 420,
};

test('a task is one line, and a model that is not fit for it is told', () => {
  expect(answerLines([good], 'default')).toEqual([
    'answers to property-text: 40 accepted, 2 of them repaired, 4 refused (cut off 3; not JSON 1), 90 % grounded, 100 % distinct, 420 characters',
  ]);
  const unfit = (change: object) => answerLines([{ ...good, ...change }], 'brief').at(-1);
  expect(unfit({ refused: { empty: 41 } })).toBe(
    'the model is not fit for property-text: 41 of 81 answers could not be used',
  );
  expect(unfit({ distinctShare: 0.2 })).toContain('not fit for property-text: it says the same');
  expect(unfit({ groundedShare: 0.2 })).toContain('not fit for property-text: most names and numbers');
  expect(answerLines([{ ...good, accepted: 2, refused: { empty: 6 } }], 'default')).toHaveLength(1);
  expect(answerLines([{ ...good, distinctShare: 0.2 }], 'default').at(-1)).toContain('--prompt-family brief');
});
