import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeArrowFile } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Decimal, Field, List, Table, Utf8, vectorFromArray } from 'apache-arrow';
import { textColumn } from '../files/arrowColumns.js';
import type { ColumnChoice } from '../files/columns.js';
import { openDuckDb, sqlText } from '../files/duckDb.js';
import { errorOf, folderOf, newFolder, options, removeFolders } from '../testing/folders.js';
import { readParts } from '../testing/readParts.js';
import { readRaw } from './readRaw.js';

afterAll(removeFolders);

const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const pairs = [
  { user: 'u1', item: 'a', rating: 5, timestamp: 3 },
  { user: 'u2', item: 'b', rating: 1, timestamp: 2 },
];
const clicks = 'user,item\nu1,a\nu2,b\n';
const first = async (files: Parameters<typeof folderOf>[0], columns?: ColumnChoice) => {
  const raw = await readRaw(folderOf(files), 'auto', columns);
  return { ...raw, item: raw.content?.[0] };
};

describe('interactions and items as JSON', () => {
  test.each<[string, string, string | Buffer]>([
    ['lines', 'interactions.jsonl', lines(pairs)],
    ['packed lines', 'interactions.jsonl.gz', gzipSync(lines(pairs))],
    ['lines under another ending', 'interactions.ndjson', `\ufeff${lines(pairs)}\n`],
    ['lines under a third ending', 'interactions.json', lines(pairs)],
    ['a list', 'interactions.json', JSON.stringify(pairs, null, 2)],
  ])('%s', async (_, name, content) => {
    const raw = await readRaw(folderOf({ [name]: content, 'items.json': lines([{ id: 'b', title: 'Mug' }]) }));
    expect([raw.format, raw.userIds, raw.itemIds]).toEqual(['table', ['u1', 'u2'], ['a', 'b']]);
    expect([raw.ratings, raw.timestamps]).toEqual([Float32Array.of(5, 1), Float64Array.of(3, 2)]);
    expect(raw.content?.[1].title).toBe('Mug');
  });

  test('files of other names, alone and together', async () => {
    const folder = folderOf({ 'clicks.jsonl': lines(pairs), 'goods.ndjson': lines([{ sku: 'a', name: 'Mug' }]) });
    const both = await readRaw(`${join(folder, 'clicks.jsonl')},${join(folder, 'goods.ndjson')}`);
    expect([both.name, both.content?.[0].title]).toEqual(['clicks', 'Mug']);
    expect((await readRaw(join(folder, 'clicks.jsonl'))).userIds).toEqual(['u1', 'u2']);
  });

  test('a rating for some interactions only, and ids that lose digits, are refused', async () => {
    const some = await errorOf(() =>
      readRaw(folderOf({ 'interactions.jsonl': lines([pairs[0], { user: 'u', item: 'x' }]) })),
    );
    expect(some.message).toMatch(/line 2, rating: got nothing, while the first has it/);
    const large = '{"user": 9007199254740993, "item": 1}\n';
    expect((await errorOf(() => readRaw(folderOf({ 'interactions.jsonl': large })))).message).toMatch(
      /not exact.*in quotes/,
    );
  });
});

