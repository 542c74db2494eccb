import { buildInteractions, type Interactions } from '@agentmmrec/datasets';
import { type Device, type Floats, openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluateRanking } from './evaluator.js';
import { type Ranking, rankUsers, rankUsersByTurns, usersOf } from './rank.js';

function interactions(items: number, rows: readonly (readonly number[])[]): Interactions {
  const userIds = rows.flatMap((row, user) => row.map(() => user));
  return buildInteractions(rows.length, items, {
    userIds: Int32Array.from(userIds),
    itemIds: Int32Array.from(rows.flat()),
  });
}

/** All items in order of score, ties to the lower id, without the masked ones: the definition, by sorting. */
function sorted(user: Float32Array, items: Float32Array, d: number, masked: ReadonlySet<number>): number[] {
  const scores = Array.from({ length: items.length / d }, (_, item) => {
    let score = 0;
    for (let c = 0; c < d; c++) score += user[c] * items[item * d + c];
    return score;
  });
  const candidates = scores.map((_, item) => item).filter((item) => !masked.has(item));
  return candidates.sort((a, b) => scores[b] - scores[a] || a - b);
}

const devices: Device[] = [openDevice('reference'), openDevice('cpu')];

interface Tables {
  readonly users: Float32Array;
  readonly items: Float32Array;
  readonly d: number;
}

/** The same scores, given by inner products or by the model itself. */
const ways = {
  'inner products': (_: Device, tables: Tables): Ranking => tables,
  'scores of its own': (device: Device, { users, items, d }: Tables): Ranking => ({
    items: items.length / d,
    write: (userIds: Int32Array, out: Floats) => {
      const rows = device.floats(userIds.length * d);
      device.kernels.gatherRows({ out: rows, x: users, ids: userIds, d });
      const sizes = { m: userIds.length, n: items.length / d, k: d };
      device.kernels.gemm({ out, a: rows, b: items, transposeB: true, ...sizes });
      device.release(rows);
    },
  }),
};
const cases = devices.flatMap((device) =>
  Object.entries(ways).map(([way, of]) => ({ device, name: `${device.name} by ${way}`, of })),
);

test('by turns the same bits come out', async () => {
  const [d, count, k] = [8, 5000, 5];
  const values = (length: number) => Float32Array.from({ length }, (_, n) => Math.sin(n * 12.9898) * 4);
  const ranking = { users: values(count * d), items: values(400 * d), d };
  const mask = interactions(
    400,
    Array.from({ length: count }, (_, user) => [user % 400]),
  );
  const userIds = Int32Array.from({ length: count }, (_, n) => count - 1 - n);
  const call = { device: openDevice('cpu', { threads: 1 }), ranking, mask, userIds, k };
  const found = await rankUsersByTurns(call);
  expect(found).toEqual(rankUsers(call));
  await expect(rankUsersByTurns({ ...call, userIds: Int32Array.of(count) })).rejects.toThrow('user');
});

