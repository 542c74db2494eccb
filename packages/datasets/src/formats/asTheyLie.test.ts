import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import { errorOf, folderOf, removeFolders } from '../testing/folders.js';
import { readRaw } from './readRaw.js';

afterAll(removeFolders);

const clicks = 'user,item,rating,timestamp\nann,tea pot,4,30\nbob,kettle,5,40\nann,kettle,2,50\n';
const goods = 'id,title,categories\nkettle,Kettle,Kitchen\ntea pot,Pot,Kitchen\n';
const wide = (text: string, swap: boolean) => {
  const bytes = Buffer.from(text, 'utf16le');
  return swap ? bytes.swap16() : bytes;
};

describe('the same table as other programs write it', () => {
  test.each<[string, string | Buffer, string | Buffer]>([
    ['line ends of Windows', clicks.replaceAll('\n', '\r\n'), goods.replaceAll('\n', '\r\n')],
    ['line ends of old spreadsheets', clicks.replaceAll('\n', '\r'), goods],
    ['UTF-16 with a mark', wide(`\ufeff${clicks}`, false), goods],
    ['UTF-16 with its bytes the other way', wide(`\ufeff${clicks}`, true), wide(`\ufeff${goods}`, true)],
    ['UTF-16 without a mark', wide(clicks, false), goods],
    ['semicolons', clicks.replaceAll(',', ';'), goods.replaceAll(',', ';')],
    ['bars', clicks.replaceAll(',', '|'), goods],
    ['tabs under the name of commas', clicks.replaceAll(',', '\t'), goods.replaceAll(',', '\t')],
    ['a note of its delimiter', `sep=;\n${clicks.replaceAll(',', ';')}`, goods],
    ['packed without saying so', gzipSync(clicks), gzipSync(goods)],
    ['blanks around ids', clicks.replaceAll(',', ' , ').replace('user , item', 'user,item'), goods],
    ['types behind the names', clicks.replace('user,item', 'user_id:token,item_id:token'), goods],
    ['an item twice as it stands', clicks, `${goods}kettle,Kettle,Kitchen\n`],
  ])('%s', async (_, interactions, items) => {
    const raw = await readRaw(folderOf({ 'interactions.csv': interactions, 'items.csv': items }));
    expect([raw.userIds, raw.itemIds]).toEqual([
      ['ann', 'bob'],
      ['tea pot', 'kettle'],
    ]);
    expect([raw.ratings, raw.timestamps]).toEqual([Float32Array.of(4, 5, 2), Float64Array.of(30, 40, 50)]);
    expect(raw.content?.map(({ title, categories }) => [title, categories])).toEqual([
      ['Pot', ['Kitchen']],
      ['Kettle', ['Kitchen']],
    ]);
  });

  test('an item twice with other words is refused, and what tools write for nothing is nothing', async () => {
    const other = folderOf({ 'interactions.csv': clicks, 'items.csv': `${goods}kettle,Boiler,Kitchen\n` });
    expect((await errorOf(() => readRaw(other))).message).toMatch(/item "kettle" again.*or the same of it/);
    const items = ['nan', "['Tea', None]", 'NULL'].map((cell, n) => `${['kettle', 'tea pot', 'cup'][n]},T,"${cell}"\n`);
    const raw = await readRaw(
      folderOf({ 'interactions.csv': clicks, 'items.csv': `id,title,categories\n${items.join('')}` }),
    );
    expect(raw.content?.map(({ categories }) => categories)).toEqual([['Tea'], [], []]);
  });

  test('what nests without end is a text in a cell, and no record of JSON', async () => {
    const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
    const inCell = folderOf({ 'interactions.csv': clicks, 'items.csv': `id,title,categories\nkettle,K,"${deep}"\n` });
    expect((await readRaw(inCell)).itemIds).toEqual(['tea pot', 'kettle']);
    const record = `{"id":"kettle","title":"K","categories":${deep}}\n`;
    const inRecord = folderOf({ 'interactions.csv': clicks, 'items.jsonl': record });
    expect((await errorOf(() => readRaw(inRecord))).message).toMatch(/items.jsonl line 1: got a line that is not JSON/);
  });

  test('whole numbers that a tool wrote with a point are pointed out', async () => {
    const raw = await readRaw(
      folderOf({ 'interactions.csv': 'user,item\nann,7.0\n', 'items.csv': 'id,title\n7,Pot\n' }),
    );
    expect(raw.remarks).toContain(
      '1 items with interactions are not in items.csv: "7.0" is "7" there, write ids as whole numbers',
    );
  });

  test('NaN of Python in JSON is nothing, and stays where a text holds it', async () => {
    const items = '{"id": "kettle", "title": "NaN, a \\"NaN\\" band", "brand": NaN, "description": -Infinity}\n';
    const raw = await readRaw(folderOf({ 'interactions.csv': clicks, 'items.jsonl': items }));
    expect(raw.content?.[1]).toMatchObject({ title: 'NaN, a "NaN" band', brand: '', description: '' });
  });

  test.each([
    ['track_id', 'member', 'track_name', 'artist'],
    ['StockCode', 'Customer Unique ID', 'label', 'publisher'],
    ['sid', 'uid', 'Book-Title', 'Book-Author'],
  ])('columns called %s, %s, %s, %s', async (item, user, title, brand) => {
    const raw = await readRaw(
      folderOf({
        'interactions.csv': `${user},${item}\nann,i1\n`,
        'items.csv': `${item === 'sid' ? 'isbn' : item},${title},${brand}\ni1,Words,Maker\n`,
      }),
    );
    expect(raw.content?.[0]).toMatchObject({ title: 'Words', brand: 'Maker' });
  });
});

