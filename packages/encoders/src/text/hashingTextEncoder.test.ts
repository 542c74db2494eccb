import { matrixRow } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashingTextEncoder, wordsOf } from './hashingTextEncoder.js';

const encoder = hashingTextEncoder();

async function cosine(a: string, b: string): Promise<number> {
  const rows = await encoder.encode([a, b]);
  return matrixRow(rows, 0).reduce((sum, value, n) => sum + value * matrixRow(rows, 1)[n], 0);
}

describe('hashingTextEncoder', () => {
  test('gives unit rows of its width, zero for a text without words', async () => {
    const rows = await encoder.encode(['a mug', '', '?!', 'Ångström 北京 42']);
    expect([rows.rows, rows.cols, encoder.width]).toEqual([4, 384, 384]);
    const norms = [0, 1, 2, 3].map((row) => Math.hypot(...matrixRow(rows, row)));
    expect(norms[0]).toBeCloseTo(1, 6);
    expect(norms[3]).toBeCloseTo(1, 6);
    expect([norms[1], norms[2]]).toEqual([0, 0]);
  });

  test('pins its values: a change of the hash or the weights must raise the version', async () => {
    const { data } = await encoder.encode(['blue mug']);
    const largest = Array.from(data.keys())
      .sort((a, b) => Math.abs(data[b]) - Math.abs(data[a]) || a - b)
      .slice(0, 2);
    expect(largest.map((at) => [at, Number(data[at].toFixed(4))])).toMatchInlineSnapshot(`
[
  [
    223,
    -0.6404,
  ],
  [
    377,
    -0.6404,
  ],
]
`);
  });

  test('a text has one vector, whatever it stands with', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 5 }), async (texts) => {
        const together = await encoder.encode(texts);
        for (let row = 0; row < texts.length; row++) {
          const alone = await encoder.encode([texts[row]]);
          expect([...alone.data]).toEqual([...matrixRow(together, row)]);
          const norm = Math.hypot(...alone.data);
          expect(norm === 0 || Math.abs(norm - 1) < 1e-5).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('shared words, inflections and case bring texts together', async () => {
    expect(await cosine('Blue MUG', 'blue mug')).toBeCloseTo(1, 6);
    const same = await cosine('walnut lamp by Alderwick', 'a lamp of walnut, Alderwick');
    const inflected = await cosine('ceramic mug', 'ceramics mugs');
    const other = await cosine('walnut lamp by Alderwick', 'red cotton shirt');
    expect(same).toBeGreaterThan(0.5);
    expect(inflected).toBeGreaterThan(0.1);
    expect(Math.abs(other)).toBeLessThan(0.2);
  });

  test('repetition raises a word, but less each time', async () => {
    const once = await cosine('walnut lamp', 'walnut');
    const often = await cosine('walnut walnut walnut walnut lamp', 'walnut');
    expect(often).toBeGreaterThan(once);
    expect(often).toBeLessThan(0.99);
  });

  test('unrelated texts are near zero on average: signs cancel collisions', async () => {
    const texts = Array.from({ length: 60 }, (_, n) => `${(n * 7919).toString(36)}x ${(n * 104729).toString(36)}y`);
    const rows = await encoder.encode(texts);
    let sum = 0;
    for (let n = 1; n < texts.length; n++) {
      sum += matrixRow(rows, n).reduce((total, value, at) => total + value * matrixRow(rows, n - 1)[at], 0);
    }
    expect(Math.abs(sum / (texts.length - 1))).toBeLessThan(0.05);
  });

  test('the digest tells widths apart', () => {
    expect(hashingTextEncoder({ width: 64 }).digest).not.toBe(encoder.digest);
    expect(hashingTextEncoder().digest).toBe(encoder.digest);
  });
});

test('wordsOf takes letters and digits of any script, in lower case', () => {
  expect(wordsOf('The Café—No. 5, ﬁne "naïve" 北京!')).toEqual(['the', 'café', 'no', '5', 'fine', 'naïve', '北京']);
  expect(wordsOf('... !')).toEqual([]);
});
