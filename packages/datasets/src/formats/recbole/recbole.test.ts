import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { exportDataset } from '../../export/exportDataset.js';
import { loadDataset } from '../../loadDataset.js';
import { errorOf, folderOf, newFolder, options, removeFolders } from '../../testing/folders.js';
import { readRaw } from '../readRaw.js';

afterAll(removeFolders);

const inter =
  'user_id:token\titem_id:token\trating:float\ttimestamp:float\tsession_id:token\nu1\ta\t5\t3\ts\nu2\tb\t1\t2.5\ts\n';

describe('RecBole', () => {
  test('one file of interactions and one of items', async () => {
    const raw = await readRaw(
      folderOf({
        'shop.inter': inter,
        'shop.item':
          "item_id:token\ttitle:token_seq\tcategories:token_seq\tprice:float\nb\tBlue mug\t'Home', 'Kitchen'\t3\n",
      }),
    );
    expect([raw.format, raw.name, raw.userIds, raw.itemIds]).toEqual(['recbole', 'shop', ['u1', 'u2'], ['a', 'b']]);
    expect([raw.ratings, raw.timestamps, raw.labels]).toEqual([Float32Array.of(5, 1), Float64Array.of(3, 2.5), null]);
    expect(raw.content?.[1]).toMatchObject({ title: 'Blue mug', categories: ['Home', 'Kitchen'] });
    expect(raw.remarks).toEqual([
      'column "session_id" of shop.inter is not used',
      '1 items with interactions are not in shop.item',
      'column "price" of shop.item is not used',
    ]);
  });

  test('what is exported is read back: splits, words and features, drawn ones still marked', async () => {
    const table = ['user,item,x_label'];
    for (let n = 0; n < 12; n++) table.push(`u${n % 3},i${n % 4},${[0, 0, 1, 2][Math.floor(n / 3)]}`);
    const from = folderOf({
      'interactions.csv': `${table.join('\n')}\n`,
      'items.csv': 'id,title,brand\ni0,Mug,Ox\ni1,Pan,\n',
    });
    const dataset = await loadDataset(from, options({ features: 'synthetic:3', kCore: 0 }));
    const folder = join(newFolder(), 'out');
    await exportDataset(dataset, 'recbole', folder);
    const back = await loadDataset(folder, options({}));
    expect(back.report.interactions).toEqual(dataset.report.interactions);
    expect(back.training.userIds.slice().sort()).toEqual(['u0', 'u1', 'u2']);
    const at = (id: string) => back.training.itemIds.indexOf(id);
    expect(back.training.content?.[at('i0')]).toMatchObject({ title: 'Mug', brand: 'Ox' });
    const [text] = back.training.features;
    expect([text.modality, text.synthetic]).toEqual(['text', true]);
    const [original] = dataset.training.features;
    const row = (ids: readonly string[], data: Float32Array) =>
      data.slice(3 * ids.indexOf('i2'), 3 * ids.indexOf('i2') + 3);
    expect(row(back.training.itemIds, text.matrix.data)).toEqual(row(dataset.training.itemIds, original.matrix.data));
  });

  test('an untyped header is MMRec, a missing part and two data sets are refused', async () => {
    expect((await readRaw(folderOf({ 'a.inter': 'userID\titemID\n0\t0\n' }))).format).toBe('mmrec');
    const part = await errorOf(() => readRaw(folderOf({ 'a.train.inter': inter, 'a.test.inter': inter })));
    expect(part.message).toContain('without a.valid.inter');
    const two = await errorOf(() => readRaw(folderOf({ 'a.inter': inter, 'b.inter': inter })));
    expect(two.message).toContain('several data sets: a.inter, b.inter');
    expect((await readRaw(join(folderOf({ 'a.inter': inter, 'b.inter': inter }), 'b.inter'))).name).toBe('b');
  });

  test('sessions stand for users where there are none', async () => {
    const raw = await readRaw(folderOf({ 's.inter': 'session_id:token\titem_id:token\ttimestamp:float\n9\ta\t1\n' }));
    expect([raw.userIds, raw.itemIds, raw.timestamps]).toEqual([['9'], ['a'], Float64Array.of(1)]);
  });

  test("items before the row's own are interactions of training, none of them twice or held out", async () => {
    const header = 'session_id:token\titem_id_list:token_seq\titem_id:token\ttimestamp:float\n';
    const raw = await readRaw(
      folderOf({
        's.train.inter': `${header}1\ta b\tc\t7\n1\ta\tb\t6\n`,
        's.valid.inter': `${header}1\ta b c\td\t8\n`,
        's.test.inter': `${header}1\ta b c d\te\t9\n2\tx\ty\t1\n`,
      }),
    );
    const rows = Array.from(raw.pairs.userIds, (user, n) =>
      [raw.userIds[user], raw.itemIds[raw.pairs.itemIds[n]], raw.labels?.[n]].join(' '),
    );
    expect(rows).toEqual(['1 c 0', '1 b 0', '1 d 1', '1 e 2', '2 y 2', '1 a 0', '2 x 0']);
    expect([raw.timestamps, raw.remarks]).toEqual([
      null,
      [
        'not there: <name>.item (titles, categories)',
        'lists of earlier items add 2 interactions to training; times and ratings, which they lack, are left out',
      ],
    ]);
  });

  test('a column that one part lacks is asked about', async () => {
    const plain = 'user_id:token\titem_id:token\nu1\tc\n';
    const parts = { 'a.train.inter': inter, 'a.valid.inter': plain, 'a.test.inter': plain };
    expect((await errorOf(() => readRaw(folderOf(parts)))).message).toMatch(/rating.*2 of 4 rows.*--columns rating=/);
  });
});
