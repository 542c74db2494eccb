import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, silentLog } from '@agentmmrec/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { synthesizeCatalog } from './catalog/synthesizeCatalog.js';
import type { Dataset, Interactions } from './contract.js';
import { itemsOf } from './dataset/interactions.js';
import { loadDataset } from './loadDataset.js';
import { prepareDataset } from './prepareDataset.js';
import { folderOf, newFolder, options, removeFolders } from './testing/folders.js';
import { npyOf } from './testing/npyBytes.js';

afterAll(removeFolders);

/** One change of a file's bytes. Places are fractions, so that a case shrinks independently of the file. */
type Damage =
  | { kind: 'cut'; at: number }
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'insert'; at: number; bytes: Uint8Array }
  | { kind: 'remove'; at: number; count: number }
  | { kind: 'repeat'; at: number; count: number };

/** Without bias: fast-check prefers small values, and nearly all damage would hit the first line. */
const place = fc.noBias(fc.integer({ min: 0, max: 9999 })).map((n) => n / 10_000);
const tricky = [
  '\t',
  '\n',
  '"',
  ',',
  '-1',
  '99999999999',
  'NaN',
  '\0',
  '\xff\xfe',
  '{',
  ']',
  '1e400',
  '../',
  '__proto__',
];
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: place,
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 12 }),
      fc.constantFrom(...tricky).map((text) => new Uint8Array(Buffer.from(text, 'latin1'))),
    ),
  }),
  fc.record({ kind: fc.constant('remove' as const), at: place, count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, count: fc.integer({ min: 1, max: 60 }) }),
);

function apply(bytes: Buffer, change: Damage): Buffer {
  const at = Math.floor(change.at * bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (change.kind) {
    case 'cut':
      return Buffer.from(before);
    case 'flip': {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] ^= 1 << change.bit;
      return copy;
    }
    case 'insert':
      return Buffer.concat([before, change.bytes, after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(change.count)]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, change.count), after]);
  }
}

function requireValid(part: Interactions, users: number, items: number): void {
  expect([part.users, part.items, part.offsets.length]).toEqual([users, items, users + 1]);
  for (let user = 0; user < users; user++) {
    const row = itemsOf(part, user);
    for (let n = 0; n < row.length; n++) {
      if (row[n] < 0 || row[n] >= items || (n > 0 && row[n] <= row[n - 1])) throw new Error(`bad row of user ${user}`);
    }
  }
}

/** What every data set promises, whatever it was read from. */
function requireDataset(dataset: Dataset): void {
  const { training, validation, report } = dataset;
  const { users, items } = training;
  expect([training.userIds.length, training.itemIds.length]).toEqual([users, items]);
  expect(new Set(training.userIds).size).toBe(users);
  expect(new Set(training.itemIds).size).toBe(items);
  const test = dataset.test.open('property test');
  for (const part of [training.train, validation, test]) requireValid(part, users, items);
  expect(report.interactions).toEqual({
    train: training.train.itemIds.length,
    validation: validation.itemIds.length,
    test: test.itemIds.length,
  });
  if (training.content !== null) expect(training.content.length).toBe(items);
  for (const { matrix } of training.features) {
    expect(matrix.rows).toBe(items);
    expect(matrix.data.every(Number.isFinite)).toBe(true);
  }
}

const rows = Array.from({ length: 24 }, (_, n) => [Math.floor(n / 6), (n * 7) % 8, n % 3] as const);

describe('random damage ends in a valid data set or in one clear error', () => {
  const sources: Record<string, string> = {};

  beforeAll(async () => {
    sources.mmrec = folderOf({
      'a.inter': `userID\titemID\trating\tx_label\n${rows.map(([u, i, l]) => `${u}\t${i}\t4.5\t${l}\n`).join('')}`,
      'text_feat.npy': npyOf(
        8,
        3,
        Array.from({ length: 24 }, (_, n) => n / 7),
      ),
      'i_id_mapping.csv': `asin\titemID\n${Array.from({ length: 8 }, (_, n) => `B00${n}\t${n}\n`).join('')}`,
    });
    sources.movielens = folderOf({
      'ratings.csv': `userId,movieId,rating,timestamp\r\n${rows.map(([u, i]) => `${u + 1001},${i + 1},3.5,99\r\n`).join('')}`,
      'movies.csv': `movieId,title,genres\r\n${rows
        .slice(0, 8)
        .map((_, n) => `${n + 1},"Title, The ""${n}""",A|B\r\n`)
        .join('')}`,
    });
    sources.table = join(newFolder(), 'shop');
    await synthesizeCatalog({ folder: sources.table, users: 8, items: 20, imageSize: 8, seed: 1, log: silentLog });
    const { folder } = await prepareDataset(options({ from: sources.table, name: 'prepared' }));
    sources.prepared = folder;
  });

  for (const format of ['mmrec', 'movielens', 'table', 'prepared']) {
    test(format, async () => {
      const workspace = newFolder();
      const copy = join(newFolder(), 'copy');
      cpSync(sources[format], copy, { recursive: true });
      const files = readdirSync(copy, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.includes('.') && !name.includes('images') && name !== 'traits.jsonl')
        .sort();
      const seen = { whole: 0, refused: 0 };
      const file = fc.constantFrom(...files);
      await fc.assert(
        fc.asyncProperty(file, fc.array(damage, { minLength: 1, maxLength: 3 }), async (name, changes) => {
          const path = join(copy, name);
          writeFileSync(path, changes.reduce<Buffer>(apply, readFileSync(path)));
          try {
            const kCore = format === 'prepared' ? {} : { kCore: 0 };
            requireDataset(await loadDataset(copy, { workspace, splitSeed: 1, log: silentLog, ...kCore }));
            seen.whole++;
          } catch (error) {
            if (!(error instanceof AmrError)) throw error;
            expect(error.kind).toBe('input');
            seen.refused++;
          } finally {
            rmSync(path, { force: true });
            copyFileSync(join(sources[format], name), path);
          }
        }),
        // the first case changes nothing, so that one at least is whole however many of the drawn ones are refused
        { numRuns: 80, examples: [[files[0], []]] },
      );
      // The test would say nothing if all cases fell on one side.
      expect(seen.refused).toBeGreaterThan(10);
      expect(seen.whole).toBeGreaterThan(0);
    });
  }
});