describe.each(cases)('full ranking on $name', ({ device, of }) => {
  const by = (users: Float32Array, items: Float32Array, d: number) => of(device, { users, items, d });
  test('masks, breaks ties to the lower id and fills short lists, by hand', () => {
    const users = Float32Array.of(1, 0, 0, 1); // [2, 2]
    const items = Float32Array.of(3, 1, 5, 1, 5, 2, 4, 0); // [4, 2]
    const mask = interactions(4, [[1], [0, 1, 2]]);
    const lists = rankUsers({ device, ranking: by(users, items, 2), mask, userIds: Int32Array.of(1, 0), k: 3 });
    expect([...lists.items]).toEqual([3, -1, -1, 2, 3, 0]);
    expect([...lists.scores]).toEqual([0, -Infinity, -Infinity, 5, 4, 3]);
    const all = rankUsers({
      device,
      ranking: by(users, items, 2),
      mask: interactions(4, [[], []]),
      userIds: Int32Array.of(0),
      k: 4,
    });
    expect([...all.items]).toEqual([1, 2, 3, 0]);
  });

  test('agrees with sorting on integer scores, with two masks that overlap', () => {
    const small = fc.integer({ min: -3, max: 3 });
    const rows = fc.array(fc.uniqueArray(fc.nat(11), { maxLength: 9 }), { minLength: 5, maxLength: 5 });
    const d = 3;
    fc.assert(
      fc.property(
        fc.array(small, { minLength: 5 * d, maxLength: 5 * d }),
        fc.array(small, { minLength: 12 * d, maxLength: 12 * d }),
        rows,
        rows,
        fc.integer({ min: 1, max: 15 }),
        (u, v, maskRows, alsoRows, k) => {
          const [users, items] = [Float32Array.from(u), Float32Array.from(v)];
          const mask = interactions(12, maskRows);
          const excludeAlso = interactions(12, alsoRows);
          const userIds = Int32Array.of(4, 0, 2);
          const lists = rankUsers({ device, ranking: by(users, items, d), mask, userIds, k, excludeAlso });
          userIds.forEach((user, row) => {
            const masked = new Set([...maskRows[user], ...alsoRows[user]]);
            const wanted = sorted(users.subarray(user * d, (user + 1) * d), items, d, masked).slice(0, k);
            while (wanted.length < k) wanted.push(-1);
            expect([...lists.items.subarray(row * k, (row + 1) * k)]).toEqual(wanted);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  test('more users than a block holds are ranked as each alone, and no memory stays behind', () => {
    const count = 2500;
    const users = Float32Array.from({ length: count }, (_, user) => (user % 7) - 3);
    const items = Float32Array.of(1, -2, 3, 2);
    const mask = interactions(
      4,
      Array.from({ length: count }, (_, user) => [user % 4]),
    );
    const before = device.memory().usedBytes;
    const lists = rankUsers({ device, ranking: by(users, items, 1), mask, userIds: usersOf(mask), k: 3 });
    expect(device.memory().usedBytes).toBe(before);
    for (const user of [0, 1023, 1024, 1025, 2047, 2048, 2499]) {
      const wanted = sorted(users.subarray(user, user + 1), items, 1, new Set([user % 4]));
      expect([...lists.items.subarray(user * 3, user * 3 + 3)]).toEqual(wanted);
    }
  });

  test('evaluates users who have truth, on the items they can be shown', () => {
    // Two users of opposite taste over 30 items whose scores fall with the id for user 0 and rise for user 1.
    const users = Float32Array.of(-1, 1);
    const items = Float32Array.from({ length: 30 }, (_, item) => item);
    const train = interactions(30, [[0, 1], []]);
    const truth = interactions(30, [[2, 29], [29]]);
    const ranking = by(users, items, 1);
    const { metrics, coldUsers, userIds } = evaluateRanking({ device, ranking, train, truth });
    expect([...userIds]).toEqual([0, 1]);
    expect(coldUsers).toBe(1);
    expect(metrics['recall@10']).toBe((0.5 + 1) / 2);
    const excludeAlso = interactions(30, [[2], []]);
    const masked = evaluateRanking({ device, ranking, train, truth, excludeAlso });
    expect(masked.metrics['recall@20']).toBe((0 + 1) / 2);
  });

  test('an empty split and an unknown user', () => {
    const none = interactions(3, [[], []]);
    const call = { device, ranking: by(Float32Array.of(1, 2), Float32Array.of(1, 2, 3), 1), mask: none, k: 2 };
    expect(rankUsers({ ...call, userIds: new Int32Array(0) }).items).toHaveLength(0);
    expect(() => rankUsers({ ...call, userIds: Int32Array.of(2) })).toThrow('got user 2, expected a user from 0 to 1');
    expect(() => rankUsers({ ...call, userIds: Int32Array.of(0), k: 0 })).toThrow('got k = 0');
  });
});