describe('columns under the names of others', () => {
  test('a shop', async () => {
    const { item, imageUrls, remarks } = await first({
      'interactions.csv': 'Customer ID,Product-Id,stars,event_time,device\nu1,a,4,2024-01-02 03:04:05,phone\n',
      'items.csv':
        'sku,name,category_name,image_url,Manufacturer,price\na,Mug,Home > Kitchen,https://x.example/a.jpg,Ox,3\n',
    });
    expect(item).toEqual({
      title: 'Mug',
      brand: 'Ox',
      categories: ['Home', 'Kitchen'],
      description: '',
      imagePath: null,
    });
    expect(imageUrls).toEqual(['https://x.example/a.jpg']);
    expect(remarks).toEqual(
      expect.arrayContaining([
        'column "device" of interactions.csv is not used',
        'column "price" of items.csv is not used',
      ]),
    );
  });

  test.each([
    ['reviewerID', 'asin', 'overall', 'unixReviewTime'],
    ['user_id', 'parent_asin', 'rating', 'timestamp'],
    ['userId', 'movieId', 'rating', 'timestamp'],
    ['uid', 'iid', 'score', 'ts'],
  ])('%s, %s', async (...names) => {
    const raw = await readRaw(folderOf({ 'interactions.csv': `${names.join()}\nu1,a,4,77\n` }));
    expect([raw.userIds, raw.itemIds, raw.ratings, raw.timestamps]).toEqual([
      ['u1'],
      ['a'],
      Float32Array.of(4),
      Float64Array.of(77),
    ]);
  });

  test('a variant beside its parent: the parent is the item; other rivals are asked about', async () => {
    const raw = await readRaw(folderOf({ 'interactions.csv': 'user,asin,parent_asin\nu1,v,p\n' }));
    expect([raw.itemIds, raw.remarks]).toEqual([
      ['p'],
      expect.arrayContaining(['column "asin" of interactions.csv is not used']),
    ]);
    const error = await errorOf(() => readRaw(folderOf({ 'interactions.csv': 'user,sku,product_id\nu1,v,p\n' })));
    expect(error.message).toContain('--columns item=product_id');
  });

  test('said by the caller: names, places without a header, and left out', async () => {
    const named = {
      'interactions.csv': 'kunde,ware,date\nu1,a,99/99/99\n',
      'items.csv': 'ware,bezeichnung\na,Becher\n',
    };
    const { userIds, item, timestamps } = await first(named, {
      ...{ user: 'kunde', item: 'ware', timestamp: null, id: 'ware', title: 'bezeichnung' },
    });
    expect([userIds, item?.title, timestamps]).toEqual([['u1'], 'Becher', null]);
    const bare = await first({ 'interactions.tsv': '7\ta\tu1\n8\tb\tu2\n' }, { user: '3', item: '2', timestamp: '1' });
    expect([bare.userIds, bare.itemIds, bare.timestamps]).toEqual([['u1', 'u2'], ['a', 'b'], Float64Array.of(7, 8)]);
  });

  test('a name that is not there or not ours, and data that is no table, are refused', async () => {
    const folder = folderOf({ 'interactions.csv': clicks });
    const read = (columns: Record<string, string>) => errorOf(() => readParts(folder, options({ columns, kCore: 0 })));
    expect((await read({ user: 'kunde' })).message).toContain('expected a column "user" (asked for as "kunde")');
    expect((await read({ titles: 'x' })).message).toContain('did you mean "title"?');
    const inter = folderOf({ 'a.inter': 'userID\titemID\n0\t0\n' });
    expect((await errorOf(() => readRaw(inter, 'auto', { user: 'x' }))).message).toContain('whose columns are known');
  });

  test('a list without any words is remarked on', async () => {
    const { remarks } = await first({ 'interactions.csv': clicks, 'items.csv': 'id,bezeichnung\na,Becher\n' });
    expect(remarks).toEqual(
      expect.arrayContaining([
        'column "bezeichnung" of items.csv is not used',
        expect.stringContaining('no item of items.csv has any words'),
      ]),
    );
  });
});

