import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeArrowFile } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Table } from 'apache-arrow';
import sharp from 'sharp';
import { textColumn } from '../files/arrowColumns.js';
import { openDuckDb, sqlText } from '../files/duckDb.js';
import { forEachLine } from '../files/lines.js';
import { plainText } from '../files/plainText.js';
import { prepareDataset } from '../prepareDataset.js';
import { errorOf, folderOf, newFolder, options, removeFolders } from '../testing/folders.js';
import { pyarrowFiles } from '../testing/pyarrowFiles.js';
import { readParts } from '../testing/readParts.js';
import { readRaw } from './readRaw.js';

afterAll(removeFolders);

const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const reviews = [0, 1, 2].flatMap((user) =>
  [0, 1, 2].map((item) => ({
    reviewerID: `U${user}`,
    asin: `000000000${item}`,
    overall: 1 + item,
    unixReviewTime: 100 * item + user,
    reviewText: 'long text that nobody reads',
  })),
);
const metadata = `{'asin': '0000000001', 'title': "Bob's <b>mug</b> &amp; lid", 'brand': u'Caf\\xe9', 'price': 3.5, 'related': {'also_bought': ['X']}, 'categories': [['Home', 'Kitchen'], ['Other']], 'description': '<p>Blue.</p><script>alert(1)</script> Holds 3 &lt; 4 cups', 'imUrl': 'http://images.example/1.jpg'}
{'asin': '0000000002', 'categories': [['Home']], 'salesRank': {}, 'imUrl': 'ftp://elsewhere'}
{'asin': '0000000009', 'title': 'nobody bought this'}
`;

/** One record of `image_features_X.b`. */
function featureRecord(asin: string, value: number): Buffer {
  const record = Buffer.alloc(10 + 4 * 4096);
  record.write(asin, 'latin1');
  for (let n = 0; n < 4096; n++) record.writeFloatLE(value, 10 + 4 * n);
  return record;
}

const amazon2014 = {
  'reviews_Baby_5.json.gz': gzipSync(lines(reviews)),
  'meta_Baby.json.gz': gzipSync(metadata),
  'image_features_Baby.b': Buffer.concat([
    featureRecord('0000000000', 1),
    featureRecord('9999999999', 7),
    featureRecord('0000000002', 3),
    featureRecord('0000000000', 8),
  ]),
};
const read = (folder: string) => readParts(folder, options({ kCore: 0 }));

