import { matrix, RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { shows } from '../reasoning/modality.js';
import { tinyShop } from '../testing/tinyShop.js';
import { indexCatalog } from './catalogIndex.js';
import { lookWords, withLookWords } from './lookWords.js';

const device = openDevice('cpu', { threads: 1 });

/** Rows around `centres` directions, 20 of each in turn; row 0 is zero. */
function table(centres: number, cols: number) {
  const stream = new RandomStreams(4).stream('rows');
  const centre = Array.from({ length: centres }, () => Array.from({ length: cols }, () => stream.normal()));
  const rows = centres * 20;
  const values = Array.from({ length: rows }, (_, r) =>
    centre[r % centres].map((value) => (r === 0 ? 0 : value + 0.02 * stream.normal())),
  );
  return matrix(rows, cols, Float32Array.from(values.flat()));
}

describe('visual words of feature vectors', () => {
  test.each([8, 300])('rows of %s columns that look alike share every word, others share few', (cols) => {
    const words = lookWords(table(16, cols), device);
    expect(words[0]).toEqual([]);
    expect(words[1].map((word) => word.replace(/n\d+$/, ''))).toEqual(['look16', 'look64']); // 320 rows are too few for 256
    const share = (a: number, b: number) => words[a].filter((word) => words[b].includes(word)).length;
    let [alike, other] = [0, 0];
    for (let r = 17; r < 160; r++) {
      alike += Math.min(1, share(r, r + 16));
      other += share(r, r + 1);
    }
    expect(alike).toBeGreaterThan(135);
    expect(other).toBeLessThan(60);
    expect(lookWords(table(16, cols), device)).toEqual(words);
  });

  test('stand for pictures where a reasoner matches words and there are none, and nowhere else', async () => {
    const shop = tinyShop([[0, 1]], 320);
    const image = { modality: 'image', matrix: table(16, 8), synthetic: false };
    const bare = { ...shop, content: null, features: [image] };
    const matching = { matchesLookWords: true };
    const made = withLookWords(bare, matching, device);
    expect(made.content?.map((item) => shows(item, 'visual')).filter((shown) => !shown)).toHaveLength(1); // the zero row
    expect(made.content?.some((item) => shows(item, 'text') || shows(item, 'multimodal'))).toBe(false);
    const texts = shop.content?.map((item) => ({ ...item, imagePath: null })) ?? [];
    const written = withLookWords({ ...bare, content: texts }, matching, device);
    expect(written.content?.[1]).toMatchObject({ title: 'thing 1', lookWords: made.content?.[1].lookWords });
    expect(shows(written.content?.[1] ?? texts[1], 'multimodal')).toBe(true);
    for (const data of [
      { ...bare, content: shop.content },
      { ...bare, features: [] },
    ]) {
      expect(withLookWords(data, matching, device)).toBe(data);
    }
    expect(withLookWords({ ...bare, features: [{ ...image, synthetic: true }] }, matching, device).content).toBeNull();
    expect(withLookWords(bare, {}, device)).toBe(bare);
    const never = () => Promise.reject(new Error('there is no picture'));
    const { visual } = await indexCatalog(made.content ?? [], made.train, never, new Map());
    expect(Array.from(visual.itemTerms[1], (term) => visual.terms[term])).toEqual(made.content?.[1].lookWords);
  });
});
