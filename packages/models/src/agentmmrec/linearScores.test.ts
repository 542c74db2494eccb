import { matrix, RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { interactions } from '../testing/checkerboard.js';
import { contentRows, type LinearContent, linearScores } from './linearScores.js';

const device = openDevice('reference');
const train = interactions(6, 5, [[0, 1], [1, 2, 3], [0, 3], [2, 4], [0, 1, 2], []]);

const scoresOf = (rank: number, regularisation: number, of = train, content: LinearContent | null = null) => {
  const context = { device, data: { train: of }, random: new RandomStreams(2) };
  const { users, items } = linearScores(context, { rank, regularisation, content });
  const [u, i, d] = [users.read(), items.read(), users.cols];
  return (user: number, item: number) => {
    let sum = 0;
    for (let c = 0; c < d; c++) sum += u[user * d + c] * i[item * d + c];
    return sum;
  };
};

/** EASE by its definition: each item regressed on the others alone, with a ridge. */
function regressed(item: number, lambda: number, user: number): number {
  const has = (u: number, i: number) =>
    train.itemIds.subarray(train.offsets[u], train.offsets[u + 1]).includes(i) ? 1 : 0;
  const others = [0, 1, 2, 3, 4].filter((other) => other !== item);
  const weights = new Map(others.map((other) => [other, 0]));
  for (let round = 0; round < 2000; round++) {
    for (const other of others) {
      let [with_, self] = [0, lambda];
      for (let u = 0; u < train.users; u++) {
        let rest = has(u, item);
        for (const third of others) if (third !== other) rest -= has(u, third) * (weights.get(third) ?? 0);
        with_ += has(u, other) * rest;
        self += has(u, other);
      }
      weights.set(other, with_ / self);
    }
  }
  return others.reduce((sum, other) => sum + has(user, other) * (weights.get(other) ?? 0), 0);
}

test('at full rank the scores of items a user does not have are those of EASE', () => {
  const score = scoresOf(256, 0.7);
  for (const [user, item] of [
    [0, 2],
    [1, 0],
    [2, 4],
    [4, 3],
    [5, 1],
  ]) {
    expect(score(user, item)).toBeCloseTo(regressed(item, 0.7, user), 5);
  }
});

test('a lower rank is another score, and a catalog without interactions has none', () => {
  expect(Math.abs(scoresOf(2, 0.7)(1, 0) - scoresOf(5, 0.7)(1, 0))).toBeGreaterThan(1e-3);
  const empty = interactions(2, 3, [[], []]);
  expect(scoresOf(2, 0.7, empty)(0, 1)).toBe(0);
});

test('a property of items is one more user who has them', () => {
  const lists = [[0, 1], [1, 2, 3], [0, 3], [2, 4], [0, 1, 2], []];
  const known = [
    [1, 0, 0, 1, 1],
    [0, 1, 0, 0, 1],
  ];
  const rows = matrix(5, 2);
  known.forEach((has, property) => {
    has.forEach((value, item) => {
      rows.data[item * 2 + property] = value / 2;
    });
  });
  const asContent = scoresOf(256, 0.7, train, { rows, weight: 2 });
  const withThem = [...lists, ...known.map((has) => [0, 1, 2, 3, 4].filter((item) => has[item] === 1))];
  const asUsers = scoresOf(256, 0.7, interactions(8, 5, withThem));
  for (const [user, item] of [
    [0, 2],
    [1, 4],
    [2, 1],
    [3, 0],
  ]) {
    expect(asContent(user, item)).toBeCloseTo(asUsers(user, item), 4);
  }
  expect(Math.abs(asContent(0, 4) - scoresOf(256, 0.7)(0, 4))).toBeGreaterThan(1e-2);
});

test('content is unit rows less their mean, side by side; a zero row is less the mean alone', () => {
  const a = matrix(2, 2, Float32Array.of(3, 4, 0, 0));
  const b = matrix(2, 1, Float32Array.of(-2, 5));
  expect(Array.from(contentRows([a, b])?.data ?? [], (value) => Math.round(value * 100) / 100)).toEqual([
    0.3, 0.4, -1, -0.3, -0.4, 1,
  ]);
  expect(contentRows([])).toBeNull();
});
