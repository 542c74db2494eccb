import { RandomStreams } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildInteractions } from '../dataset/interactions.js';
import { sparsityGroups } from '../dataset/sparsityGroups.js';
import { readRaw } from '../formats/readRaw.js';
import { errorOf, folderOf, options, removeFolders } from '../testing/folders.js';
import { readParts } from '../testing/readParts.js';
import { splitNames } from './choices.js';
import { splitItemColdStart } from './coldItemSplit.js';
import { splitMmrecRandom } from './split.js';
import { splitLeaveOneOut, splitTemporalByUser, splitTemporalGlobal } from './timeSplits.js';

afterAll(removeFolders);

/** Distinct pairs with times, some of them equal. */
const dataArbitrary = fc
  .record({
    users: fc.integer({ min: 1, max: 12 }),
    items: fc.integer({ min: 1, max: 20 }),
    cells: fc.uniqueArray(fc.integer({ min: 0, max: 239 }), { minLength: 1, maxLength: 120 }),
    step: fc.integer({ min: 1, max: 7 }),
  })
  .map(({ users, items, cells, step }) => {
    const kept = cells.filter((cell) => cell % 20 < items && Math.floor(cell / 20) < users);
    const pairs = {
      userIds: Int32Array.from(kept, (cell) => Math.floor(cell / 20)),
      itemIds: Int32Array.from(kept, (cell) => cell % 20),
    };
    return { users, items, pairs, times: Float64Array.from(kept, (_, n) => Math.floor(((n * 37) % 101) / step)) };
  })
  .filter(({ pairs }) => pairs.userIds.length > 0);

const seeds = fc.integer();

describe('splits by user', () => {
  test('every user with a test item has training items, and nobody has items only to be judged by', () => {
    fc.assert(
      fc.property(dataArbitrary, seeds, ({ users, pairs, times }, seed) => {
        const random = new RandomStreams(seed);
        for (const labels of [
          splitMmrecRandom(users, pairs, random),
          splitTemporalByUser(users, pairs, times),
          splitLeaveOneOut(users, pairs, times, random),
          splitLeaveOneOut(users, pairs, null, random),
        ]) {
          const has = (user: number, label: number) =>
            labels.some((other, n) => other === label && pairs.userIds[n] === user);
          for (let user = 0; user < users; user++) {
            if (has(user, 1) || has(user, 2)) expect(has(user, 0)).toBe(true);
          }
        }
      }),
    );
  });

  test('nothing in training is later than what the user is judged by', () => {
    fc.assert(
      fc.property(dataArbitrary, seeds, ({ users, pairs, times }, seed) => {
        for (const labels of [
          splitTemporalByUser(users, pairs, times),
          splitLeaveOneOut(users, pairs, times, new RandomStreams(seed)),
        ]) {
          for (let a = 0; a < labels.length; a++) {
            for (let b = 0; b < labels.length; b++) {
              if (pairs.userIds[a] === pairs.userIds[b] && labels[a] < labels[b]) {
                expect(times[a]).toBeLessThanOrEqual(times[b]);
              }
            }
          }
        }
      }),
    );
  });

  test('leave-one-out holds out one and one of every user with three interactions or more', () => {
    fc.assert(
      fc.property(dataArbitrary, fc.boolean(), seeds, ({ users, pairs, times }, timed, seed) => {
        const labels = splitLeaveOneOut(users, pairs, timed ? times : null, new RandomStreams(seed));
        for (let user = 0; user < users; user++) {
          const own = Array.from(labels).filter((_, n) => pairs.userIds[n] === user);
          const held = own.length >= 3 ? 1 : 0;
          expect(own.filter((label) => label === 1)).toHaveLength(held);
          expect(own.filter((label) => label === 2)).toHaveLength(held);
        }
      }),
    );
  });
});

