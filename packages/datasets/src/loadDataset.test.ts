import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { pairsOf } from './dataset/interactions.js';
import { loadDataset } from './loadDataset.js';
import { errorOf, folderOf, newFolder, options, removeFolders } from './testing/folders.js';
import { npyOf } from './testing/npyBytes.js';

afterAll(removeFolders);

const inter = (...rows: string[]) => ['userID\titemID\tx_label', ...rows, ''].join('\n');
const load = async (files: Record<string, string | Uint8Array>, more: object = {}) =>
  await loadDataset(folderOf(files), options(more));
const failure = async (files: Record<string, string | Uint8Array>, more: object = {}) =>
  await errorOf(() => load(files, more));
const pairs = ({ train }: { train: Parameters<typeof pairsOf>[0] }) => {
  const { userIds, itemIds } = pairsOf(train);
  return Array.from(userIds, (user, n) => `${user}-${itemIds[n]}`);
};

describe('an MMRec folder', () => {
  test('keeps ids, labels and features as they stand', async () => {
    const dataset = await load({
      'shop.inter': inter('0\t2\t0', '0\t0\t2', '1\t1\t0', '1\t2\t1'),
      'image_feat.npy': npyOf(3, 2, [1, 2, 3, 4, 5, 6]),
      'user_graph_dict.npy': 'a pickle',
    });
    const { training, validation, report } = dataset;
    expect(training).toMatchObject({ name: 'shop', users: 2, items: 3, userIds: ['0', '1'], content: null });
    expect(pairs(training)).toEqual(['0-2', '1-1']);
    expect([...validation.itemIds]).toEqual([2]);
    expect([...dataset.test.open('test').itemIds]).toEqual([0]);
    expect(training.features).toMatchObject([{ modality: 'image', synthetic: false }]);
    expect([...training.features[0].matrix.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(report).toMatchObject({ coldUsers: 0, coldItems: 1, interactions: { train: 2, validation: 1, test: 1 } });
    expect(report.remarks).toEqual([expect.stringContaining('user_graph_dict.npy is a pickle and was not read')]);
  });

  test('takes columns in any order, ratings and timestamps, Windows line ends and ids at the source', async () => {
    const { training } = await load({
      'shop.inter': 'x_label\trating\titemID\ttimestamp\tuserID\r\n0\t5.0\t1\t99\t0\r\n0\t1\t0\t98\t1\r\n',
      'u_id_mapping.csv': 'user_id\tuserID\nA1\t0\nB2\t1\n',
      'i_id_mapping.csv': 'asin\titemID\nX\t0\nY\t1\nZ\t2\n',
    });
    expect(training).toMatchObject({ userIds: ['A1', 'B2'], itemIds: ['X', 'Y', 'Z'] });
    expect(pairs(training)).toEqual(['0-1', '1-0']);
  });

  test('keeps cold users and merges duplicates, and counts both', async () => {
    const dataset = await load({ 'a.inter': inter('0\t0\t0', '0\t0\t0', '1\t0\t2', '0\t1\t2', '0\t1\t0') });
    expect(dataset.report).toMatchObject({ users: 2, duplicatesMerged: 2, coldUsers: 1 });
    expect(dataset.report.remarks.join()).toMatch(/2 duplicate.*1 of them stood in two splits/);
    expect(pairs(dataset.training)).toEqual(['0-0', '0-1']);
    expect([...dataset.test.open('test').itemIds]).toEqual([0]);
  });

  test('without labels takes the 5-core and draws a split', async () => {
    const rows = Array.from({ length: 36 }, (_, n) => `${Math.floor(n / 6)}\t${n % 6}`);
    const dataset = await load({ 'a.inter': ['userID\titemID', ...rows, '6\t0'].join('\n') });
    expect(dataset.report).toMatchObject({ users: 6, items: 6, interactions: { train: 24, validation: 6, test: 6 } });
    expect(dataset.report.remarks.join()).toMatch(/5-core: 1 interactions.*split mmrec-random, drawn from seed 1/);
  });

  test('filters gather features of the items that stay, ids by first appearance', async () => {
    const { training } = await load(
      {
        'a.inter': 'userID\titemID\trating\tx_label\n0\t2\t5\t0\n0\t0\t1\t0\n1\t1\t4\t0\n',
        'text_feat.npy': npyOf(3, 1, [10, 11, 12]),
      },
      { minRating: 4 },
    );
    expect(training.itemIds).toEqual(['2', '1']);
    expect([...training.features[0].matrix.data]).toEqual([12, 11]);
  });

  test.each<[string, string, RegExp]>([
    ['a negative id', inter('0\t0\t0', '-1\t3\t0'), /a\.inter line 3, userID: got "-1", expected a whole number/],
    ['a huge id', inter('0\t99999999999\t0'), /line 2, itemID: got "99999999999", expected a whole number from 0/],
    [
      'a stray large id',
      inter('0\t0\t0', '0\t90000000\t0'),
      /line 3, itemID: got 90000000, expected an id below 65568/,
    ],
    ['an id that is no number', inter('u7\t0\t0'), /line 2, userID: got "u7"/],
    ['an id in floating point', inter('1.0\t0\t0'), /line 2, userID: got "1\.0"/],
    ['a bad label', inter('0\t0\t3'), /line 2, x_label: got "3", expected 0 \(train\), 1 \(validation\) or 2 \(test\)/],
    ['a missing label', inter('0\t0\t'), /line 2, x_label: got nothing/],
    ['a row cut short', inter('0\t0\t0', '1\t'), /line 3: got 2 fields, expected 3/],
    ['a missing column', 'userID\tx_label\n0\t0\n', /line 1: .*expected a column "itemID"/],
    ['a misspelt column', 'userID\titemID\tx_lable\n0\t0\t0\n', /expected a column "x_label".*rename "x_lable"/],
    ['a column twice', 'userID\titemID\titemID\n0\t0\t0\n', /got column "itemID" twice/],
    ['no rows', 'userID\titemID\n', /got a header without rows/],
    ['an empty file', '', /got an empty file/],
    ['a bad rating', 'userID\titemID\trating\n0\t0\tgood\n', /line 2, rating: got "good", expected a number/],
  ])('refuses %s with file and line', async (_, content, message) => {
    const error = await failure({ 'a.inter': content });
    expect(error.kind).toBe('input');
    expect(error.message).toMatch(message);
  });

  test.each<[string, Record<string, string | Uint8Array>, RegExp]>([
    [
      'features with wrong rows',
      { 'image_feat.npy': npyOf(3, 1, [1, 2, 3]) },
      /image_feat\.npy: got 3 rows, expected 1/,
    ],
    ['features with NaN', { 'text_feat.npy': npyOf(1, 2, [1, Number.NaN]) }, /text_feat\.npy row 0 .*got NaN/],
    ['two .inter files', { 'b.inter': '' }, /got 2 \.inter files: a\.inter, b\.inter/],
    [
      'a mapping of other data',
      { 'i_id_mapping.csv': 'asin\titemID\n' },
      /i_id_mapping\.csv: got 0 ids, expected at least the 1/,
    ],
    ['a mapping out of order', { 'i_id_mapping.csv': 'asin\titemID\nX\t1\n' }, /line 2, itemID: got 1, expected 0/],
    [
      'bytes that are not UTF-8',
      { 'i_id_mapping.csv': Buffer.from('asin\titemID\n\xff\xfe\t0\n', 'latin1') },
      /line 2: got bytes that are not UTF-8/,
    ],
  ])('refuses %s', async (_, files, message) => {
    expect((await failure({ 'a.inter': inter('0\t0\t0'), ...files })).message).toMatch(message);
  });

  test('a single .inter file of a folder with several', async () => {
    const folder = folderOf({ 'a.inter': inter('0\t0\t0'), 'b.inter': inter('0\t1\t0') });
    expect(pairs((await loadDataset(join(folder, 'b.inter'), options({}))).training)).toEqual(['0-1']);
  });
});

describe('a MovieLens folder', () => {
  const ratings = 'userId,movieId,rating,timestamp\n7,10,4.0,1\n7,20,2.5,2\n9,10,3.0,3\n';
  const movies =
    'movieId,title,genres\n10,"American President, The (1995)",Comedy|Drama\n20,"Say ""Hi"" (2000)",(no genres listed)\n30,Unseen,Drama\n';

  test('reads ratings as interactions, titles and genres as content', async () => {
    const { training, report } = await load({ 'ratings.csv': ratings, 'movies.csv': movies }, { kCore: 0 });
    expect(training).toMatchObject({ userIds: ['7', '9'], itemIds: ['10', '20'] });
    expect(training.content).toEqual([
      {
        title: 'American President, The (1995)',
        brand: '',
        categories: ['Comedy', 'Drama'],
        description: '',
        imagePath: null,
      },
      { title: 'Say "Hi" (2000)', brand: '', categories: [], description: '', imagePath: null },
    ]);
    expect(report.remarks).toContain('1 movies without a rating are left out');
  });

  test('filters by rating', async () => {
    const { report } = await load({ 'ratings.csv': ratings, 'movies.csv': movies }, { kCore: 0, minRating: 3 });
    expect(report).toMatchObject({ users: 2, items: 1 });
    expect(report.remarks).toContain('1 interactions rated below 3 are left out');
  });

  test('says when nothing passes the 5-core', async () => {
    const error = await failure({ 'ratings.csv': ratings, 'movies.csv': movies });
    expect(error.message).toMatch(/got no interaction that passes the filters/);
  });

  test.each<[string, string, string, RegExp]>([
    [
      'a quote left open',
      ratings,
      'movieId,title,genres\n10,"The end',
      /movies\.csv line 2: got a quote that is not closed/,
    ],
    ['text after a quote', ratings, 'movieId,title,genres\n10,"a"b,c\n', /movies\.csv line 2: got a quote/],
    [
      'a movie twice',
      ratings,
      'movieId,title,genres\n10,a,b\n10,c,d\n',
      /movies\.csv line 3, movieId: got movie 10 again/,
    ],
    ['an empty id', 'userId,movieId,rating,timestamp\n,10,4,1\n', movies, /ratings\.csv line 2, userId: got nothing/],
    [
      'a negative id',
      'userId,movieId,rating,timestamp\n-7,10,4,1\n',
      movies,
      /line 2, userId: got "-7", expected a whole/,
    ],
    ['a huge id', 'userId,movieId,rating,timestamp\n7,9999999999,4,1\n', movies, /line 2, movieId: got "9999999999"/],
    ['an id of words', ratings, 'movieId,title,genres\nten,a,b\n', /movies\.csv line 2, movieId: got "ten", expected/],
    ['a missing rating', 'userId,movieId,rating,timestamp\n7,10,,1\n', movies, /line 2, rating: got nothing/],
  ])('refuses %s', async (_, ratingsText, moviesText, message) => {
    const error = await failure({ 'ratings.csv': ratingsText, 'movies.csv': moviesText }, { kCore: 0 });
    expect(error.message).toMatch(message);
  });

  test('a quoted title may hold line ends', async () => {
    const text = 'movieId,title,genres\r\n10,"two\r\nlines",Drama\r\n20,b,c\r\n';
    const { training } = await load({ 'ratings.csv': ratings, 'movies.csv': text }, { kCore: 0 });
    expect(training.content?.map(({ title }) => title)).toEqual(['two\nlines', 'b']);
  });
});

describe('a table folder', () => {
  const interactions = 'user\titem\nann\ti1\nbob\ti1\nbob\ti2\nann\ti2\nbob\ti3\n';

  test('reads content by item, keeps items without interactions, resolves images', async () => {
    const folder = folderOf({
      'interactions.tsv': interactions,
      'items.jsonl':
        '{"id":"i2","title":"Mug","brand":null,"categories":["Home","Mugs"],"image":"images/2.png"}\n{"id":"new","categories":"Home","image":"images/none.png"}\n{"id":"i1"}\n',
      'images/2.png': 'bytes',
    });
    const { training, report } = await loadDataset(folder, options({ kCore: 0 }));
    expect(training.itemIds).toEqual(['i1', 'i2', 'i3', 'new']);
    expect(training.content?.[1]).toEqual({
      title: 'Mug',
      brand: '',
      categories: ['Home', 'Mugs'],
      description: '',
      imagePath: expect.stringMatching(/images\/2\.png$/),
    });
    expect(training.content?.[3]).toMatchObject({ categories: ['Home'], imagePath: null });
    expect(report.coldItems).toBeGreaterThanOrEqual(1);
    expect(report.remarks).toContain('1 images named in items.jsonl are missing');
    expect(report.remarks).toContain('1 items with interactions are not in items.jsonl');
  });

  test('the fingerprint follows content, image bytes and training, not names and places', async () => {
    const files = {
      'interactions.tsv': interactions,
      'items.jsonl': '{"id":"i2","title":"Mug","image":"2.png"}\n',
      '2.png': 'bytes',
    };
    const print = async (more: Record<string, string>) =>
      (await load({ ...files, ...more }, { kCore: 0 })).training.fingerprint;
    const original = await print({});
    expect(await print({})).toBe(original);
    expect(await print({ 'items.jsonl': '{"id":"i2","title":"Mug","image":"3.png"}\n', '3.png': 'bytes' })).toBe(
      original,
    );
    const changed = await Promise.all([
      print({ '2.png': 'other bytes' }),
      print({ 'items.jsonl': '{"id":"i2","title":"Cup","image":"2.png"}\n' }),
      print({ 'interactions.tsv': `${interactions}ann\ti3\n` }),
    ]);
    expect(new Set([original, ...changed]).size).toBe(4);
  });

  test.each<[string, string, RegExp]>([
    [
      'a path that leaves the folder',
      '{"id":"a","image":"../secret.png"}',
      /line 1, "image": got "\.\.\/secret\.png", expected a path inside/,
    ],
    ['an absolute path', '{"id":"a","image":"/etc/hostname"}', /expected a path inside/],
    ['a line that is not JSON', '{"id":"a"}\n{"id":', /items\.jsonl line 2: got a line that is not JSON/],
    ['a line that is no object', '[1]', /line 1: got a list, expected one JSON object/],
    ['an item without an id', '{"title":"x"}', /line 1: got the columns title, expected a column "id"/],
    [
      'an id twice, with other content',
      '{"id":"a"}\n{"id":"a","title":"x"}',
      /line 2: got item "a" again, expected each id once, or the same of it; it is in .*line 1/,
    ],
    ['a title that is no text', '{"id":"a","title":{"deep":1}}', /"title": got an object, expected a text/],
    ['categories of objects', '{"id":"a","categories":[{}]}', /"categories": got an object/],
    [
      'an id that JSON cannot hold',
      '{"id":12345678901234567890}',
      /"id": got the number 12345678901234567000, which is not exact/,
    ],
  ])('refuses %s', async (_, items, message) => {
    const error = await failure({ 'interactions.tsv': interactions, 'items.jsonl': items }, { kCore: 0 });
    expect(error.kind).toBe('input');
    expect(error.message).toMatch(message);
  });

  test('refuses a link that leaves the folder', async () => {
    const folder = folderOf({ 'interactions.tsv': interactions, 'items.jsonl': '{"id":"i1","image":"link.png"}' });
    const outside = join(newFolder(), 'secret.png');
    writeFileSync(outside, 'secret');
    symlinkSync(outside, join(folder, 'link.png'));
    const error = await errorOf(() => loadDataset(folder, options({ kCore: 0 })));
    expect(error.message).toMatch(/"image": got "link\.png", expected a path inside/);
  });
});

describe('what is asked for', () => {
  const files = { 'a.inter': inter('0\t0\t0', '0\t1\t0', '0\t2\t0', '0\t3\t1') };

  test('synthetic features are seeded, stamped and within [-1, 1)', async () => {
    const { training, report } = await load(files, { features: 'synthetic:5,3' });
    expect(training.features).toMatchObject([
      { modality: 'text', synthetic: true, matrix: { rows: 4, cols: 5 } },
      { modality: 'image', synthetic: true, matrix: { rows: 4, cols: 3 } },
    ]);
    for (const value of training.features[0].matrix.data) expect(value >= -1 && value < 1).toBe(true);
    expect(new Set(training.features[0].matrix.data).size).toBe(20);
    expect(report.remarks).toContain('text features of width 5 are synthetic, drawn from seed 1');
    const again = await load(files, { features: 'synthetic:5,3' });
    expect(again.training.fingerprint).toBe(training.fingerprint);
    const other = await load(files, { features: 'synthetic:5,3', splitSeed: 2 });
    expect(other.training.fingerprint).not.toBe(training.fingerprint);
  });

  test('default widths are 384 and 4096; a width of 0 leaves a modality out', async () => {
    const { training } = await load(files, { features: 'synthetic' });
    expect(training.features.map(({ matrix }) => matrix.cols)).toEqual([384, 4096]);
    const textless = await load(files, { features: 'synthetic:0,7' });
    expect(textless.training.features.map(({ modality }) => modality)).toEqual(['image']);
  });

  test.each<[string, object, RegExp]>([
    ['unknown features', { features: 'random' }, /option features: got "random", expected synthetic/],
    ['features of no width', { features: 'synthetic:0' }, /option features/],
    ['features too wide', { features: 'synthetic:99999' }, /widths up to 65536/],
    ['an unknown split', { splitBy: 'mmrec-randm' }, /option splitBy: .*did you mean "mmrec-random"/],
    ['a k that is no whole number', { kCore: 1.5 }, /option kCore: got 1\.5/],
    ['a seed that is no whole number', { splitSeed: Number.NaN }, /option splitSeed: got NaN/],
    ['a rating filter without ratings', { minRating: 3 }, /minRating: got 3, expected a column of ratings/],
  ])('refuses %s', async (_, more, message) => {
    expect((await failure(files, more)).message).toMatch(message);
  });

  test('a given split needs labels', async () => {
    const error = await failure({ 'a.inter': 'userID\titemID\n0\t0\n' }, { splitBy: 'given' });
    expect(error.message).toMatch(/split: got "given", expected a column x_label/);
  });

  test('features that are there are not replaced', async () => {
    const error = await failure({ ...files, 'image_feat.npy': npyOf(4, 1, [1, 2, 3, 4]) }, { features: 'synthetic' });
    expect(error.message).toMatch(/it has image features/);
  });

  test('neither path nor name, an empty folder, a folder of something else', async () => {
    const missing = await errorOf(() => loadDataset('no-such-thing', options({})));
    expect(missing.message).toMatch(/data "no-such-thing": got neither a path nor a prepared data set/);
    expect((await failure({})).message).toMatch(
      /got an empty folder, expected .*, or <name>\.inter \(mmrec\), or ratings\.csv/,
    );
    expect((await failure({ 'notes.txt': '' })).message).toMatch(/got the files notes\.txt/);
  });

  test('a folder where a file should be', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'a.inter'));
    const error = await errorOf(() => loadDataset(folder, options({})));
    expect(error.message).toMatch(/a\.inter: got a folder/);
  });
});
