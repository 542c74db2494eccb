import { afterAll, expect, test } from '@jest/globals';
import { errorOf, folderOf, removeFolders } from '../../testing/folders.js';
import { readRaw } from '../readRaw.js';

afterAll(removeFolders);

const latin1 = (text: string) => Buffer.from(text, 'latin1');

test('ml-1m: two colons, Latin-1, genres by bars', async () => {
  const raw = await readRaw(
    folderOf({
      'ratings.dat': '7::10::4::97\n7::20::5::98\n8::10::1::99\n',
      'movies.dat': latin1('10::Café, Le (1999)::Drama|Comedy\n20::Mission: Impossible (1996)::Action\n'),
      'users.dat': '7::F::25::4::12345\n',
    }),
  );
  expect([raw.format, raw.userIds, raw.itemIds]).toEqual(['movielens', ['7', '8'], ['10', '20']]);
  expect([raw.ratings, raw.timestamps]).toEqual([Float32Array.of(4, 5, 1), Float64Array.of(97, 98, 99)]);
  expect(raw.content?.map(({ title, categories }) => [title, categories])).toEqual([
    ['Café, Le (1999)', ['Drama', 'Comedy']],
    ['Mission: Impossible (1996)', ['Action']],
  ]);
});

test('ml-100k: flags become the names of genres', async () => {
  const files = {
    'u.data': '7\t10\t4\t97\n8\t10\t1\t99\n',
    'u.item': latin1('10|Café (1995)|01-Jan-1995||http://x/|0|1|0|1\n'),
  };
  const plain = await readRaw(folderOf(files));
  expect(plain.content?.[0]).toMatchObject({ title: 'Café (1995)', categories: ['Action', 'Animation'] });
  const named = await readRaw(folderOf({ ...files, 'u.genre': 'unknown|0\nA|1\nB|2\nC|3\n\n' }));
  expect(named.content?.[0].categories).toEqual(['A', 'C']);
});

test('a row that is cut short is refused with its line', async () => {
  const error = await errorOf(() => readRaw(folderOf({ 'ratings.dat': '7::10::4::97\n7::10\n', 'movies.dat': '' })));
  expect([error.kind, error.message]).toEqual(['input', expect.stringMatching(/ratings\.dat line 2: got 2 fields/)]);
});