describe('splitTemporalGlobal', () => {
  test('two moments part the splits, for everybody', () => {
    fc.assert(
      fc.property(dataArbitrary, ({ pairs, times }) => {
        fc.pre(
          new Set(times).size > 4 && times.filter((time) => time === Math.min(...times)).length * 2 < times.length,
        );
        const labels = splitTemporalGlobal(pairs, times);
        const timesOf = (label: number) => times.filter((_, n) => labels[n] === label);
        expect(Math.max(...timesOf(0))).toBeLessThan(Math.min(...timesOf(1), ...timesOf(2)));
        expect(Math.max(...timesOf(1))).toBeLessThan(Math.min(...timesOf(2)));
      }),
    );
  });

  test('distinct times give 8 : 1 : 1', () => {
    const ids = Int32Array.from({ length: 100 }, (_, n) => n);
    const labels = splitTemporalGlobal({ userIds: ids, itemIds: ids }, Float64Array.from(ids));
    expect([0, 1, 2].map((label) => labels.filter((other) => other === label).length)).toEqual([80, 10, 10]);
  });

  test('times that are all equal are refused', async () => {
    const ids = Int32Array.from([0, 1, 2]);
    const error = await errorOf(() => splitTemporalGlobal({ userIds: ids, itemIds: ids }, new Float64Array(3)));
    expect(error.message).toContain('too many share one time');
    expect(error.kind).toBe('input');
  });
});

describe('splitItemColdStart', () => {
  test('cold items have no interaction in any other split, and are a fifth of the items', () => {
    fc.assert(
      fc.property(dataArbitrary, seeds, ({ items, pairs }, seed) => {
        const labels = splitItemColdStart(items, pairs, new RandomStreams(seed));
        const labelsOf = new Map<number, Set<number>>();
        pairs.itemIds.forEach((item, n) => {
          labelsOf.set(item, (labelsOf.get(item) ?? new Set()).add(labels[n]));
        });
        const single = [...labelsOf.values()].map((found) => [...found]);
        expect(single.every((found) => found.length === 1)).toBe(true);
        const cold = Math.floor(labelsOf.size / 5);
        expect(single.filter(([label]) => label === 1)).toHaveLength(Math.floor(cold / 2));
        expect(single.filter(([label]) => label === 2)).toHaveLength(cold - Math.floor(cold / 2));
      }),
    );
  });

  test('every item is drawn about equally often', () => {
    const ids = Int32Array.from({ length: 10 }, (_, n) => n);
    const cold = new Int32Array(10);
    for (let seed = 0; seed < 2000; seed++) {
      splitItemColdStart(10, { userIds: ids, itemIds: ids }, new RandomStreams(seed)).forEach((label, item) => {
        if (label > 0) cold[item]++;
      });
    }
    // 2000 draws of two in ten: 400 each, standard deviation 18.
    for (const count of cold) expect(Math.abs(count - 400)).toBeLessThan(90);
  });
});

describe('sparsityGroups', () => {
  test('parts the users with training items by the stated bounds', () => {
    const counts = [0, 1, 5, 6, 10, 11, 20, 21, 40];
    const userIds = counts.flatMap((count, user) => Array.from({ length: count }, () => user));
    const itemIds = counts.flatMap((count) => Array.from({ length: count }, (_, item) => item));
    const train = buildInteractions(counts.length, 40, {
      userIds: Int32Array.from(userIds),
      itemIds: Int32Array.from(itemIds),
    });
    expect(sparsityGroups(train).map(({ label, userIds: users }) => [label, ...users])).toEqual([
      ['(0,5]', 1, 2],
      ['(5,10]', 3, 4],
      ['(10,20]', 5, 6],
      ['(20,inf)', 7, 8],
    ]);
  });
});

/** 12 users with 10 items each, times growing along the file, labels by hand. */
function table(columns: readonly string[]): string {
  const lines = [['user', 'item', ...columns].join('\t')];
  for (let n = 0; n < 120; n++) {
    const extra = columns.map((column) => (column === 'timestamp' ? String(1000 + n) : String(n % 3)));
    lines.push([`u${n % 12}`, `i${(n * 7 + Math.floor(n / 12)) % 40}`, ...extra].join('\t'));
  }
  return `${lines.join('\n')}\n`;
}

