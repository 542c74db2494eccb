import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openDuckDb, sqlText } from '../files/duckDb.js';
import { errorOf, newFolder, removeFolders } from '../testing/folders.js';
import { exportRecommendations } from './exportRecommendations.js';

afterAll(removeFolders);

const ids = { userIds: ['u,1', '007', 'û "2"'], itemIds: ['a', ' b', '1e5', 'NULL'] };
/** Two blocks; the second user of the first has one item left. */
const lists = [
  {
    userIds: Int32Array.of(0, 2),
    items: Int32Array.of(3, 1, 2, -1),
    scores: Float32Array.of(0.1, -2.5e-7, 3, -Infinity),
  },
  { userIds: Int32Array.of(1), items: Int32Array.of(0, 3), scores: Float32Array.of(1e9, 0) },
];
const rows = [
  { user: 'u,1', item: 'NULL', rank: 1, score: Math.fround(0.1) },
  { user: 'u,1', item: ' b', rank: 2, score: Math.fround(-2.5e-7) },
  { user: 'û "2"', item: '1e5', rank: 1, score: 3 },
  { user: '007', item: 'a', rank: 1, score: 1e9 },
  { user: '007', item: 'NULL', rank: 2, score: 0 },
];

describe('exportRecommendations', () => {
  test.each(['csv', 'parquet'])('%s as DuckDB reads it back', async (ending) => {
    const path = join(newFolder(), 'further', `lists.${ending}`);
    expect(await exportRecommendations(path, ids, lists)).toBe(5);
    const { connection, close } = await openDuckDb();
    try {
      const columns = "columns = {user: 'VARCHAR', item: 'VARCHAR', rank: 'INTEGER', score: 'FLOAT'}";
      const from =
        ending === 'csv' ? `read_csv(${sqlText(path)}, header = true, ${columns})` : `read_parquet(${sqlText(path)})`;
      expect((await connection.runAndReadAll(`SELECT * FROM ${from}`)).getRowObjects()).toEqual(rows);
      const types = await connection.runAndReadAll(`SELECT column_type FROM (DESCRIBE SELECT * FROM ${from})`);
      expect(types.getRows().flat()).toEqual(['VARCHAR', 'VARCHAR', 'INTEGER', 'FLOAT']);
    } finally {
      close();
    }
    expect(readdirSync(join(path, '..'))).toEqual([`lists.${ending}`]);
  });

  test('ids that a spreadsheet would take for formulas are guarded where that is asked for', async () => {
    const path = join(newFolder(), 'lists.csv');
    const guarded = { userIds: ['=cmd()'], itemIds: ['@a', 'b'] };
    const list = [{ userIds: Int32Array.of(0), items: Int32Array.of(0, 1), scores: Float32Array.of(2, 1) }];
    await exportRecommendations(path, guarded, list, { formulaGuard: true });
    expect(readFileSync(path, 'utf8')).toBe("user,item,rank,score\n'=cmd(),'@a,1,2\n'=cmd(),b,2,1\n");
    await exportRecommendations(path, guarded, list);
    expect(readFileSync(path, 'utf8')).toContain('\n=cmd(),@a,1,2\n');
  });

  test('a list that breaks leaves the old file and nothing else', async () => {
    const folder = newFolder();
    const path = join(folder, 'lists.parquet');
    writeFileSync(path, 'old');
    function* broken() {
      yield lists[0];
      throw new Error('the model is gone');
    }
    await expect(exportRecommendations(path, ids, broken())).rejects.toThrow('the model is gone');
    expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['lists.parquet'], 'old']);
  });

  test.each(['lists', 'lists.json'])('%s is refused', async (name) => {
    const error = await errorOf(() => exportRecommendations(join(newFolder(), name), ids, lists));
    expect([error.kind, error.expected]).toEqual(['input', 'a name that ends in .csv or .parquet']);
  });
});