describe('Amazon', () => {
  test('2014: reviews, metadata as Python dicts, image features', async () => {
    const parts = await read(folderOf(amazon2014));
    expect(parts.name).toBe('Baby');
    expect(parts.userIds).toEqual(['U0', 'U1', 'U2']);
    expect(parts.itemIds).toEqual(['0000000000', '0000000001', '0000000002']);
    expect(parts.content?.[1]).toEqual({
      title: "Bob's mug & lid",
      brand: 'Café',
      categories: ['Home', 'Kitchen'],
      description: 'Blue. Holds 3 < 4 cups',
      imagePath: null,
    });
    expect(parts.imageUrls).toEqual([null, 'http://images.example/1.jpg', null]);
    const [image] = parts.features;
    expect([image.modality, image.matrix.rows, image.matrix.cols]).toEqual(['image', 3, 4096]);
    // The item without a record gets the mean of 1 and 3; a second record of an item does not count.
    expect([0, 1, 2].map((row) => image.matrix.data[row * 4096 + 17])).toEqual([1, 2, 3]);
    expect(parts.report.remarks).toEqual(
      expect.arrayContaining([
        '1 items have no image features: they get the mean of the others',
        '1 image features repeat an item: the first counts',
        '1 items are not in the metadata and have no text',
        'HTML was removed from the words of 1 items',
      ]),
    );
  });

  test('ratings alone, and what is missing is said', async () => {
    const rows = reviews.map((r) => `${r.reviewerID},${r.asin},${r.overall}.0,${r.unixReviewTime}\n`).join('');
    const raw = await readRaw(folderOf({ 'ratings_Baby.csv': `${rows}U9,only three,4\n` }));
    expect(raw.pairs.userIds).toHaveLength(9);
    expect([...(raw.timestamps ?? [])].slice(0, 3)).toEqual([0, 100, 200]);
    expect(raw.dropped).toEqual([{ reason: 'lines without four fields', rows: 1 }]);
    expect(raw.remarks.join()).toMatch(/not there: meta_X.*not there: image_features_X/);
  });

  test('2018 and 2023: other field names, lists of texts, addresses in lists', async () => {
    const of2018 = await read(
      folderOf({
        'Baby_5.json.gz': gzipSync(lines(reviews)),
        'meta_Baby.json.gz': gzipSync(
          lines([
            {
              asin: '0000000001',
              title: 'Mug',
              category: ['A', 'B &amp; C'],
              description: ['One.', 'Two.'],
              imageURLHighRes: ['https://a.example/x.jpg'],
            },
          ]),
        ),
      }),
    );
    expect(of2018.content?.[1]).toMatchObject({ title: 'Mug', categories: ['A', 'B & C'], description: 'One. Two.' });
    expect(of2018.imageUrls?.[1]).toBe('https://a.example/x.jpg');
    const of2023 = await read(
      folderOf({
        'All_Beauty.jsonl.gz': gzipSync(
          lines(
            reviews.map((r) => ({
              user_id: r.reviewerID,
              asin: 'variant',
              parent_asin: r.asin,
              rating: r.overall,
              timestamp: r.unixReviewTime,
            })),
          ),
        ),
        'meta_All_Beauty.jsonl.gz': gzipSync(
          lines([
            {
              parent_asin: '0000000002',
              title: 'Soap',
              store: 'Sud',
              categories: [],
              images: [{ thumb: 't', large: 'https://a.example/l.jpg', hi_res: null }],
            },
          ]),
        ),
      }),
    );
    expect(of2023.itemIds).toEqual(['0000000000', '0000000001', '0000000002']);
    expect(of2023.content?.[2]).toMatchObject({ title: 'Soap', brand: 'Sud' });
    expect(of2023.imageUrls?.[2]).toBe('https://a.example/l.jpg');
  });

  test('images of the items are found by their names', async () => {
    const png = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const parts = await read(folderOf({ ...amazon2014, 'images/0000000001.png': png }));
    expect(parts.content?.map((item) => item.imagePath !== null)).toEqual([false, true, false]);
  });

  test('several categories are refused; naming one file chooses', async () => {
    const folder = folderOf({ ...amazon2014, 'ratings_Toys.csv': 'U,I,5.0,1\n' });
    expect((await errorOf(() => read(folder))).message).toContain('reviews of 2 categories: Toys, Baby');
    expect((await read(join(folder, 'ratings_Toys.csv'))).name).toBe('Toys');
  });
});

