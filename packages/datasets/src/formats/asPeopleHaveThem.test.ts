import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Binary, Field, List, Struct, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { openDuckDb, sqlText } from '../files/duckDb.js';
import { errorOf, folderOf, newFolder, removeFolders } from '../testing/folders.js';
import { readRaw } from './readRaw.js';

afterAll(removeFolders);

const clicks = 'user,item\nann,i1\nbob,i2\n';
const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
/** What is read of the first item of `items.csv`. */
async function itemOf(header: string, row: string) {
  const raw = await readRaw(folderOf({ 'interactions.csv': clicks, 'items.csv': `${header}\n${row}\n` }));
  return { ...raw.content?.[0], url: raw.imageUrls?.[0] ?? null, remarks: raw.remarks };
}

describe('tables under the names of shops', () => {
  test('exports of a shop, a feed and a book exchange', async () => {
    const shop = await itemOf(
      'Handle,Title,Body (HTML),Vendor,Image Src',
      'i1,Shirt,<p>Soft <b>cotton</b></p>,Acme,https://shop.example/1.jpg',
    );
    expect(shop).toMatchObject({ title: 'Shirt', brand: 'Acme', description: 'Soft cotton' });
    expect(shop.url).toBe('https://shop.example/1.jpg');
    const feed = await itemOf('id,title,image_link,product_type', 'i1,Pan,https://shop.example/2.jpg,Home &gt; Pans');
    expect([feed.categories, feed.url]).toEqual([['Home', 'Pans'], 'https://shop.example/2.jpg']);
    const raw = await readRaw(
      folderOf({
        'interactions.csv': 'User-ID;ISBN;Book-Rating\n7;"0X";"8"\n',
        'items.csv': 'ISBN;Book-Title\n0X;Emma\n',
      }),
    );
    expect([raw.ratings, raw.content?.[0].title]).toEqual([Float32Array.of(8), 'Emma']);
  });

  test('orders by mail address and codes, books with a number beside their code, dates to the hour', async () => {
    const orders = await readRaw(
      folderOf({
        'interactions.csv': 'Name,Email,Lineitem sku,Created at\n#1,a@x.org,S1,2024-01-01 10:00:00 +0100\n',
        'items.csv': 'Handle,Title,Variant SKU\nmug,Mug,S1\n',
      }),
    );
    expect([orders.userIds, orders.itemIds[0], orders.timestamps?.[0]]).toEqual([
      ['a@x.org'],
      'S1',
      Date.UTC(2024, 0, 1, 9),
    ]);
    expect(orders.remarks).toContain(
      '1 items with interactions are not in items.csv, none of them: ids there are such as "mug", here such as "S1"; ' +
        'say which column has them: --columns id=NAME',
    );
    const books = folderOf({
      'interactions.csv': 'user_id,book_id\n1,7\n',
      'items.csv': 'isbn,book_id,title\n,7,Emma\n',
    });
    expect((await readRaw(books)).content?.[0].title).toBe('Emma');
    const hours = folderOf({ 'interactions.csv': 'user_id,item_id,email,time\n1,7,a@x,2014-12-06 02\n' });
    const { userIds, timestamps } = await readRaw(hours);
    expect([userIds, timestamps?.[0]]).toEqual([['1'], Date.UTC(2014, 11, 6, 2)]);
  });

  test('plays of artists in .dat files, and typed columns parted by commas', async () => {
    const plays = folderOf({
      'user_artists.dat': 'userID\tartistID\tweight\n2\t51\t13883\n',
      'artists.dat': 'id\tname\turl\n51\tDuran Duran\thttp://x.example\n',
    });
    const raw = await readRaw(`${join(plays, 'user_artists.dat')},${join(plays, 'artists.dat')}`);
    expect([raw.userIds, raw.itemIds, raw.content?.[0].title]).toEqual([['2'], ['51'], 'Duran Duran']);
    const typed = folderOf({ 'x.inter': 'user_id:token,item_id:token,rating:float\nu,i,4\n' });
    expect((await readRaw(typed)).ratings).toEqual(Float32Array.of(4));
  });

  test.each([
    ['1000:\n7,3,2005-09-06\n', /as in the files of the Netflix prize/, /awk -F,/],
    ['0 5 6 7\n1 5 8\n', /a user and all its items in one line/, /awk '/],
  ])('what is no table is asked about: %j', async (text, got, hint) => {
    const error = await errorOf(() => readRaw(folderOf({ 'interactions.csv': text })));
    expect([error.kind, error.got, error.hint]).toEqual([
      'input',
      expect.stringMatching(got),
      expect.stringMatching(hint),
    ]);
  });

  test('a Feather file of the first version says what it is and how it is converted', async () => {
    const old = Buffer.concat([Buffer.from('FEA1'), Buffer.alloc(60), Buffer.from('FEA1')]);
    const error = await errorOf(() => readRaw(folderOf({ 'interactions.feather': old })));
    expect([error.got, error.hint]).toEqual(['a Feather file of version 1', expect.stringMatching(/write_feather/)]);
  });

  test('of an id and a name the id is read, of two ids neither', async () => {
    const named = await readRaw(
      folderOf({ 'interactions.csv': 'user_name,user_id,product,product_id\nAnn,u,Mug,p\n' }),
    );
    expect([named.userIds, named.itemIds]).toEqual([['u'], ['p']]);
    const doubled = await errorOf(() => readRaw(folderOf({ 'interactions.csv': 'user,product_id,sku\nu,p,s\n' })));
    expect(doubled.message).toMatch(/"item" twice, as "product_id" and "sku".*--columns item=product_id/);
  });

  test.each([
    ['2024-05-01 10:00:00 UTC', Date.UTC(2024, 4, 1, 10)],
    ['2024/05/01 10:00', Date.UTC(2024, 4, 1, 10)],
    ['Wed May 01 10:00:00 -0700 2024', Date.UTC(2024, 4, 1, 17)],
    ['May 1 2024', Date.UTC(2024, 4, 1)],
  ])('a time written as %s', async (text, milliseconds) => {
    const raw = await readRaw(folderOf({ 'interactions.csv': `user,item,created_at\nu,i,${text}\n` }));
    expect(raw.timestamps).toEqual(Float64Array.of(milliseconds));
  });

  test('what has two meanings is asked for', async () => {
    const date = await errorOf(() => readRaw(folderOf({ 'interactions.csv': 'user,item,date\nu,i,05/06/2024\n' })));
    expect(date.hint).toMatch(/dates as 2024-05-31.*--columns timestamp=/);
    const comma = await errorOf(() => readRaw(folderOf({ 'interactions.csv': 'user;item;rating\nu;i;2,5\n' })));
    expect(comma.hint).toMatch(/with a point/);
    const wide = Buffer.from([...clicks].flatMap((sign) => [sign.charCodeAt(0), 0, 0, 0]));
    const marked = Buffer.concat([Buffer.of(0xff, 0xfe, 0, 0), wide]);
    expect((await errorOf(() => readRaw(folderOf({ 'interactions.csv': marked })))).message).toMatch(/UTF-32/);
  });
});

test.each([
  ['a zip archive', [0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0]],
  ['text packed with xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4]],
])('%s under the name of a table is named', async (what, bytes) => {
  const error = await errorOf(() => readRaw(folderOf({ 'interactions.csv': Buffer.from(bytes) })));
  expect([error.kind, error.got, error.hint]).toEqual(['input', what, 'unpack it first']);
});

test('gzip in gzip is named', async () => {
  const twice = gzipSync(gzipSync(clicks));
  expect((await errorOf(() => readRaw(folderOf({ 'interactions.csv.gz': twice })))).got).toBe('gzip in gzip');
});

describe('lists in one cell', () => {
  test.each<[string, string[]]>([
    [`[{'id': 16, 'name': 'Animation'}, {'id': 35, 'name': "Kids' TV"}]`, ['Animation', "Kids' TV"]],
    ['["Caf\\u00e9", "Bar"]', ['Café', 'Bar']],
    [`{'Pans', 'Pots'}`, ['Pans', 'Pots']],
    ['{Pans,"Tea pots"}', ['Pans', 'Tea pots']],
    [`['A B' 'C D'\n 'E']`, ['A B', 'C D', 'E']],
    [`[['Home', 'Pans'], ['Other']]`, ['Home', 'Pans']],
    ['Home>Pans', ['Home', 'Pans']],
    ['Home › Pans', ['Home', 'Pans']],
    ['Action;Indie', ['Action', 'Indie']],
    ['Ages >3', ['Ages >3']],
    ['<b>Toys</b> > Dolls', ['Toys', 'Dolls']],
    ['[]', []],
  ])('categories %s', async (text, categories) => {
    expect((await itemOf('id,categories', `i1,"${text.replaceAll('"', '""')}"`)).categories).toEqual(categories);
  });

  test.each([
    `['https://shop.example/1.jpg', 'https://shop.example/2.jpg']`,
    '["https://shop.example/1.jpg"]',
    'https://shop.example/1.jpg, https://shop.example/2.jpg',
    'https://shop.example/1.jpg|https://shop.example/2.jpg',
    ' https://shop.example/1.jpg ',
    '//shop.example/1.jpg',
    `[{'variant': 'PT01', 'large': 'https://shop.example/9.jpg'}, {'variant': 'MAIN', 'large': 'https://shop.example/1.jpg'}]`,
  ])('of the pictures %s the first', async (text) => {
    expect((await itemOf('id,image', `i1,"${text.replaceAll('"', '""')}"`)).url).toBe('https://shop.example/1.jpg');
  });

  test('a description that is a list is its words, and nothing is no picture', async () => {
    expect(await itemOf('id,description,image', `i1,"['Soft', 'and red']",nan`)).toMatchObject({
      description: 'Soft and red',
      url: null,
    });
    expect((await itemOf('id,description', 'i1,[]')).description).toBe('');
    expect((await itemOf('id,description', 'i1,[sic] stays')).description).toBe('[sic] stays');
  });
});

describe('JSON as programs write it', () => {
  const records = [
    { user: 'ann', item: 'i1' },
    { user: 'bob', item: 'i2' },
  ];
  test.each<[string, string, string]>([
    ['a list over several lines, called lines', 'jsonl', JSON.stringify(records, null, 1)],
    ['a list in one line', 'jsonl', JSON.stringify(records)],
    ['objects over several lines', 'jsonl', records.map((one) => JSON.stringify(one, null, 1)).join('\n')],
    ['objects without line ends', 'jsonl', records.map((one) => JSON.stringify(one)).join('')],
    ['a comma behind each line', 'jsonl', records.map((one) => JSON.stringify(one)).join(',\n')],
    ['dicts of Python', 'jsonl', `{'user': 'ann', 'item': 'i1'}\n{'user': 'bob', 'item': u'i2'}\n`],
    ['a list under a name', 'json', JSON.stringify({ count: 2, interactions: records })],
    ['lists by column', 'json', JSON.stringify({ user: ['ann', 'bob'], item: ['i1', 'i2'] })],
    ['values by column and row', 'json', '{"user":{"0":"ann","1":"bob"},"item":{"0":"i1","1":"i2"}}'],
    ['columns and data', 'json', '{"columns":["user","item"],"index":[0,1],"data":[["ann","i1"],["bob","i2"]]}'],
  ])('%s', async (_, ending, content) => {
    const raw = await readRaw(folderOf({ [`interactions.${ending}`]: content }));
    expect([raw.userIds, raw.itemIds]).toEqual([
      ['ann', 'bob'],
      ['i1', 'i2'],
    ]);
  });

  test('damage in such a file is named with its line', async () => {
    const broken = '{"user":"ann","item":"i1"}\n{"user":"bob","item":\n';
    expect((await errorOf(() => readRaw(folderOf({ 'interactions.jsonl': broken })))).message).toMatch(
      /line 2: got a line that is not JSON/,
    );
    const first = '{"user":"ann"\n{"user":"bob","item":"i2"}\n';
    expect((await errorOf(() => readRaw(folderOf({ 'interactions.jsonl': first })))).message).toMatch(/line 1/);
  });

  test('pictures and categories as objects', async () => {
    const items = [
      {
        id: 'i1',
        categories: [{ name: 'Pans' }, { name: 'Pots' }],
        brand: { '@type': 'Brand', name: 'Acme' },
        images: { hi_res: [null, 'https://shop.example/1.jpg'], variant: ['PT01', 'MAIN'] },
      },
      { id: 'i2', categories: [null, ['Home', 'Deep']], images: [] },
    ];
    const raw = await readRaw(folderOf({ 'interactions.csv': clicks, 'items.jsonl': lines(items) }));
    expect(raw.content?.map(({ brand, categories }) => [brand, categories])).toEqual([
      ['Acme', ['Pans', 'Pots']],
      ['', ['Home', 'Deep']],
    ]);
    expect(raw.imageUrls).toEqual(['https://shop.example/1.jpg', null]);
  });
});

describe('columns of bytes and of objects', () => {
  const bytes = ['Café', 'Tea'].map((text) => Buffer.from(text));
  const arrow = (title: readonly Uint8Array[]) => {
    const named = new Struct([new Field('name', new Utf8())]);
    const categories = vectorFromArray([[{ name: 'Pans' }], [{ name: 'Pots' }]], new List(new Field('item', named)));
    const table = new Table({
      id: vectorFromArray(['i1', 'i2'], new Utf8()),
      title: vectorFromArray(title, new Binary()),
      categories,
    });
    return folderOf({ 'interactions.csv': clicks, 'items.arrow': tableToIPC(table, 'file') });
  };

  test('Arrow', async () => {
    const { content } = await readRaw(arrow(bytes));
    expect(content?.map(({ title, categories }) => [title, ...categories])).toEqual([
      ['Café', 'Pans'],
      ['Tea', 'Pots'],
    ]);
    const damaged = await errorOf(() => readRaw(arrow([Buffer.of(0x43, 0xff), bytes[1]])));
    expect([damaged.kind, damaged.message]).toEqual([
      'input',
      expect.stringMatching(/row 1, column "title".*not UTF-8/),
    ]);
  });

  test('Parquet', async () => {
    const folder = newFolder();
    const { connection, close } = await openDuckDb();
    const rows = `SELECT encode('ann') AS "user", encode('Café') AS item`;
    await connection.run(`COPY (${rows}) TO ${sqlText(join(folder, 'interactions.parquet'))} (FORMAT parquet)`);
    close();
    const raw = await readRaw(folder);
    expect([raw.userIds, raw.itemIds]).toEqual([['ann'], ['Café']]);
  });
});

test('quotes behind a backslash, as R writes them', async () => {
  const rows = 'id\ttitle\tdescription\ni1\t"5\\" disk"\t"a 3\\""\ni2\t"C:\\"\tx\n';
  const tabbed = await readRaw(folderOf({ 'interactions.csv': clicks, 'items.tsv': rows }));
  expect(tabbed.content?.map(({ title, description }) => [title, description])).toEqual([
    ['5" disk', 'a 3"'],
    ['C:\\', 'x'],
  ]);
  expect(tabbed.remarks).toContain('3 fields of items.tsv stood in quotes and were read without them');
  expect((await itemOf('id,title', 'i1,"5\\" disk, ""new"""')).title).toBe('5" disk, "new"');
});

describe('what the crawl of 2018 left', () => {
  const review = (n: number) => ({ reviewerID: `A${n}`, asin: 'B000000001', overall: 5, unixReviewTime: n });
  async function read(item: Record<string, unknown>) {
    const files = {
      'X_5.json': lines([review(1), review(2)]),
      'meta_X.json': lines([{ asin: 'B000000001', ...item }]),
    };
    const raw = await readRaw(folderOf(files));
    const facts = await raw.readItems?.(raw.itemIds);
    return { ...facts?.content?.[0], url: facts?.imageUrls?.[0], remarks: facts?.remarks };
  }

  test.each<[string, string]>([
    ['<script>var x=1;</script>Nice lamp', 'Nice lamp'],
    ['body{margin:0}Lamp', 'Lamp'],
    ['Lamp /* look */ .a, .b > .c { margin: 0; color: red } white', 'Lamp white'],
    ['@media (max-width: 1px) { .a { color: red } } Lamp', 'Lamp'],
    ["if(typeof uet=='function'){uet('bb')}", ''],
    ['#1 Dad {Mug} gift', '#1 Dad {Mug} gift'],
    ['Function (Shoe) Var 3 = blue', 'Function (Shoe) Var 3 = blue'],
    ['&lt;b&gt;Lamp&lt;/b&gt; a &lt; b', 'Lamp a < b'],
  ])('the title %s', async (title, expected) => {
    expect((await read({ title })).title).toBe(expected);
  });

  test.each<[string, string, boolean]>([
    ['\n    by\n    \n    Brand X', 'Brand X', true],
    ['by Brand X', 'Brand X', true],
    ['by&nbsp;Acme', 'Acme', true],
    ["Visit Amazon's Jane Austen Page", 'Jane Austen', true],
    ['Visit the Acme Store', 'Acme', true],
    ['By Malene Birger', 'By Malene Birger', false],
    ['Byte', 'Byte', false],
    ['None', '', false],
  ])('the brand %s', async (brand, expected, counted) => {
    const item = await read({ title: 'Lamp', brand });
    expect([item.brand, item.remarks?.some((remark) => /around the brand/.test(remark))]).toEqual([expected, counted]);
  });

  test('a main category that is a picture', async () => {
    const picture = '<img src="https://shop.example/x.png" class="nav" alt="Toys &amp; Games"/>';
    expect((await read({ title: 'Lamp', category: [], main_cat: picture })).categories).toEqual(['Toys & Games']);
  });

  test.each<[Record<string, unknown>]>([
    [{ imageURL: '["http://shop.example/a.jpg"]' }],
    [{ imageURL: "['http://shop.example/a.jpg', 'http://shop.example/b.jpg']" }],
    [{ imageURLHighRes: '', image: [['http://shop.example/a.jpg']] }],
    [{ images: 'http://shop.example/a.jpg ' }],
    [{ images: '[{"large": "http://shop.example/a.jpg"}]' }],
  ])('the address in %j', async (fields) => {
    expect((await read(fields)).url).toBe('http://shop.example/a.jpg');
  });
});
