/**
 * @jest-environment ./packages/encoders/fixtures/hostArraysEnvironment.cjs
 */
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { agentmmrec, filesUnder, result, startAgentmmrec, temporaryFolder } from '../support/cli.js';
import { root } from '../support/repository.js';

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

test('Ctrl-C ends a download with the command that goes on', async () => {
  let asked = () => {};
  const firstRequest = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const server = createServer(() => asked()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  writeFileSync(join(folder, 'list.tsv'), `id\turl\na\thttp://127.0.0.1:${port}/a.png\n`);
  const child = startAgentmmrec(['data', 'images', '--list', 'list.tsv', '--out', 'images'], folder);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await firstRequest;
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  server.closeAllConnections();
  server.close();
  expect(code).toBe(130);
  expect(stderr).toContain('HINT: go on with: agentmmrec data images --list list.tsv --out images');
  expect(filesUnder(join(folder, 'images'))).toEqual([]);
});

describe('encode and train', () => {
  const fixtures = join(root, 'packages/encoders/fixtures');
  const words = ['encode', '--data', 'catalog', '--out', 'vectors', '--workspace', 'w3'];
  const encode = (...models: string[]) => done(...words, ...models);

  test('what encode wrote are the features of a run, of its evaluation and of what is prepared from it', async () => {
    const encoded = await encode(
      '--text-model',
      join(fixtures, 'text'),
      '--image-model',
      join(fixtures, 'clip/model.onnx'),
    );
    const widths = (encoded.files as { modality: string; items: number; width: number }[]).map(
      ({ modality, items, width }) => [modality, items, width],
    );
    expect(widths).toEqual([
      ['text', 40, expect.any(Number)],
      ['image', 40, expect.any(Number)],
    ]);
    const words = ['--data', 'catalog', '--encoded', 'vectors', '--workspace', 'w3'];
    const stats = await done('data', 'stats', ...words);
    expect(
      (stats.features as { modality: string; width: number }[]).map(({ modality, width }) => [modality, width]),
    ).toEqual(widths.map(([modality, , width]) => [modality, width]));
    const trained = await done('train', '--model', 'vbpr', '--epochs', '3', ...words);
    expect((await done('evaluate', ...words)).validation).toEqual(trained.valid);
    const plain = await done('train', '--model', 'vbpr', '--epochs', '3', '--data', 'catalog', '--workspace', 'w4');
    expect(plain.valid).not.toEqual(trained.valid);
    await done(
      'data',
      'prepare',
      '--from',
      'catalog',
      '--encoded',
      'vectors',
      '--name',
      'encoded',
      '--workspace',
      'w3',
    );
    const prepared = await done('train', '--model', 'vbpr', '--epochs', '3', '--data', 'encoded', '--workspace', 'w3');
    expect(prepared.valid).toEqual(trained.valid);
  });

  test('models in the workspace encode content and knowledge of a run, which is evaluated with them and bound to them', async () => {
    cpSync(join(fixtures, 'text'), join(folder, 'w5/models/sentences'), { recursive: true });
    cpSync(join(fixtures, 'clip'), join(folder, 'w5/models/pictures'), { recursive: true });
    const words = ['--data', 'catalog', '--workspace', 'w5'];
    const short = ['--epochs', '2', '--compare', 'none', '--reasoner', 'extractive', '--feedback', 'off'];
    const train = ['train', '--model', 'agentmmrec', ...short, ...words];
    const trained = await done(...train);
    expect(trained.remarks).toContain('encoders: texts and knowledge by sentences, pictures by pictures');
    expect((await done('evaluate', ...words)).validation).toEqual(trained.valid);
    const plain = ['--text-model', 'hashing', '--image-model', 'pixels', '--checkpoint', 'plain.amr'];
    const built = await done(...train, ...plain);
    expect(built.remarks).toContain('encoders: texts and knowledge by hashing, pictures by pixels');
    expect(built.valid).not.toEqual(trained.valid);
    expect(await refused(...train, '--checkpoint', 'plain.amr', '--resume')).toContain('got hashing and pixels');
  });

  test('vectors of other items, a damaged file and a folder of something else are refused', async () => {
    await encode();
    await done(
      'data',
      'synth',
      '--out',
      'other',
      '--users',
      '60',
      '--items',
      '40',
      '--image-size',
      '32',
      '--seed',
      '8',
    );
    const train = ['train', '--model', 'vbpr', '--epochs', '1', '--encoded'];
    expect(await refused(...train, 'vectors', '--data', 'other')).toContain('features of 40 items with other ids');
    expect(await refused(...train, 'catalog', '--data', 'catalog')).toContain('encoded.json: got no such file');
    writeFileSync(join(folder, 'vectors/text.arrow'), 'damage');
    expect(await refused(...train, 'vectors', '--data', 'catalog')).toContain('other bytes than were written');
  });
});