describe('damage in large files', () => {
  const file = 'reviews_Baby_5.json.gz';

  test('no gzip, and gzip cut short', async () => {
    const plain = await errorOf(() => read(folderOf({ [file]: lines(reviews) })));
    expect([plain.kind, plain.message]).toEqual(['input', expect.stringContaining('bytes that are not gzip')]);
    const whole = gzipSync(lines(reviews));
    const cut = await errorOf(() => read(folderOf({ [file]: whole.subarray(0, whole.length - 12) })));
    expect(cut.message).toContain('ends too early');
  });

  test('lines in other encodings, broken lines and lines of 100 MB are counted', async () => {
    const folder = folderOf({
      [file]: gzipSync(
        Buffer.concat([
          Buffer.from(lines(reviews)),
          Buffer.from([0x7b, 0xe9, 0xff, 0x7d, 10]),
          Buffer.from('{"reviewerID": "U1", "asin"\n{"reviewerID": "U1"}\n'),
          Buffer.from('{"reviewerID": "U1", "asin": "X", "overall": "five", "unixReviewTime": 4}\n'),
          Buffer.alloc(17 * 2 ** 20, 'x'),
          Buffer.from('\n'),
          Buffer.from(lines([{ ...reviews[0], asin: 'after' }])),
        ]),
        // Not packed, or the long line would look like a bomb.
        { level: 0 },
      ),
    });
    const parts = await read(folder);
    expect(parts.itemIds).toContain('after');
    expect(parts.report.dropped).toEqual([
      { reason: 'not UTF-8', rows: 1 },
      { reason: 'lines that are neither JSON nor a Python dict', rows: 1 },
      { reason: 'rows without a user or an item', rows: 1 },
      { reason: 'rows without a rating or a time', rows: 1 },
      { reason: 'longer than 16 MiB', rows: 1 },
    ]);
  });

  test('a bomb is refused before it is unpacked whole', async () => {
    const folder = newFolder();
    const block = gzipSync(`${'a'.repeat(65_535)}\n`.repeat(1280));
    writeFileSync(join(folder, file), block);
    let seen = 0;
    const error = await errorOf(() =>
      forEachLine(join(folder, file), () => {
        seen++;
      }),
    );
    expect(error.message).toContain('unpacks to at most 200 times its size');
    expect(seen).toBeLessThanOrEqual(1040);
  });

  test('a file of something else is refused, with the reasons', async () => {
    const error = await errorOf(() => read(folderOf({ [file]: gzipSync('a\nb\nc\n') })));
    expect(error.message).toContain('3 unreadable rows beside 0 good ones');
  });

  test('image features cut inside a record', async () => {
    const error = await errorOf(() =>
      read(folderOf({ ...amazon2014, 'image_features_Baby.b': featureRecord('0000000000', 1).subarray(0, 99) })),
    );
    expect(error.message).toContain('99 bytes after the last whole record');
  });

  test('an images folder whose link leads out of the data', async () => {
    const folder = folderOf(amazon2014);
    const outside = folderOf({ 'secret.png': 'x' });
    mkdirSync(join(folder, 'images'));
    symlinkSync(join(outside, 'secret.png'), join(folder, 'images', '0000000001.png'));
    expect((await errorOf(() => read(folder))).message).toContain('a path inside the folder');
  });
});

describe('MicroLens', () => {
  const titles = 'item,title\n10,"One, two"\n11,Three\n';

  test('pairs as a table with times', async () => {
    const raw = await readRaw(
      folderOf({
        'MicroLens-50k_pairs.csv': 'user,item,timestamp\n1,10,1600000000000\n1,11,1600000000001\n2,12,5\n',
        'MicroLens-50k_titles.csv': titles,
        'MicroLens-50k_covers/11.jpg': 'x',
      }),
    );
    expect([raw.name, raw.userIds, raw.itemIds]).toEqual(['MicroLens-50k', ['1', '2'], ['10', '11', '12']]);
    expect(raw.content?.map(({ title, imagePath }) => [title, imagePath !== null])).toEqual([
      ['One, two', false],
      ['Three', true],
      ['', false],
    ]);
    expect(raw.remarks).toEqual(['1 items have no title in MicroLens-50k_titles.csv']);
  });

  test('pairs as lists: the place in the line is the time', async () => {
    const raw = await readRaw(folderOf({ 'MicroLens-50k_pairs.tsv': '1\t12 11 10\n2\t10 12\nbroken\n' }));
    expect(raw.itemIds).toEqual(['12', '11', '10']);
    expect([...(raw.timestamps ?? [])]).toEqual([0, 1, 2, 0, 1]);
    expect(raw.dropped).toEqual([{ reason: 'lines that are not a user, a tab and items', rows: 1 }]);
    expect(raw.remarks[0]).toContain('not there: MicroLens-X_titles.csv');
  });
});

