import { AmrError, RandomStreams } from '@agentmmrec/core';
import { rankUsers } from '@agentmmrec/evaluation';
import { withoutInteractions } from '@agentmmrec/graphs';
import { type Device, openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { writeItemWeights } from './ease/itemWeights.js';
import { type BuiltModel, buildModel, findModel, type ModelData, models } from './index.js';
import { checkerboard, checkerboardData, interactions } from './testing/checkerboard.js';
import { fit as fitOn } from './testing/fit.js';
import { scoresOf } from './testing/scores.js';

/** What the conformance suite asks of models with gradients, for those of the record that train by sweeps, or need no training. */
const device = openDevice('cpu', { threads: 1 });
const train = checkerboard(12, 1);
const data = checkerboardData(device, train);
const small: Record<string, Record<string, unknown>> = {
  ials: { dimensions: 6, regularisation: 0.1, weight: 8 },
  ease: { regularisation: 0.5 },
  slim: { regularisation: 0.5, sparsity: 0.01 },
};

function buildOf(
  name: string,
  given: Record<string, unknown> = {},
  on: ModelData = data,
  seed = 1,
  where: Device = device,
): BuiltModel {
  const options = { ...small[name.split(' ')[0]], ...given };
  return buildModel(findModel(name), { data: on, device: where, random: new RandomStreams(seed) }, options);
}

const fit = (model: BuiltModel, where: Device = device) => fitOn(model, { device: where, train, epochs: 15 });
const scores = (model: BuiltModel) => scoresOf(model, device, data);

/** Interactions alone as a model's data. */
const bare = (users: number, items: number, on: ModelData['train']): ModelData => ({
  users,
  items,
  train: on,
  features: [],
  knowledge: null,
});

/** Largest difference of two tables of scores. */
function distance(a: number[][], b: number[][]): number {
  return Math.max(...a.flatMap((row, r) => row.map((value, c) => Math.abs(value - b[r][c]))));
}

const sweepers = Object.keys(models).filter((name) => buildOf(name).sweeps);

test('these train by sweeps', () => {
  expect(sweepers).toEqual(expect.arrayContaining(['ease', 'ials', 'itemknn', 'popularity', 'slim']));
});

describe.each(sweepers.flatMap((name) => [name, `${name} + graph`]))('%s', (name) => {
  const build = (...rest: [Record<string, unknown>?, ModelData?, number?, Device?]) => buildOf(name, ...rest);

  if (!name.startsWith('popularity'))
    test('finds the one right item of every user', () => {
      const model = build();
      fit(model);
      const all = scores(model);
      for (let user = 0; user < 12; user++) {
        const seen = new Set(train.itemIds.subarray(train.offsets[user], train.offsets[user + 1]));
        const unseen = Array.from({ length: 12 }, (_, item) => item).filter((item) => !seen.has(item));
        expect(unseen.reduce((best, item) => (all[user][item] > all[user][best] ? item : best))).toBe(user);
      }
    });

  test('the same seed gives the same bits', () => {
    const run = () => {
      const model = build();
      fit(model);
      return scores(model);
    };
    expect(run()).toEqual(run());
  });

  test('what a checkpoint holds carries the model', () => {
    const [trained, fresh] = [build(), build({}, data, 9)];
    fit(trained);
    for (const [key, tensor] of Object.entries(trained.parameters)) {
      device.write(fresh.parameters[key].data, tensor.read());
    }
    for (const [key, values] of Object.entries(trained.state)) device.write(fresh.state[key], device.read(values));
    fresh.restored();
    expect(scores(fresh)).toEqual(scores(trained));
  });

  test('users without items and items without users have finite scores', () => {
    const model = build();
    fit(model);
    const all = scores(model);
    expect(all[12].concat(all.map((row) => row[12])).every(Number.isFinite)).toBe(true);
  });

  test('more places than items: the rest stays empty', () => {
    const model = build();
    fit(model);
    const k = data.items + 3;
    const { items } = rankUsers({ device, ranking: model.ranking(), mask: train, userIds: Int32Array.of(0), k });
    expect([...items.subarray(0, 8)].sort((a, b) => a - b)).toEqual([0, 1, 3, 5, 7, 9, 11, 12]);
    expect([...items.subarray(8)]).toEqual(Array(k - 8).fill(-1));
  });

  test('release gives everything back, and many rankings do not grow memory', () => {
    const before = device.memory().usedBytes;
    const model = build();
    fit(model);
    const rank = () => rankUsers({ device, ranking: model.ranking(), mask: train, userIds: Int32Array.of(3, 1), k: 4 });
    rank();
    const ranked = device.memory();
    for (let i = 0; i < 50; i++) rank();
    fit(model);
    expect(device.memory().usedBytes).toBe(ranked.usedBytes);
    model.release();
    expect(device.memory().usedBytes).toBe(before);
  });

  test('an edge that is left out of the interactions is not trained on', () => {
    const fold = interactions(
      data.users,
      data.items,
      Array.from({ length: data.users }, (_, user) => (user === 0 ? [2] : [])),
    );
    const rest = withoutInteractions(train, fold);
    const [onAll, onRest] = [build(), build({}, { ...data, train: rest })];
    for (const each of [onAll, onRest]) fit(each);
    expect(scores(onAll)).not.toEqual(scores(onRest));
  });

  test('the cpu and the reference device end in the same scores', () => {
    const run = (where: Device) => {
      const model = build({}, data, 1, where);
      fit(model, where);
      return scoresOf(model, where, data);
    };
    expect(distance(run(device), run(openDevice('reference')))).toBeLessThan(2e-3);
  });

  test('an unknown option is refused', () => {
    expect(() => build({ dimension: 3 })).toThrow(/option "dimension"/);
  });
});

describe('popularity', () => {
  test('scores are the numbers of interactions', () => {
    const some = interactions(3, 4, [[0, 2], [2], [2, 3]]);
    const own = bare(3, 4, some);
    expect(scoresOf(buildOf('popularity', {}, own), device, own)).toEqual(Array(3).fill([1, 0, 3, 1]));
  });
});

describe('itemknn', () => {
  // Items 0 and 1 share two users, 1 and 2 one.
  const some = interactions(4, 3, [[0, 1], [0, 1], [1, 2], [0]]);
  const own = bare(4, 3, some);

  test('sums the cosines of the user’s items, of each item’s nearest only', () => {
    const near = 2 / Math.sqrt(9);
    const far = 1 / Math.sqrt(3);
    const rounded = (options: Record<string, unknown>) =>
      scoresOf(buildOf('itemknn', options, own), device, own).map((row) => row.map((v) => Math.round(v * 1e5) / 1e5));
    const r = (v: number) => Math.round(v * 1e5) / 1e5;
    expect(rounded({})).toEqual([
      [r(near), r(near), r(far)],
      [r(near), r(near), r(far)],
      [r(near), r(far), r(far)],
      [0, r(near), 0],
    ]);
    // With one neighbour item 1 looks at item 0 alone, and item 2 at item 1.
    expect(rounded({ neighbours: 1 })[2]).toEqual([r(near), 0, r(far)]);
    expect(rounded({ shrinkage: 1 })[3]).toEqual([0, r(2 / 4), 0]);
  });

  test('by features items of one colour are near, and a data set without features is refused', () => {
    const model = buildOf('itemknn', { by: 'features', neighbours: 5 });
    const [first] = scores(model);
    const mean = (parity: number) =>
      first.filter((_, item) => item < 12 && item % 2 === parity).reduce((a, b) => a + b);
    expect(mean(0)).toBeGreaterThan(2 * Math.abs(mean(1)));
    expect(() => buildOf('itemknn', { by: 'features' }, own)).toThrow('item features');
  });
});

describe('ease', () => {
  test('is the closed form: X’X B + lambda B = X’X off the diagonal, which is 0', () => {
    const [lambda, n] = [0.7, data.items];
    const model = buildOf('ease', { regularisation: lambda });
    fit(model);
    const x = Array.from({ length: data.users }, (_, user) => {
      const row = new Array<number>(n).fill(0);
      for (const item of train.itemIds.subarray(train.offsets[user], train.offsets[user + 1])) row[item] = 1;
      return row;
    });
    const gram = (i: number, j: number) => x.reduce((sum, row) => sum + row[i] * row[j], 0);
    // The gradient of |X - X B|^2 + lambda |B|^2 is 2 (X'(X B - X) + lambda B): scores are X B.
    const xb = scores(model);
    const weights = bOf(lambda);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (i === j) expect(weights[i][j]).toBe(0);
        else {
          const slope = x.reduce((sum, row, u) => sum + row[i] * xb[u][j], 0) - gram(i, j) + lambda * weights[i][j];
          expect(Math.abs(slope)).toBeLessThan(1e-4);
        }
      }
    }
  });

  /** B itself, by rows. */
  function bOf(lambda: number): number[][] {
    const n = data.items;
    const weights = device.floats(n * n);
    for (const _ of writeItemWeights(device, train, { regularisation: lambda, dropout: 0 }, weights));
    const values = Array.from(device.read(weights));
    device.release(weights);
    return Array.from({ length: n }, (_, i) => values.slice(i * n, (i + 1) * n));
  }

  test('dropped inputs regularise frequent items more', () => {
    const [plain, dropped] = [0, 0.5].map((dropout) => {
      const model = buildOf('ease', { dropout });
      fit(model);
      return scores(model)[0][0];
    });
    expect(dropped).toBeLessThan(0.9 * plain);
  });

  test('a catalog beyond its memory is refused with what it would take', () => {
    const building = () => buildOf('ease', { memory: 0.001 }, bare(13, 20_000, { ...train, items: 20_000 }));
    expect(building).toThrow(AmrError);
    expect(building).toThrow(/20000 items, whose weights take 1.5 GiB, expected at most 0.001 GiB/);
  });
});