describe('cells', () => {
  test.each<[string, string[]]>([
    ["['Home', 'Kitchen']", ['Home', 'Kitchen']],
    ['["Home","Pots & Pans"]', ['Home', 'Pots & Pans']],
    ["[['Home', 'Kitchen'], ['Other']]", ['Home', 'Kitchen']],
    ["['Home' 'Kitchen']", ['Home', 'Kitchen']],
    ["'Home', 'Kitchen, Bath'", ['Home', 'Kitchen, Bath']],
    ['[Home, Kitchen]', ['Home', 'Kitchen']],
    ['Home|Kitchen', ['Home', 'Kitchen']],
    ['Home > Kitchen', ['Home', 'Kitchen']],
    ['Home, Kitchen', ['Home, Kitchen']],
    ['[]', []],
  ])('categories written as %s', async (text, expected) => {
    const quoted = `"${text.replaceAll('"', '""')}"`;
    const { item } = await first({ 'interactions.csv': clicks, 'items.csv': `id,categories\na,${quoted}\n` });
    expect(item?.categories).toEqual(expected);
  });

  test('quoted fields of a tab-separated table', async () => {
    const items = [
      'id\ttitle\tdescription',
      'a\t"12"" pan"\t"with a\ttab"',
      'b\t"Best" pan\t"two\nlines"',
      'c\t7" pan\t"left open',
    ].join('\n');
    const raw = await readRaw(
      folderOf({ 'interactions.tsv': 'user\titem\nu\ta\nu\tb\nu\tc\n', 'items.tsv': `${items}\n` }),
    );
    expect(raw.content?.map(({ title, description }) => [title, description])).toEqual([
      ['12" pan', 'with a\ttab'],
      ['"Best" pan', 'two\nlines'],
      ['7" pan', '"left open'],
    ]);
    expect(raw.remarks).toContain('3 fields of items.tsv stood in quotes and were read without them');
  });

  test('quotes inside a plain field of a comma-separated table neither hang nor swallow what follows', async () => {
    const { item, content } = await first({
      'interactions.csv': clicks,
      'items.csv': 'id,title\na,7" pan\nb,"x ""y"""\n',
    });
    expect([item?.title, content?.[1].title]).toEqual(['7" pan', 'x "y"']);
    const open = await errorOf(() => readRaw(folderOf({ 'interactions.csv': 'user,item\nx"y,"a""\n' })));
    expect(open.message).toContain('a quote that is not closed');
  });

  test('lists of lists and decimals of Arrow and Parquet are read as JSON has them', async () => {
    const folder = newFolder();
    const path = new List(new Field('item', new List(new Field('item', new Utf8())), true));
    const rating = vectorFromArray([Uint32Array.of(450, 0, 0, 0)], new Decimal(2, 10, 128));
    writeArrowFile(
      join(folder, 'interactions.arrow'),
      new Table({ user: textColumn(['u']), item: textColumn(['a']), rating }),
    );
    writeArrowFile(
      join(folder, 'items.arrow'),
      new Table({ id: textColumn(['a']), categories: vectorFromArray([[['Home', 'Pots, Pans'], ['Other']]], path) }),
    );
    const parquet = newFolder();
    const { connection, close } = await openDuckDb();
    const copy = (query: string, name: string) =>
      connection.run(`COPY (${query}) TO ${sqlText(join(parquet, name))} (FORMAT parquet)`);
    await copy("SELECT 'u' AS \"user\", 'a' AS item, 4.50::DECIMAL(10, 2) AS rating", 'interactions.parquet');
    await copy("SELECT 'a' AS id, [['Home', 'Pots, Pans'], ['Other']] AS categories", 'items.parquet');
    close();
    const json = folderOf({
      'interactions.jsonl': lines([{ user: 'u', item: 'a', rating: 4.5 }]),
      'items.jsonl': lines([{ id: 'a', categories: [['Home', 'Pots, Pans'], ['Other']] }]),
    });
    for (const from of [folder, parquet, json]) {
      const raw = await readRaw(from);
      expect([raw.ratings, raw.content?.[0].categories]).toEqual([Float32Array.of(4.5), ['Home', 'Pots, Pans']]);
    }
  });

  test('marks, control characters and page code at the border', async () => {
    const { itemIds, item, remarks } = await first({
      'interactions.jsonl': lines([{ user: '\ufeffu', item: '\ufeffa' }]),
      'items.jsonl': lines([
        {
          id: 'a',
          title: '\ufeff\n .box{color:#fff}#buy .on{x:1}  Real \u202eTitle\u001b[2J',
          brand: 'Caf&eacute; &amp;amp; Co &#146;s',
          description: ['One', 'Two'],
        },
      ]),
    });
    expect(itemIds).toEqual(['a']);
    expect(item).toMatchObject({ title: 'Real Title', brand: 'Café & Co ’s', description: 'One Two' });
    expect(remarks).toEqual(
      expect.arrayContaining([
        'HTML was removed from the words of 1 items',
        'code of web pages was removed from the titles of 1 items',
      ]),
    );
  });
});