describe('tables in columns', () => {
  const expected = async (folder: string) => {
    const parts = await read(folder);
    expect(parts.itemIds.slice().sort()).toEqual(['a', 'b', 'c']);
    expect(parts.report.interactions).toEqual({ train: 2, validation: 1, test: 1 });
    const mug = parts.content?.[parts.itemIds.indexOf('a')];
    expect(mug).toMatchObject({ title: 'Mug', categories: ['Home', 'Kitchen'], brand: '' });
    expect(parts.imageUrls?.[parts.itemIds.indexOf('b')]).toBe('https://x.example/b.png');
  };

  test('Parquet', async () => {
    const folder = newFolder();
    const { connection, close } = await openDuckDb();
    const copy = (query: string, name: string) =>
      connection.run(`COPY (${query}) TO ${sqlText(join(folder, name))} (FORMAT parquet)`);
    await copy(
      "SELECT * FROM (VALUES (1::BIGINT, 'a', 0::TINYINT), (1, 'b', 1::TINYINT), (2, 'c', 2::TINYINT), (2, 'a', 0::TINYINT)) t(\"user\", item, x_label)",
      'interactions.parquet',
    );
    await copy(
      "SELECT * FROM (VALUES ('a', 'Mug', ['Home', 'Kitchen'], NULL), ('b', NULL, [], 'https://x.example/b.png')) t(id, title, categories, image)",
      'items.parquet',
    );
    close();
    await expected(folder);
  });

  test('Arrow, with items as CSV', async () => {
    const folder = folderOf({
      'items.csv': 'id,title,categories,image\na,Mug,Home|Kitchen,\nb,,,https://x.example/b.png\n',
    });
    const column = (values: string[]) => textColumn(values);
    writeArrowFile(
      join(folder, 'interactions.arrow'),
      new Table({
        user: column(['1', '1', '2', '2']),
        item: column(['a', 'b', 'c', 'a']),
        x_label: column(['0', '1', '2', '0']),
      }),
    );
    await expected(folder);
  });

  test.each(['lz4', 'stream'] as const)('Arrow as pyarrow writes it: %s', async (kind) => {
    const items = 'id,title,categories,image\na,Mug,Home|Kitchen,\nb,,,https://x.example/b.png\n';
    await expected(folderOf({ 'interactions.feather': pyarrowFiles[kind], 'items.csv': items }));
  });

  test('Arrow cut short, and packed with zstd', async () => {
    for (const bytes of [pyarrowFiles.lz4, pyarrowFiles.stream]) {
      const cut = await errorOf(() => read(folderOf({ 'interactions.arrow': bytes.subarray(0, -4) })));
      expect([cut.kind, cut.message]).toEqual(['input', expect.stringContaining('not a whole Arrow file')]);
    }
    const zstd = await errorOf(() => read(folderOf({ 'interactions.arrow': pyarrowFiles.zstd })));
    expect(zstd.message).toMatch(/columns packed with zstd.*compression='uncompressed'/);
  });

  /** A Parquet file of a query, in a folder of a name that is a pattern too. */
  async function parquetOf(query: string, name = 'interactions'): Promise<string> {
    const folder = join(newFolder(), 'data [1] *');
    mkdirSync(folder);
    const { connection, close } = await openDuckDb();
    const target = join(folder, `${name}.parquet`);
    await connection.run(`COPY (${query}) TO ${sqlText(target)} (FORMAT parquet)`);
    close();
    return folder;
  }

  test('Parquet: a folder whose name is a pattern, and times without a zone', async () => {
    const raw = await readRaw(
      await parquetOf(
        "SELECT 'u' AS user_id, 'i' AS item_id, TIMESTAMP '2020-03-29 02:30:00' AS timestamp, 'x' AS review",
      ),
    );
    expect(raw.timestamps).toEqual(Float64Array.of(Date.UTC(2020, 2, 29, 2, 30)));
    expect(raw.remarks).toContain('column "review" of interactions.parquet is not used');
  });

  test('Parquet that holds far more than its size is refused', async () => {
    const folder = await parquetOf(
      "SELECT 'i' || n AS id, repeat('a', 1000000) AS description FROM range(70) t(n)",
      'items',
    );
    writeFileSync(join(folder, 'interactions.csv'), 'user,item\nu,i1\n');
    expect((await errorOf(() => read(folder))).message).toContain('unpacks to at most 200 times its size');
  });

  test('a Parquet file damaged in the middle is refused', async () => {
    const folder = await parquetOf("SELECT 'u' || n AS user, 'i' || (n * 7919 % 10007) AS item FROM range(40000) t(n)");
    const path = join(folder, 'interactions.parquet');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(255, 1000, bytes.length - 2000));
    const error = await errorOf(() => read(folder));
    expect([error.kind, error.message]).toEqual(['input', expect.stringContaining('a whole Parquet file')]);
  });

  test('a damaged Parquet file, a missing column, an empty id', async () => {
    const damaged = await errorOf(() => read(folderOf({ 'interactions.parquet': 'PAR1 no' })));
    expect([damaged.kind, damaged.message]).toEqual(['input', expect.stringContaining('a whole Parquet file')]);
    const folder = newFolder();
    writeArrowFile(
      join(folder, 'interactions.arrow'),
      new Table({ users: textColumn(['1']), item: textColumn(['a']) }),
    );
    expect((await errorOf(() => read(folder))).message).toContain('rename "users" to "user"');
    const empty = newFolder();
    writeArrowFile(join(empty, 'interactions.arrow'), new Table({ user: textColumn([null]), item: textColumn(['a']) }));
    expect((await errorOf(() => read(empty))).message).toContain('row 1, user');
  });
});

