// Every format of data sets, with damaged files.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { silentLog } from '@agentmmrec/core';
import { exportDataset, loadDataset, synthesizeCatalog } from '@agentmmrec/datasets';
import { damaged } from '../damage.mjs';

const reviews = ['A1', 'A2', 'A3'].flatMap((reviewerID) =>
  ['B1', 'B2', 'B3'].map((asin) => JSON.stringify({ reviewerID, asin, overall: 4, unixReviewTime: 5 })),
);
const metadata =
  "{'asin': 'B1', 'title': u'A <b>mug</b> &amp; lid', 'categories': [['Home', 'Kitchen']], 'imUrl': 'http://x.example/1.jpg'}";
const files = [
  {
    'interactions.csv': 'user,item,rating,timestamp\nu1,"a, b",4,2020-01-02\nu2,c,5,3\n',
    'items.csv': 'id,title,categories\nc,"7"" pan","[\'Home\', \'Pans\']"\n',
  },
  { 'interactions.tsv': 'user\titem\nu1\ta\nu2\tb\n', 'items.tsv': 'id\ttitle\na\t"12"" pan"\nb\t"two\nlines"\n' },
  {
    'interactions.jsonl': '{"user":"u1","item":"a"}\n{"user":"u2","item":"b"}\n',
    'items.json': '[{"id":"a","title":"Mug"},{"id":"b"}]',
  },
  { 'reviews_Toys_5.json': `${reviews.join('\n')}\n`, 'meta_Toys.json': `${metadata}\n` },
  { 'Toys.json.gz': gzipSync(`${reviews.join('\n')}\n`), 'meta_Toys.json.gz': gzipSync(`${metadata}\n`) },
  { 'ratings.dat': '1::10::4::97\n2::20::5::98\n', 'movies.dat': '10::Caf\u00e9 (1999)::Drama|Comedy\n' },
  { 'u.data': '1\t10\t4\t97\n2\t20\t5\t98\n', 'u.item': '10|Caf\u00e9 (1995)|01-Jan-1995||http://x/|0|1|0\n' },
  {
    'shop.inter': 'user_id:token\titem_id:token\trating:float\nu1\ta\t4\nu2\tb\t5\n',
    'shop.item': 'item_id:token\ttitle:token_seq\na\tMug\n',
  },
  {
    'MicroLens-5k_pairs.csv': 'user,item,timestamp\n1,10,5\n2,11,6\n',
    'MicroLens-5k_titles.csv': 'item,title\n10,"One, two"\n',
  },
];

/** What is counted, how many a case has, and how many the bar asks for. */
export const counted = { of: 'files', each: 1, least: 2_000 };

/** @returns reads one damaged data set */
export async function prepare(folder) {
  const sets = [...files];
  const catalog = join(folder, 'catalog');
  await synthesizeCatalog({
    folder: catalog,
    users: 20,
    items: 20,
    imageSize: 0,
    interactionsPerUser: 6,
    seed: 1,
    log: silentLog,
  });
  const options = { workspace: join(folder, 'workspace'), splitSeed: 1, kCore: 0, log: silentLog };
  const dataset = await loadDataset(catalog, { ...options, features: 'synthetic:8,4' });
  for (const format of ['mmrec', 'recbole', 'arrow', 'parquet']) {
    const exported = join(folder, format);
    await exportDataset(dataset, format, exported);
    const names = readdirSync(exported).filter((name) => !name.endsWith('.yaml'));
    sets.push(Object.fromEntries(names.map((name) => [name, readFileSync(join(exported, name))])));
  }
  return async (random) => {
    const place = join(folder, 'case');
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place);
    const set = Object.entries(sets[random.integer(sets.length)]);
    const hit = random.integer(set.length);
    set.forEach(([name, content], n) => {
      const bytes = Buffer.from(content);
      writeFileSync(join(place, name), n === hit ? damaged(bytes, random) : bytes);
    });
    await loadDataset(place, options);
  };
}