describe('what is no file', () => {
  test.each<[string, RegExp, (path: string) => void]>([
    ['a pipe', /got a pipe, expected a file/, (path) => execFileSync('mkfifo', [path])],
    ['a device', /got a device, expected a file/, (path) => symlinkSync('/dev/zero', path)],
    ['a folder', /got a folder, expected a file/, (path) => mkdirSync(path)],
    ['a link to itself', /got a link that leads back to itself/, (path) => symlinkSync(path, path)],
  ])('%s is refused and never waited for', async (_, sentence, make) => {
    for (const ending of ['csv', 'jsonl', 'parquet', 'arrow']) {
      const folder = folderOf({ 'items.csv': goods });
      make(join(folder, `interactions.${ending}`));
      const error = await errorOf(() => readRaw(folder));
      expect([error.kind, error.message]).toEqual(['input', expect.stringMatching(sentence)]);
    }
  });

  test('an archive that was unpacked into a folder of its own is pointed to', async () => {
    const folder = folderOf({ 'interactions.csv': clicks });
    const outer = folderOf({});
    renameSync(folder, join(outer, 'unpacked'));
    expect((await errorOf(() => readRaw(outer))).message).toMatch(/perhaps .*unpacked, or its files/);
  });
});

describe('Amazon 2023', () => {
  const header = 'user_id,parent_asin,rating,timestamp';
  const rows = (n: number) => `A1,B00000000${n},5.0,159300${n}000000\nA2,B00000000${n},3.0,1593001000000\n`;

  test('ratings with their header', async () => {
    const raw = await readRaw(folderOf({ 'Music.csv': `${header}\n${rows(1)}` }));
    expect([raw.format, raw.name, raw.userIds, raw.itemIds]).toEqual(['amazon', 'Music', ['A1', 'A2'], ['B000000001']]);
  });

  test('the three parts that the collection splits into, with the items before', async () => {
    const parts = { 'Music.train.csv': 1, 'Music.valid.csv': 2, 'Music.test.csv': 3 };
    const history = (text: string) => text.replaceAll('000\n', '000,B1 B2\n');
    const files = Object.entries(parts).map(([name, n]) => [name, `${header},history\n${history(rows(n))}`]);
    const raw = await readRaw(folderOf(Object.fromEntries(files)));
    expect([raw.name, raw.labels]).toEqual(['Music', Uint8Array.of(0, 0, 1, 1, 2, 2)]);
    const some = folderOf({ 'Music.train.csv': `${header}\n${rows(1)}` });
    expect((await errorOf(() => readRaw(some))).message).toMatch(/one file each of train, valid and test/);
  });

  test('details and categories that a table holds as texts', async () => {
    const review = { rating: 5, parent_asin: 'B000000001', user_id: 'A1', timestamp: 1 };
    const item = { parent_asin: 'B000000001', title: null, details: '{"Brand": "Ox"}', categories: '["Tea", "Pots"]' };
    const raw = await readRaw(
      folderOf({ 'Music.jsonl': `${JSON.stringify(review)}\n`, 'meta_Music.jsonl': `${JSON.stringify(item)}\n` }),
    );
    const { content } = (await raw.readItems?.(raw.itemIds)) ?? { content: null };
    expect(content?.[0]).toMatchObject({ title: '', brand: 'Ox', categories: ['Tea', 'Pots'] });
  });
});