test('images that were fetched for a table are found by the ids of its items', async () => {
  const lines = ['a', 'b', 'c'].map((id) => `{"id": "${id}", "image": "https://x.example/${id}.png"}\n`);
  const folder = folderOf({
    'interactions.csv': 'user,item\nu,a\nu,b\nu,c\n',
    'items.jsonl': lines.join(''),
    'images/b.png': 'x',
  });
  const { folder: prepared, dataset } = await prepareDataset(options({ from: folder, name: 'shop', kCore: 0 }));
  expect(dataset.training.content?.map(({ imagePath }) => imagePath !== null)).toEqual([false, true, false]);
  const addresses = readFileSync(join(prepared, 'image-urls.tsv'), 'utf8');
  expect(addresses).toBe('id\turl\na\thttps://x.example/a.png\nc\thttps://x.example/c.png\n');
});

describe('tables of other names', () => {
  const rows = 'u1,a\nu1,b\nu1,c\n';
  const items = { id: 'a', title: 'Mug' };

  test('columns as other tools name them', async () => {
    const folder = folderOf({
      'interactions.csv': `user_id,itemID,time\nu1,a,2\nu1,b,1\n`,
      'items.jsonl': '{"item_id": "a", "title": "Mug", "category": ["Home"]}\n',
    });
    const raw = await readRaw(folder);
    expect([raw.itemIds, raw.timestamps, raw.remarks]).toEqual([
      ['a', 'b'],
      Float64Array.of(2, 1),
      ['1 items with interactions are not in items.jsonl'],
    ]);
    expect(raw.content?.[0]).toMatchObject({ title: 'Mug', categories: ['Home'] });
  });

  test('a column under two names is refused', async () => {
    const csv = folderOf({ 'interactions.csv': 'user_id,userId,item\nu,v,a\n' });
    expect((await errorOf(() => readRaw(csv))).message).toContain('column "user" twice, as "user_id" and "userId"');
    const arrow = newFolder();
    const table = new Table({ user_id: textColumn(['u']), userID: textColumn(['v']), item: textColumn(['a']) });
    writeArrowFile(join(arrow, 'interactions.arrow'), table);
    expect((await errorOf(() => readRaw(arrow))).message).toContain('column "user" twice, as "user_id" and "userID"');
  });

  test.each([
    ['products.csv', 'id,title\na,Mug\n'],
    // The name would do for a file of reviews.
    ['products.jsonl', JSON.stringify(items)],
  ])('files named one by one: %s', async (name, content) => {
    const folder = folderOf({ 'clicks.csv': `user,item\n${rows}`, [name]: content });
    const raw = await readRaw(`${join(folder, 'clicks.csv')},${join(folder, name)}`);
    expect([raw.name, raw.content?.[0].title]).toEqual(['clicks', 'Mug']);
    const elsewhere = folderOf({ [name]: content });
    const apart = await readParts(`${join(folder, 'clicks.csv')},${join(elsewhere, name)}`, options({ kCore: 0 }));
    expect(apart.content?.[0].title).toBe('Mug');
  });

  test('one file: a list of items beside it belongs to it, other interactions do not', async () => {
    const folder = folderOf({
      'clicks.csv': `user,item\n${rows}`,
      'interactions.csv': 'user,item\nother,x\n',
      'items.csv': 'id,title\na,Mug\n',
    });
    const raw = await readRaw(join(folder, 'clicks.csv'));
    expect([raw.userIds, raw.content?.[0].title]).toEqual([['u1'], 'Mug']);
    expect((await readRaw(folder)).userIds).toEqual(['other']);
    const alone = await readRaw(join(folderOf({ 'clicks.csv': `user,item\n${rows}` }), 'clicks.csv'));
    expect(alone.remarks).toEqual(['not there: a list of items: name its file after a comma']);
  });

  test('one file of a synthetic catalog is still one', async () => {
    const folder = folderOf({ 'interactions.tsv': 'user\titem\nu\ta\n', 'catalog.json': '{"seed": 4}' });
    expect((await readRaw(join(folder, 'interactions.tsv'))).remarks).toContain(
      'a synthetic catalog, drawn from seed 4',
    );
  });

  test.each([
    ['a file that is not there', 'clicks.csv,none.csv'],
    ['three files', 'clicks.csv,a.csv,b.csv'],
    ['files of no format', 'notes.txt,a.csv'],
  ])('%s is refused', async (_, names) => {
    const folder = folderOf({ 'clicks.csv': rows, 'a.csv': '', 'b.csv': '', 'notes.txt': '' });
    const from = names
      .split(',')
      .map((name) => join(folder, name))
      .join(',');
    expect((await errorOf(() => readRaw(from))).kind).toBe('input');
  });
});

