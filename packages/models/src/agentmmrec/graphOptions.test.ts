import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { buildModel, type ModelData, models } from '../index.js';
import { checkerboard, checkerboardData, interactions } from '../testing/checkerboard.js';
import { representationsOf } from '../testing/scores.js';

const device = openDevice('reference');
const plain = checkerboardData(device, checkerboard(10), { knowledge: false });
const full = checkerboardData(device, checkerboard(10));
const small = { dimensions: 4, k: 3, layers: 2 };

function rowsOf(given: Record<string, unknown>, of: ModelData = plain) {
  const model = buildModel(
    models.agentmmrec,
    { data: of, device, random: new RandomStreams(3) },
    { ...small, ...given },
  );
  const { users, d } = representationsOf(model);
  const values = device.read(users);
  return { model, user: (u: number) => Array.from(values.subarray(u * d, (u + 1) * d)) };
}

describe('co-purchasers', () => {
  // users 0, 1 and 2 share items; user 3 shares none
  const train = interactions(10, 10, [[0, 1, 2], [0, 1], [2, 3], [9], [], [], [], [], [], []]);
  const data = { ...plain, train };

  test('a user adds the mean of those with most items in common, and one who shares none adds nothing', () => {
    const without = rowsOf({}, data);
    const with_ = rowsOf({ coPurchasers: 2, weightCoPurchasers: 0.5 }, data);
    const added = (u: number) => with_.user(u).map((value, c) => value - without.user(u)[c]);
    const mean = (...users: number[]) =>
      without.user(0).map((_, c) => users.reduce((sum, u) => sum + without.user(u)[c], 0) / users.length);
    const expected = [mean(1, 2), mean(0), mean(0), [0, 0, 0, 0]];
    expected.forEach((row, u) => {
      row.forEach((value, c) => {
        expect(added(u)[c]).toBeCloseTo(value * 0.5, 5);
      });
    });
  });

  test('it is one more stage of the score', () => {
    const parts = rowsOf({ coPurchasers: 2 }, { ...full, train }).model.scoreParts() ?? [];
    expect(parts.some(({ name }) => name.includes('common items'))).toBe(true);
  });
});

test('learned weights begin where the fixed ones stand, and are trained', () => {
  const [fixed, learned] = [
    rowsOf({ coPurchasers: 2 }, full),
    rowsOf({ coPurchasers: 2, graphWeights: 'learned' }, full),
  ];
  const names = ['weights.users', 'weights.items', 'weights.views'];
  expect(Object.keys(learned.model.parameters).filter((name) => name.startsWith('weights.'))).toEqual(
    expect.arrayContaining(names),
  );
  for (const name of names) expect(fixed.model.parameters[name]).toBeUndefined();
  learned.user(0).forEach((value, c) => {
    expect(value).toBeCloseTo(fixed.user(0)[c], 5);
  });
});

test('linear scores take features and knowledge where they are asked to', () => {
  const scoreOf = (given: Record<string, unknown>) => {
    const { users, items, d } = representationsOf(
      buildModel(models.agentmmrec, { data: full, device, random: new RandomStreams(3) }, { ...small, ...given }),
    );
    const [u, i] = [device.read(users), device.read(items)];
    let sum = 0;
    for (let c = d - 3; c < d; c++) sum += u[c] * i[d + c]; // user 0, item 1
    return sum;
  };
  const linear = { linearWeight: 1, linearRank: 3 };
  expect(scoreOf({ ...linear, linearContent: 0 })).toBe(scoreOf(linear));
  expect(Math.abs(scoreOf({ ...linear, linearContent: 5 }) - scoreOf(linear))).toBeGreaterThan(1e-3);
});
