import { buildInteractions, type Interactions } from '@agentmmrec/datasets';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Evaluator, evaluateRanking } from './evaluator.js';

const device = openDevice('cpu', { threads: 1 });

function interactions(items: number, rows: readonly (readonly number[])[]): Interactions {
  const userIds = Int32Array.from(rows.flatMap((row, user) => row.map(() => user)));
  return buildInteractions(rows.length, items, { userIds, itemIds: Int32Array.from(rows.flat()) });
}

const valuesOf = (seed: number, length: number, step: number) => {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return step * Math.round(((state / 2 ** 31 - 1) * 4) / step);
  });
};

describe('a model that is measured again and again', () => {
  const shapes = fc.record({
    seed: fc.integer(),
    items: fc.integer({ min: 1, max: 120 }),
    users: fc.integer({ min: 1, max: 40 }),
    d: fc.integer({ min: 1, max: 9 }),
    // coarse values make equal scores common, small moves leave most lists as they were
    step: fc.constantFrom(1, 2 ** -20),
    moves: fc.array(fc.constantFrom(0, 0.01, 0.5, 10), { minLength: 1, maxLength: 5 }),
  });

  test('has the metrics of whole rankings, user by user, however it moved', () => {
    fc.assert(
      fc.property(shapes, ({ seed, items, users, d, step, moves }) => {
        const of = (offset: number, share: number) => {
          const draws = valuesOf(seed + offset, users * items, 2 ** -20);
          return Array.from({ length: users }, (_, user) =>
            Array.from({ length: items }, (__, item) => item).filter(
              (item) => Math.abs(draws[user * items + item]) < share,
            ),
          );
        };
        const call = { device, train: interactions(items, of(1, 0.4)), truth: interactions(items, of(2, 0.2)) };
        const evaluator = new Evaluator({ ...call, repeated: true });
        const ranking = { users: valuesOf(seed + 3, users * d, step), items: valuesOf(seed + 4, items * d, step), d };
        expect(evaluator.evaluate(ranking)).toEqual(evaluateRanking({ ...call, ranking }));
        moves.forEach((move, turn) => {
          for (const table of [ranking.users, ranking.items]) {
            const by = valuesOf(seed + 5 + turn, table.length, step);
            table.forEach((value, at) => {
              table[at] = value + move * by[at];
            });
          }
          expect(evaluator.evaluate(ranking)).toEqual(evaluateRanking({ ...call, ranking }));
        });
        evaluator.release();
      }),
      { numRuns: 150 },
    );
  });

  test('ranks only those whose truth may have come forward, and takes scores that are no numbers for nothing', () => {
    const [users, items, d] = [300, 500, 4];
    const train = interactions(
      items,
      Array.from({ length: users }, () => []),
    );
    const truth = interactions(
      items,
      Array.from({ length: users }, (_, user) => [user % items]),
    );
    const ranked: number[] = [];
    const counting = Object.create(device, {
      kernels: {
        value: {
          ...device.kernels,
          rankTopK: (call: Parameters<typeof device.kernels.rankTopK>[0]) => {
            ranked.push(call.users.length / d);
            device.kernels.rankTopK(call);
          },
        },
      },
    });
    const call = { device: counting, train, truth };
    const evaluator = new Evaluator({ ...call, repeated: true });
    const ranking = { users: valuesOf(1, users * d, 2 ** -20), items: valuesOf(2, items * d, 2 ** -20), d };
    const first = evaluator.evaluate(ranking);
    const again = evaluator.evaluate(ranking);
    expect(again).toEqual(first);
    expect(ranked[0]).toBe(users);
    expect(ranked[1]).toBeLessThan(users / 5);
    expect(ranked[1]).toBeGreaterThan(0);
    ranking.users.fill(Number.NaN, 0, 10 * d);
    ranking.items[7 * d] = Number.POSITIVE_INFINITY;
    expect(evaluator.evaluate(ranking)).toEqual(evaluateRanking({ device, train, truth, ranking }));
    const before = device.memory().usedBytes;
    evaluator.evaluate(ranking);
    expect(device.memory().usedBytes).toBe(before);
    evaluator.release();
  });
});