describe('formats', () => {
  test('a named format that is not there says what it looks for', async () => {
    const error = await errorOf(() => readRaw(folderOf(amazon2014), 'movielens'));
    expect(error.message).toContain('u.data and u.item (movielens)');
    expect(error.message).not.toContain('MicroLens');
  });

  test('plainText keeps text and drops markup', () => {
    expect(plainText('a < b &#38; c &#x26; d &unknown; <br/>e\n\tf')).toBe('a < b & c & d &unknown; e f');
    expect(plainText(`${'<'.repeat(100_000)}x`)).toHaveLength(100_001);
  });
});

test('report.md: published counts, dropped rows, text lengths, missing images and their addresses', async () => {
  const prepare = options({ from: folderOf(amazon2014), name: 'baby-small', kCore: 0 });
  const { folder } = await prepareDataset(prepare);
  const report = readFileSync(join(folder, 'report.md'), 'utf8');
  expect(report).toContain('| as read | 3 | 3 | 9 |');
  expect(report).toContain('| published (after 5-core) | 19445 | 7050 | 160792 |');
  expect(report).toContain('The counts DIFFER from the published ones.');
  expect(report).toContain('| titles | 1 | 2 |');
  expect(report).toMatch(/Text of an item: 0 to \d+, median/);
  expect(report).toContain('Items without any text: 1, 1 of them without an image too.');
  expect(report).toContain('Missing images: 3; the addresses of 1 of them are in image-urls.tsv.');
  expect(report).toContain('- 1 items are not in the metadata');
  expect(readFileSync(join(folder, 'image-urls.tsv'), 'utf8')).toBe(
    'id\turl\n0000000001\thttp://images.example/1.jpg\n',
  );
});

describe('report.md of data with published counts', () => {
  /** MovieLens of the published size: 100,836 ratings by 610 users of 9,724 movies, and 18 movies nobody rated. */
  const movieLens = (ratings: number) => {
    const rows = Array.from({ length: ratings }, (_, n) => `${1 + (n % 610)},${1 + (n % 9724)},4,${n}\n`);
    const movies = Array.from({ length: 9742 }, (_, n) => `${n + 1},Film ${n + 1},Drama\n`);
    return {
      'ml-latest-small/ratings.csv': `userId,movieId,rating,timestamp\n${rows.join('')}`,
      'ml-latest-small/movies.csv': `movieId,title,genres\n${movies.join('')}`,
    };
  };
  const reportOf = async (ratings: number) => {
    const from = join(folderOf(movieLens(ratings)), 'ml-latest-small');
    const { folder } = await prepareDataset(options({ from, name: 'films', kCore: 0 }));
    return readFileSync(join(folder, 'report.md'), 'utf8');
  };

  test('equal counts are said to be equal, with their source', async () => {
    const report = await reportOf(100_836);
    expect(report).toContain('read as movielens');
    expect(report).toContain('| as read | 610 | 9724 | 100836 |');
    expect(report).toContain('| published (as read) | 610 | 9724 | 100836 |');
    expect(report).toContain(
      'The counts equal the published ones. Source of these: MovieLens latest small (2018), users',
    );
    expect(report).toContain('- not there: descriptions and images');
  });

  test('one rating less is a difference', async () => {
    expect(await reportOf(100_835)).toContain('The counts DIFFER from the published ones.');
  });
});