describe('slim', () => {
  const some = interactions(6, 5, [[0, 1, 2], [0, 1], [1, 2, 3], [0, 3], [2, 3, 4], [4]]);
  const own = bare(6, 5, some);

  test('is the minimum that scipy 1.17 finds with bounds (L-BFGS-B, a gradient below 1e-12)', () => {
    const model = buildOf('slim', { regularisation: 0.5, sparsity: 0.1 }, own);
    fit(model);
    const expected = [
      [0.51111, 0.84444, 0.44162, 0.58274, 0.16364],
      [0.51111, 0.42222, 0.44162, 0.1269, 0],
      [0.62222, 0.42222, 0.79594, 0.45584, 0.32727],
      [0.11111, 0.42222, 0.35431, 0.1269, 0.16364],
      [0.11111, 0.42222, 0.57259, 0.6335, 0.32727],
      [0, 0, 0.21827, 0.17766, 0],
    ];
    expect(distance(scoresOf(model, device, own), expected)).toBeLessThan(3e-5);
  });

  test('more sparsity leaves nothing, and one round is not the end', () => {
    const scoresWith = (options: Record<string, unknown>) => {
      const model = buildOf('slim', options, own);
      fit(model);
      return scoresOf(model, device, own);
    };
    expect(
      scoresWith({ sparsity: 2 })
        .flat()
        .every((value) => value === 0),
    ).toBe(true);
    expect(distance(scoresWith({ sparsity: 0, rounds: 1 }), scoresWith({ sparsity: 0 }))).toBeGreaterThan(1e-3);
  });
});

