import { Adam, checkGradients, Tape } from '@agentmmrec/autograd';
import { RandomStreams } from '@agentmmrec/core';
import { withoutInteractions } from '@agentmmrec/graphs';
import { type Device, openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { type Batch, type BuiltModel, buildModel, findModel, type ModelData, models } from './index.js';
import { batchOf, checkerboard, checkerboardData, epochBatch, interactions } from './testing/checkerboard.js';

/** Every model of the record passes this suite; a new model is tested by being there. */
const device = openDevice('cpu', { threads: 1 });
const train = checkerboard(12, 1);
const data = checkerboardData(device, train);
const small = { dimensions: 4, k: 3, hidden: 5 };

function buildOf(
  name: keyof typeof models,
  given: Record<string, unknown> = {},
  on: ModelData = data,
  seed = 1,
  where: Device = device,
): BuiltModel {
  const model = findModel(name);
  const known = Object.fromEntries(Object.entries(small).filter(([option]) => option in model.options));
  return buildModel(model, { data: on, device: where, random: new RandomStreams(seed) }, { ...known, ...given });
}

/** Full-batch steps; returns the loss of each. */
function fit(model: BuiltModel, steps: number, learningRate = 0.05): number[] {
  const tape = new Tape(device);
  const adam = new Adam(model.parameters, { learningRate });
  const stream = new RandomStreams(2).stream('batches');
  const losses = Array.from({ length: steps }, () => {
    const batch = epochBatch(device, train, stream);
    const loss = tape.step(() => {
      const loss = model.loss(tape, batch);
      tape.backward(loss);
      return loss.read()[0];
    });
    adam.step();
    return loss;
  });
  adam.release();
  return losses;
}

/** Scores [users][items] from the model's representations. */
function scores(model: BuiltModel, over?: 'all' | 'training'): number[][] {
  const { users, items, d } = model.represent(over);
  const [u, i] = [device.read(users), device.read(items)];
  const row = (values: Float32Array, r: number) => Array.from(values.subarray(r * d, (r + 1) * d));
  return Array.from({ length: data.users }, (_, user) =>
    Array.from({ length: data.items }, (_, item) => {
      const itemRow = row(i, item);
      return row(u, user).reduce((sum, value, c) => sum + value * itemRow[c], 0);
    }),
  );
}

function lossOf(model: BuiltModel, batch: Batch): number {
  const tape = new Tape(device);
  return tape.step(() => model.loss(tape, batch).read()[0]);
}

const batch = batchOf(device, [0, 3, 3, 7, 0], [2, 5, 1, 9, 4], [1, 8, 2, 12, 12]);

const names = Object.keys(models) as (keyof typeof models)[];
const withGraphs = names.filter((name) => 'plusGraph' in models[name].options);
const variants: [string, keyof typeof models, Record<string, unknown>][] = [
  ...names.map((name): [string, keyof typeof models, Record<string, unknown>] => [name, name, {}]),
  ...withGraphs.map((name): [string, keyof typeof models, Record<string, unknown>] => [
    `${name} plus graph`,
    name,
    { plusGraph: true },
  ]),
];

describe.each(variants)('%s', (_, name, variant) => {
  const build: typeof buildOf = (of, given, ...rest) => buildOf(of, { ...variant, ...given }, ...rest);
  const offers = build(name);

  test('finds the one right item of every user, and its loss falls', () => {
    const model = build(name, { l2: 1e-4 });
    const losses = fit(model, 30);
    expect(losses[29]).toBeLessThan(0.5 * losses[0]);
    const all = scores(model);
    for (let user = 0; user < 12; user++) {
      const seen = new Set(train.itemIds.subarray(train.offsets[user], train.offsets[user + 1]));
      const unseen = Array.from({ length: 12 }, (_, item) => item).filter((item) => !seen.has(item));
      expect(unseen.reduce((best, item) => (all[user][item] > all[user][best] ? item : best))).toBe(user);
    }
  });

  test('the same seed gives the same bits, another seed others', () => {
    const run = (seed: number) => {
      const model = build(name, {}, data, seed);
      fit(model, 3);
      return scores(model);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  test('parameters alone carry the model: copied into a fresh one they give equal scores', () => {
    const trained = build(name);
    fit(trained, 3);
    const fresh = build(name, {}, data, 9);
    expect(scores(fresh)).not.toEqual(scores(trained));
    expect(Object.keys(fresh.parameters)).toEqual(Object.keys(trained.parameters));
    for (const [key, tensor] of Object.entries(trained.parameters))
      device.write(fresh.parameters[key].data, tensor.read());
    expect(scores(fresh)).toEqual(scores(trained));
  });

  test('users without items and items without users have finite scores', () => {
    const model = build(name);
    fit(model, 3);
    const all = scores(model);
    expect(all[12].concat(all.map((row) => row[12])).every(Number.isFinite)).toBe(true);
  });

  test('more places than items: the rest stays empty', () => {
    const { users, items, d } = build(name).represent();
    const k = data.items + 3;
    const [indices, values] = [device.ints(data.users * k), device.floats(data.users * k)];
    const maskOffsets = device.upload(train.offsets);
    device.kernels.rankTopK({
      indices,
      scores: values,
      users,
      items,
      maskOffsets,
      maskIndices: device.upload(train.itemIds),
      d,
      k,
    });
    const first = Array.from(device.read(indices).subarray(0, k));
    expect(first.filter((item) => item >= 0).sort((a, b) => a - b)).toEqual([0, 1, 3, 5, 7, 9, 11, 12]);
    expect(first.slice(8)).toEqual(Array(k - 8).fill(-1));
  });

  test('the loss of a batch is the mean of the losses of its triples', () => {
    const model = build(name, { l2: 0.1 });
    const [users, positives, negatives] = [batch.users, batch.positives, batch.negatives].map((ids) =>
      Array.from(device.read(ids)),
    );
    const single = users.map((user, i) => lossOf(model, batchOf(device, [user], [positives[i]], [negatives[i]])));
    expect(lossOf(model, batch)).toBeCloseTo(single.reduce((a, b) => a + b) / single.length, 5);
  });

  test('the loss without regulariser is the BPR loss of the represented scores', () => {
    const model = build(name, { l2: 0 });
    fit(model, 2);
    const all = scores(model);
    const [users, positives, negatives] = [batch.users, batch.positives, batch.negatives].map((ids) =>
      Array.from(device.read(ids)),
    );
    const losses = users.map((user, i) => Math.log1p(Math.exp(all[user][negatives[i]] - all[user][positives[i]])));
    expect(lossOf(model, batch)).toBeCloseTo(losses.reduce((a, b) => a + b) / losses.length, 5);
  });

  test('gradients are the slopes of the loss', () => {
    const model = build(name, { l2: 0.3 });
    fit(model, 2); // away from the start, where biases are 0
    const sample = { count: 12, stream: new RandomStreams(4).stream('entries') };
    expect(checkGradients(device, model.parameters, (tape) => model.loss(tape, batch), { sample, step: 3e-3 })).toEqual(
      [],
    );
  });

  test('every parameter gets a gradient', () => {
    const model = build(name);
    const tape = new Tape(device);
    tape.step(() => tape.backward(model.loss(tape, epochBatch(device, train, new RandomStreams(1).stream('b')))));
    for (const [key, tensor] of Object.entries(model.parameters)) {
      expect([key, tensor.gradient && device.read(tensor.gradient).some((value) => value !== 0)]).toEqual([key, true]);
      tensor.dropGradient();
    }
  });

  test('release gives everything back', () => {
    const before = device.memory().usedBytes;
    const model = build(name);
    model.represent();
    expect(device.memory().usedBytes).toBeGreaterThan(before);
    model.release?.();
    expect(device.memory().usedBytes).toBe(before);
  });

  test('500 steps do not grow memory', () => {
    const model = build(name);
    const tape = new Tape(device);
    const adam = new Adam(model.parameters, { learningRate: 0.01 });
    const step = () => {
      if (model.fusedStep) model.fusedStep(batch);
      else tape.step(() => tape.backward(model.loss(tape, batch)));
      adam.step();
    };
    step();
    model.represent();
    const after = device.memory();
    for (let i = 0; i < 500; i++) step();
    model.represent();
    expect(device.memory()).toEqual(after);
    adam.release();
  });

  if (offers.fusedStep)
    test('the fused step is the tape step', () => {
      const model = build(name, { l2: 0.3 });
      const tape = new Tape(device);
      const loss = tape.step(() => {
        const loss = model.loss(tape, batch);
        tape.backward(loss);
        return loss.read()[0];
      });
      const expected = Object.values(model.parameters).map((tensor) => Array.from(tensor.readGradient()));
      for (const tensor of Object.values(model.parameters)) tensor.dropGradient();
      expect(model.fusedStep?.(batch)).toBeCloseTo(loss, 5);
      Object.values(model.parameters).forEach((tensor, p) => {
        tensor.readGradient().forEach((value, i) => {
          expect(value).toBeCloseTo(expected[p][i], 5);
        });
        tensor.dropGradient();
      });
    });

  if (offers.setTrainingGraph)
    test('an edge taken out of the training graph is out of training steps, and of ranking only where asked', () => {
      const model = build(name);
      const fold = interactions(
        data.users,
        data.items,
        Array.from({ length: data.users }, (_, user) => (user === 0 ? [2] : [])),
      );
      const rest = withoutInteractions(train, fold);
      const onRest = build(name, {}, { ...data, train: rest });
      const [before, lossBefore] = [scores(model), lossOf(model, batch)];
      model.setTrainingGraph?.(rest);
      expect(scores(model)).toEqual(before);
      expect(scores(model, 'training')).toEqual(scores(onRest));
      expect(lossOf(model, batch)).toBe(lossOf(onRest, batch));
      expect(lossOf(model, batch)).not.toBe(lossBefore);
      model.setTrainingGraph?.(null);
      expect(scores(model, 'training')).toEqual(before);
      expect(lossOf(model, batch)).toBe(lossBefore);
    });

  test('three optimizer steps on the cpu and on the reference device end in the same parameters', () => {
    const run = (where: Device) => {
      const model = build(name, { l2: 0.3 }, data, 1, where);
      const tape = new Tape(where);
      const adam = new Adam(model.parameters, { learningRate: 1e-3 });
      for (let step = 0; step < 3; step++) {
        tape.step(() => tape.backward(model.loss(tape, batch)));
        adam.step();
      }
      return Object.entries(model.parameters).map(([key, tensor]) => [key, Array.from(tensor.read())] as const);
    };
    const expected = new Map(run(openDevice('reference')));
    for (const [key, values] of run(device)) {
      const reference = expected.get(key) ?? [];
      expect(values.filter((value, i) => Math.abs(value - reference[i]) > 1e-4)).toEqual([]);
    }
  });

  test('an unknown option is refused with the nearest name', () => {
    expect(() => build(name, { dimension: 3 })).toThrow(
      new RegExp(`model ${name}, option "dimension".*did you mean "dimensions"`),
    );
  });
});
