import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { agentmmrec, result, temporaryFolder } from '../support/cli.js';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const USERS = 60;

/** Runs a verb in the test's folder; it must succeed. Returns the last JSON line. */
async function done(...words: string[]): Promise<Record<string, unknown>> {
  const run = await agentmmrec([...words, '--json'], { cwd: folder });
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 0 });
  return result(run.stdout);
}

async function refused(...words: string[]): Promise<string> {
  const run = await agentmmrec(words, { cwd: folder });
  expect(run).toMatchObject({ code: 2, stdout: '' });
  return run.stderr;
}

beforeAll(async () => {
  const size = ['--users', String(USERS), '--items', '40', '--image-size', '32'];
  await done('data', 'synth', '--out', 'catalog', ...size, '--seed', '7');
  await done('train', '--model', 'lightgcn', '--layers', '1', '--epochs', '3', '--data', 'catalog', '--workspace', 'w');
});

describe('recommend --export', () => {
  const words = ['recommend', '--data', 'catalog', '--workspace', 'w', '-k', '5'];

  test.each(['csv', 'parquet'])(
    '%s holds the lists of all users, as the verb shows them one by one',
    async (ending) => {
      const exported = await done(...words, '--export', `lists.${ending}`);
      expect(exported).toMatchObject({ rows: 5 * USERS, users: USERS, model: 'lightgcn' });
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      const path = join(folder, `lists.${ending}`);
      const read = async (query: string) => (await connection.runAndReadAll(`${query} '${path}'`)).getRowObjects();
      expect(await read('SELECT count(DISTINCT "user")::INT AS users, max(rank)::INT AS longest FROM')).toEqual([
        { users: USERS, longest: 5 },
      ]);
      const shown = await done(...words, '--user', 'user-0003');
      const own = (await read('FROM')).filter((row) => row.user === 'user-0003');
      expect(own.map(({ item, rank, score }) => ({ item, rank: Number(rank), score: Number(score) }))).toEqual(
        (shown.items as { item: string; rank: number; score: number }[]).map(({ item, rank, score }) => ({
          item,
          rank,
          score,
        })),
      );
      connection.closeSync();
      instance.closeSync();
    },
  );

  test('neither a user nor a file, and an ending nobody reads', async () => {
    expect(await refused(...words)).toContain('neither --user nor --export');
    expect(await refused(...words, '--export', 'lists.txt')).toContain('a name that ends in .csv or .parquet');
  });
});

test('data prepared, exported for MMRec and prepared again has the same fingerprint', async () => {
  const prepared = await done('data', 'prepare', '--from', 'catalog', '--name', 'first', '--workspace', 'w2');
  await done('data', 'export', '--data', 'first', '--format', 'mmrec', '--out', 'mmrec', '--workspace', 'w2');
  const again = await done('data', 'prepare', '--from', 'mmrec', '--name', 'second', '--workspace', 'w2');
  expect(again.fingerprint).toBe(prepared.fingerprint);
  expect(readFileSync(join(folder, 'w2/datasets/second/report.md'), 'utf8')).toContain('read as mmrec');
});

test('a catalog with new items is trained without them', async () => {
  const drawn = await done(
    'data',
    'synth',
    '--out',
    'new',
    '--users',
    '60',
    '--items',
    '40',
    '--image-size',
    '0',
    '--cold-items',
    '0.1',
  );
  expect(drawn.coldItems).toBe(4);
  expect(readFileSync(join(folder, 'new/catalog.md'), 'utf8')).toContain('4 items (10 %) are new');
  expect(await done('data', 'stats', '--data', 'new')).toMatchObject({ coldItems: 4 });
});