describe('ials', () => {
  const options = { dimensions: 3, regularisation: 0.4, weight: 5, steps: 12, sweeps: 15 };

  /** The value that the paper's equation 3 minimises. */
  function objective(model: BuiltModel): number {
    const { users, items } = model.parameters;
    const [x, y] = [users.read(), items.read()];
    const squares = [...x, ...y].reduce((sum, v) => sum + v * v, 0);
    return scores(model).reduce((sum, row, user) => {
      const own = new Set(train.itemIds.subarray(train.offsets[user], train.offsets[user + 1]));
      return row.reduce((s, v, item) => s + (own.has(item) ? 5 * (1 - v) ** 2 : v ** 2), sum);
    }, 0.4 * squares);
  }

  test('every sweep lowers the objective, and the end is a minimum in each side', () => {
    const model = buildOf('ials', options);
    let last = objective(model);
    for (let epoch = 0; epoch < 15; epoch++) {
      for (const _ of model.sweeps?.sweep(epoch) ?? []);
      const now = objective(model);
      expect(now).toBeLessThan(last + 1e-4);
      last = now;
    }
    // Items were solved last: moving any of their numbers does not help.
    const { items } = model.parameters;
    const at = items.read();
    for (let i = 0; i < 9; i++) {
      for (const step of [-0.02, 0.02]) {
        at[i] += step;
        expect(objective(model)).toBeGreaterThan(last - 1e-5);
        at[i] -= step;
      }
    }
  });

  test('with frequency scaling frequent rows are held shorter than without', () => {
    const some = interactions(4, 4, [[0, 1, 2, 3], [0], [0], [0]]);
    const own = bare(4, 4, some);
    const lengths = [0, 1].map((frequencyScaling) => {
      const model = buildOf('ials', { ...options, frequencyScaling }, own);
      for (let epoch = 0; epoch < 15; epoch++) for (const _ of model.sweeps?.sweep(epoch) ?? []);
      const item = model.parameters.items.read().subarray(0, 3);
      const rare = model.parameters.items.read().subarray(3, 6);
      return Math.hypot(...item) / Math.hypot(...rare);
    });
    expect(lengths[1]).toBeLessThan(lengths[0]);
  });
});
