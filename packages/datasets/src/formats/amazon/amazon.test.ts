import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import { errorOf, folderOf, options, removeFolders } from '../../testing/folders.js';
import { readParts } from '../../testing/readParts.js';
import { readRaw } from '../readRaw.js';

afterAll(removeFolders);

const lines = (values: readonly object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const reviews = ['A1', 'A2'].flatMap((reviewerID) =>
  ['B000000001', 'B000000002', 'B000000003'].map((asin) => ({ reviewerID, asin, overall: 4, unixReviewTime: 5 })),
);
const of2018 = lines(reviews);
const of2023 = lines(
  reviews.map((r) => ({ user_id: r.reviewerID, parent_asin: r.asin, asin: 'x', rating: 4, timestamp: 5 })),
);
const read = (files: Parameters<typeof folderOf>[0], columns?: Record<string, string>) =>
  readParts(folderOf(files), options({ kCore: 0, ...(columns && { columns }) }));
const described = async (item: object, more: object[] = []) => {
  const metadata = lines([{ asin: 'B000000001', ...item }, ...more]);
  const parts = await read({ 'Toys_5.json.gz': gzipSync(of2018), 'meta_Toys.json.gz': gzipSync(metadata) });
  const at = parts.itemIds.indexOf('B000000001');
  return { words: parts.content?.[at], url: parts.imageUrls?.[at], remarks: parts.report.remarks };
};

describe('the spellings of the files', () => {
  test.each<[string, Record<string, string | Buffer>]>([
    ['the 5-core of 2018', { 'Toys_5.json.gz': gzipSync(of2018) }],
    ['all reviews of 2018', { 'Toys.json.gz': gzipSync(of2018) }],
    ['unpacked', { 'Toys_5.json': of2018, 'meta_Toys.json': lines([{ asin: 'B000000001', title: 'Mug' }]) }],
    ['all, unpacked', { 'Toys.json': of2018, 'notes.json': '{"my": "notes"}' }],
    ['2023', { 'Toys.jsonl': of2023, 'meta_Toys.jsonl': lines([{ parent_asin: 'B000000001' }]) }],
  ])('%s', async (_, files) => {
    const parts = await read(files);
    expect([parts.name, parts.userIds.length, parts.itemIds.length]).toEqual(['Toys', 2, 3]);
  });

  test('ratings alone: 2014 by its name, the order of others is asked for', async () => {
    const of2018Rows = reviews.map((r) => `${r.asin},${r.reviewerID},4.0,1500000000\n`).join('');
    for (const name of ['Toys.csv', 'ratings_Toys.csv']) {
      const error = await errorOf(() => readRaw(folderOf({ [name]: of2018Rows })));
      expect([error.kind, error.message]).toEqual(['input', expect.stringContaining('--columns item=1,user=2')]);
      const parts = await read({ [name]: of2018Rows }, { item: '1', user: '2', rating: '3', timestamp: '4' });
      expect([parts.name, parts.userIds, parts.itemIds.length]).toEqual(['Toys', ['A1', 'A2'], 3]);
    }
    expect((await read({ 'ratings_Toys.csv': 'A1,B000000001,4.0,1500000000\n' })).userIds).toEqual(['A1']);
    const half = await errorOf(() => read({ 'Toys.csv': of2018Rows }, { item: '1', user: '2' }));
    expect(half.message).toContain('a place from 1 to 4 for each');
  });
});

describe('what is said of an item', () => {
  test('bullet points, details and the main category stand in for what is missing', async () => {
    const { words } = await described({
      ...{ title: 'Soap', description: [], features: ['Smells.', 'Foams.'], categories: [] },
      ...{ main_category: 'All Beauty', store: null, details: { Brand: 'Sud' } },
    });
    expect(words).toEqual({
      ...{ title: 'Soap', brand: 'Sud', categories: ['All Beauty'], description: 'Smells. Foams.', imagePath: null },
    });
  });

  test('code of the page and what the crawler took along', async () => {
    const { words, remarks } = await described({
      title: 'var aPageStart = (new Date()).getTime(); var x = 1;',
      brand: '\n    by\n    \n    Brand X',
      category: ['Toys', '</span></span>'],
      description: ['', '<p>Soft</p>'],
    });
    expect(words).toMatchObject({ title: '', brand: 'Brand X', categories: ['Toys'], description: 'Soft' });
    expect(remarks).toContain('code of web pages was removed from the titles of 1 items');
  });

  test.each<[string, object, string]>([
    ['a text', { imageURL: 'http://x.example/1.jpg' }, 'http://x.example/1.jpg'],
    [
      'a large text before a small list',
      { imageURL: ['http://x.example/s.jpg'], imageURLHighRes: 'http://x.example/h.jpg' },
      'http://x.example/h.jpg',
    ],
    ['image', { image: ['https://x.example/2.jpg'] }, 'https://x.example/2.jpg'],
    [
      'images',
      {
        images: [
          { large: 'http://x.example/a.jpg', variant: 'PT01' },
          { hi_res: null, large: 'http://x.example/m.jpg', variant: 'MAIN' },
        ],
      },
      'http://x.example/m.jpg',
    ],
    [
      'lists by size',
      {
        images: {
          hi_res: [null, 'http://x.example/h.jpg'],
          large: ['http://x.example/l.jpg', 'http://x.example/m.jpg'],
          variant: ['PT01', 'MAIN'],
        },
      },
      'http://x.example/h.jpg',
    ],
  ])('the address of its image: %s', async (_, item, expected) => {
    expect((await described(item)).url).toBe(expected);
  });
});
