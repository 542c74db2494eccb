import { matrixRow } from '@agentmmrec/core';
import { hashingTextEncoder } from '@agentmmrec/encoders';
import { expect, test } from '@jest/globals';
import { writeTerms } from '../extractive/weightedText.js';
import { preferencePart, propertyPart, writtenPart } from '../llm/answerSchemas.js';
import { embedEntries } from './embedEntries.js';

const seen: string[] = [];
const encoder = {
  ...hashingTextEncoder(),
  async encode(texts: readonly string[]) {
    seen.push(...texts);
    return await hashingTextEncoder().encode(texts);
  },
};

test('what an entry says is encoded, and nothing of the form that all entries have', async () => {
  const evidence = 'P1';
  const preferences = [
    { trait: 'walnut shelves', strength: 'strong', evidence },
    { trait: 'brass handles', strength: 'weak', evidence },
  ] as const;
  const properties = [
    { trait: 'solid walnut', basis: 'stated', evidence },
    { trait: 'for small rooms', basis: 'inferred', evidence },
  ] as const;
  const liked = writtenPart(
    preferencePart({ summary: 'Strong wood and plain form.', preferences: [...preferences] }),
    {},
  );
  const like = writtenPart(propertyPart({ summary: 'A shelf.', properties: [...properties] }), {});
  expect(liked).toContain(' Strong: walnut shelves. Weak: brass handles.');
  expect(like).toContain(' Stated: solid walnut. Inferred: for small rooms.');
  const weighted = writeTerms([
    { term: 'walnut', strength: 0.5 },
    { term: 'brass', strength: 0.25 },
  ]);
  expect(weighted).toContain('●');
  const entries = [{ text: liked, visual: like, crossModal: weighted }];
  const rows = await embedEntries(entries, encoder, 'mean');
  expect(seen).toEqual([
    'Strong wood and plain form. walnut shelves. brass handles.',
    'A shelf. solid walnut. for small rooms.',
    'walnut walnut; brass',
  ]);
  expect(matrixRow(rows, 0).reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5);
});

test('an entry without parts has a zero row', async () => {
  const rows = await embedEntries([{ text: null, visual: null, crossModal: null }], encoder, 'mean');
  expect(matrixRow(rows, 0).every((value) => value === 0)).toBe(true);
});