describe('from a file', () => {
  test.each(splitNames)('%s is reproducible and no pair is in two splits', async (split) => {
    const folder = folderOf({ 'interactions.tsv': table(['timestamp', 'x_label']) });
    const read = () => readParts(folder, options({ splitBy: split, kCore: 0 }));
    const { train, validation, test: held } = await read();
    const again = await read();
    expect([again.train, again.validation, again.test]).toEqual([train, validation, held]);
    const pairs = [train, validation, held].flatMap(({ offsets, itemIds }) =>
      Array.from(itemIds, (item, n) => `${offsets.findLastIndex((offset) => offset <= n)} ${item}`),
    );
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(pairs.length).toBeGreaterThan(90);
    for (const part of [train, validation, held]) expect(part.itemIds.length).toBeGreaterThan(0);
  });

  test.each(['temporal-user', 'temporal-global'] as const)('%s without times is refused', async (split) => {
    const folder = folderOf({ 'interactions.tsv': table([]) });
    const error = await errorOf(() => readParts(folder, options({ splitBy: split, kCore: 0 })));
    expect(error.message).toContain('a time for every interaction');
  });

  test('leave-one-out without times says that it was drawn', async () => {
    const folder = folderOf({ 'interactions.tsv': table([]) });
    const { report } = await readParts(folder, options({ splitBy: 'leave-one-out' as const, kCore: 0 }));
    expect(report.remarks).toContain('split leave-one-out without times, drawn from seed 1');
  });

  test('dates are times', async () => {
    const rows = ['2021-03-01', '2020-12-31T23:59:59Z', '2021-01-05'].map((date, n) => `u\ti${n}\t${date}\n`);
    const folder = folderOf({ 'interactions.tsv': `user\titem\ttimestamp\n${rows.join('')}` });
    const { train, test: held } = await readParts(folder, options({ splitBy: 'temporal-user' as const, kCore: 0 }));
    expect([[...train.itemIds], [...held.itemIds]]).toEqual([[1], [0]]);
  });

  test.each([
    ['2020-03-29T02:30', 150],
    ['2020-03-29 02:30:00', 150],
    ['2020-03-29 02:30:00.123456', 150.00205],
    ['2020-03-29 02:30:00+00', 150],
    ['2020-03-29 04:30:00 +0200', 150],
    ['2020-03-29T02:30:00Z', 150],
    ['2020-03-28T21:30:00-05:00', 150],
  ])('%s is the same moment wherever it is read', async (time, minutes) => {
    const folder = folderOf({ 'interactions.tsv': `user\titem\ttimestamp\nu\ti\t${time}\n` });
    const { timestamps } = await readRaw(folder);
    expect(((timestamps?.[0] ?? 0) - Date.UTC(2020, 2, 29)) / 60_000).toBeCloseTo(minutes, 4);
  });

  test('a time that is no number is an error with its line', async () => {
    const folder = folderOf({ 'interactions.tsv': 'user\titem\ttimestamp\nu\ti\tsoon\n' });
    const error = await errorOf(() => readParts(folder, options({ kCore: 0 })));
    expect(error.message).toContain('line 2, timestamp');
  });
});

describe('duplicates', () => {
  const table = (rows: readonly string[]) => ({
    'interactions.csv': `user,item,rating,timestamp\n${rows.join('\n')}\n`,
  });

  test('count at their earliest time: a repeat purchase is not the last one', async () => {
    // i0 is bought at 9 in the first row and at 1 in the last; by the first row it would be the test item.
    const rows = ['u,i0,5,9', 'u,i1,5,2', 'u,i2,5,3', 'u,i3,5,4', 'u,i0,5,1', 'u,i0,5,1'];
    for (const split of ['temporal-user', 'leave-one-out'] as const) {
      const parts = await readParts(folderOf(table(rows)), options({ splitBy: split, kCore: 0 }));
      expect(parts.report).toMatchObject({ duplicatesMerged: 2, interactions: { train: 2, validation: 1, test: 1 } });
      const names = (part: { itemIds: Int32Array }) => Array.from(part.itemIds, (item) => parts.itemIds[item]).sort();
      expect([names(parts.train), names(parts.validation), names(parts.test)]).toEqual([['i0', 'i1'], ['i2'], ['i3']]);
    }
    const others = Array.from({ length: 9 }, (_, n) => `v,j${n},5,${n}`);
    const early = await readParts(
      folderOf(table([...rows, ...others])),
      options({ splitBy: 'temporal-global', kCore: 0 }),
    );
    const i0 = early.itemIds.indexOf('i0');
    expect([...early.train.itemIds]).toContain(i0);
    expect([...early.validation.itemIds, ...early.test.itemIds]).not.toContain(i0);
  });

  test('a low rating does not hide a high one of the same item', async () => {
    const parts = await readParts(
      folderOf(table(['u,i0,1,1', 'u,i0,5,2', 'u,i1,2,3'])),
      options({ minRating: 4, kCore: 0 }),
    );
    expect(parts.itemIds).toEqual(['i0']);
    expect(parts.report.dropped).toEqual([{ reason: 'rated below 4', rows: 2 }]);
  });
});
