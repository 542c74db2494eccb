import { checkGradients, Tape } from '@agentmmrec/autograd';
import { AmrError, RandomStreams } from '@agentmmrec/core';
import { rankUsers } from '@agentmmrec/evaluation';
import { type Device, openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { type Batch, type BuiltModel, buildModel, findModel, type ModelData, ModelOptimizer, models } from './index.js';
import { batchOf, checkerboard, checkerboardData, epochBatch } from './testing/checkerboard.js';
import { fit as fitOn } from './testing/fit.js';
import { scoresOf } from './testing/scores.js';

/** Every model of the record passes this suite, by itself and with graphs on top; a new model is tested by being there. */
const device = openDevice('cpu', { threads: 1 });
const train = checkerboard(12, 1);
const data = checkerboardData(device, train);
/** Sizes for small data, for the models that have these options. */
const small = { dimensions: 4, k: 3, hidden: 5, graphShare: 0.3 };
/** Options by which a model's loss is BPR of the scores it ranks by, for the models that have them. */
const bare = {
  l2: 0,
  infonce: 0,
  alignment: 0,
  viewAlignment: 0,
  modalityLoss: 0,
  dropout: 0,
  gumbel: false,
};

/** Why the gradient of a model is not the slope of its loss; golden numbers hold it then. */
const noSlopes: Readonly<Record<string, string>> = {
  bm3: 'targets stand behind a stop-gradient',
  cohesion: 'the weights of blocks stand behind a stop-gradient',
};

/** Models with a sampled entry beside a kink (LeakyReLU, abs): there alone a slope over a long step may be the mean of two. */
const kinks: ReadonlySet<string> = new Set(['mentor', 'mmgcn']);
/** A bias before a batch norm has no slope; over a short step the rounding of the losses beside it looks like one. */
const longSteps: Readonly<Record<string, number>> = { mmssl: 6e-3 };
/** Without the kinks at which a gradient penalty jumps, and with little of it: differences of float32 losses hardly follow its curves. */
const smooth = { slope: 1, penalty: 0.1, steps: 1 };

/** Why the loss of a batch is not the mean of the losses of its triples. */
const inBatch: Readonly<Record<string, string>> = {
  lgmrec: 'norms are not squared, and contrasts are summed over the batch',
  llmrec: 'a part of the losses of a batch is pruned',
  mmssl: 'the critic normalises over the users of the batch',
  slmrec: 'the items of the batch are the negatives of its users',
};

/** Given here to every model, and left out where it has no such option. */
const optional = new Set(Object.keys({ ...small, ...bare, ...smooth }));

function buildOf(
  name: string,
  given: Record<string, unknown> = {},
  on: ModelData = data,
  seed = 1,
  where: Device = device,
): BuiltModel {
  const model = findModel(name);
  const fitting = Object.fromEntries(
    Object.entries({ ...small, ...given }).filter(([option]) => option in model.options || !optional.has(option)),
  );
  return buildModel(model, { data: on, device: where, random: new RandomStreams(seed) }, fitting);
}

const fit = (model: BuiltModel, epochs: number) => fitOn(model, { device, train, epochs });
const scores = (model: BuiltModel) => scoresOf(model, device, data);

function lossOf(model: BuiltModel, batch: Batch): number {
  const tape = new Tape(device);
  return tape.step(() => model.loss(tape, batch).read()[0]);
}

/** A test that a model is excused from, with the reason in its name. */
function unless(reason: string | undefined, title: string) {
  return reason === undefined ? { test, title } : { test: test.skip, title: `${title}: not here, ${reason}` };
}

/** What moves parameters, each with its own loss: one for most models, several where there are several optimizers. */
const updatesOf = (model: BuiltModel) => model.passes.flatMap(({ updates }) => updates);

const batch = batchOf(device, [0, 3, 3, 7, 0], [2, 5, 1, 9, 4], [1, 8, 2, 12, 12]);

/** Those that train by gradients; the others pass sweeps.test.ts. */
const variants = Object.keys(models)
  .filter((name) => !buildOf(name).sweeps)
  .flatMap((name) => [name, `${name} + graph`]);

describe.each(variants)('%s', (name) => {
  const build = (...rest: [Record<string, unknown>?, ModelData?, number?, Device?]) => buildOf(name, ...rest);
  const offers = build();
  const of = name.replace(/ .*/, '');

  test('finds the one right item of every user, and its loss falls', () => {
    const model = build({ l2: 1e-4 });
    const whole = epochBatch(device, train, new RandomStreams(1).stream('b'));
    const before = lossOf(model, whole);
    const losses = fit(model, 30);
    // With several optimizers the sum is of losses that stand against each other, and the one that ranks counts. It cannot fall far where
    // what is contrasted stays, or where equal items of a batch stand against each other.
    const several = updatesOf(model).length > 1;
    const [first, last] = several ? [before, lossOf(model, whole)] : [losses[0], losses[29]];
    expect(last).toBeLessThan((several || of in inBatch ? 1 : 0.5) * first);
    const all = scores(model);
    for (let user = 0; user < 12; user++) {
      const seen = new Set(train.itemIds.subarray(train.offsets[user], train.offsets[user + 1]));
      const unseen = Array.from({ length: 12 }, (_, item) => item).filter((item) => !seen.has(item));
      expect(unseen.reduce((best, item) => (all[user][item] > all[user][best] ? item : best))).toBe(user);
    }
  });

  test('the same seed gives the same bits, another seed others', () => {
    const run = (seed: number) => {
      const model = build({}, data, seed);
      fit(model, 3);
      return scores(model);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  test('parameters and state carry the model: copied into a fresh one they give equal scores', () => {
    const trained = build();
    fit(trained, 3);
    const fresh = build({}, data, 9);
    expect(scores(fresh)).not.toEqual(scores(trained));
    expect(Object.keys(fresh.parameters)).toEqual(Object.keys(trained.parameters));
    for (const [key, tensor] of Object.entries(trained.parameters))
      device.write(fresh.parameters[key].data, tensor.read());
    for (const [key, memory] of Object.entries(trained.state)) device.write(fresh.state[key], device.read(memory));
    fresh.restored();
    expect(scores(fresh)).toEqual(scores(trained));
  });

  test('users without items and items without users have finite scores', () => {
    const model = build();
    fit(model, 3);
    const all = scores(model);
    expect(all[12].concat(all.map((row) => row[12])).every(Number.isFinite)).toBe(true);
  });

  test.each([[['audio']], [['image', 'text', 'audio']]])('ranks the right items high by %j', (modalities) => {
    const model = build({ l2: 1e-4 }, checkerboardData(device, train, { modalities }));
    fit(model, 20);
    const all = scores(model);
    const above = all.slice(0, 12).map((row, user) => {
      const seen = train.itemIds.subarray(train.offsets[user], train.offsets[user + 1]);
      return row.slice(0, 12).filter((score, item) => !seen.includes(item) && score > row[user]).length;
    });
    expect(above.reduce((sum, count) => sum + count) / 12).toBeLessThan(1); // 3 by chance
  });

  test('more places than items: the rest stays empty', () => {
    const k = data.items + 3;
    const { items } = rankUsers({ device, ranking: build().ranking(), mask: train, userIds: Int32Array.of(0), k });
    expect([...items.subarray(0, 8)].sort((a, b) => a - b)).toEqual([0, 1, 3, 5, 7, 9, 11, 12]);
    expect([...items.subarray(8)]).toEqual(Array(k - 8).fill(-1));
  });

  const { test: meanTest, title: meanTitle } = unless(
    inBatch[of],
    'the loss of a batch is the mean of those of its triples',
  );
  meanTest(meanTitle, () => {
    const model = build({ l2: 0.1, dropout: 0, infonce: 0, viewAlignment: 0 });
    const [users, positives, negatives] = [batch.users, batch.positives, batch.negatives].map((ids) =>
      Array.from(device.read(ids)),
    );
    const single = users.map((user, i) => lossOf(model, batchOf(device, [user], [positives[i]], [negatives[i]])));
    expect(lossOf(model, batch)).toBeCloseTo(single.reduce((a, b) => a + b) / single.length, 5);
  });

  if (offers.isPairwise)
    test('the loss without regulariser is the BPR loss of the represented scores', () => {
      const model = build(bare);
      fit(model, 2);
      model.beforeEpoch(2); // graphs of the parameters as they are
      const all = scores(model);
      const [users, positives, negatives] = [batch.users, batch.positives, batch.negatives].map((ids) =>
        Array.from(device.read(ids)),
      );
      const losses = users.map((user, i) => Math.log1p(Math.exp(all[user][negatives[i]] - all[user][positives[i]])));
      expect(lossOf(model, batch)).toBeCloseTo(losses.reduce((a, b) => a + b) / losses.length, 5);
    });

  const { test: slopeTest, title: slopeTitle } = unless(noSlopes[of], 'gradients are the slopes of the loss');
  slopeTest(slopeTitle, () => {
    const model = build({ l2: 0.3, ...smooth });
    fit(model, 2); // away from the start, where biases are 0
    const wrong = (step: number) => {
      const sample = { count: 12, stream: new RandomStreams(4).stream('entries') };
      const found = updatesOf(model).flatMap(({ parameters, loss }) =>
        checkGradients(device, parameters, (tape) => loss(tape, batch), { sample, step }),
      );
      return found.map(({ parameter, index }) => `${parameter} ${index}`);
    };
    // what lies between the two points of one step lies outside those of a shorter one
    const atShort = kinks.has(of) ? new Set(wrong(6e-4)) : null;
    expect(wrong(longSteps[of] ?? 3e-3).filter((entry) => atShort?.has(entry) ?? true)).toEqual([]);
  });

  test('every parameter gets a gradient', () => {
    const model = build();
    fit(model, 2); // until what is made anew each epoch has been made of something learned
    const tape = new Tape(device);
    const whole = epochBatch(device, train, new RandomStreams(1).stream('b'));
    const reached = updatesOf(model).flatMap(({ parameters, loss }) => {
      tape.step(() => tape.backward(loss(tape, whole)));
      const names = Object.keys(parameters).filter((key) =>
        parameters[key].readGradient().some((value) => value !== 0),
      );
      for (const tensor of Object.values(model.parameters)) tensor.dropGradient();
      return names;
    });
    expect(reached.sort()).toEqual(Object.keys(model.parameters).sort());
  });

  test('release gives everything back', () => {
    const before = device.memory().usedBytes;
    const model = build();
    fit(model, 2);
    model.ranking();
    expect(device.memory().usedBytes).toBeGreaterThan(before);
    model.release();
    expect(device.memory().usedBytes).toBe(before);
  });

  test('500 steps do not grow memory', () => {
    const model = build();
    const optimizer = new ModelOptimizer(device, model, { learningRate: 0.01 });
    const step = () => {
      for (const pass of model.passes.keys()) optimizer.step(batch, undefined, pass);
    };
    step();
    model.ranking(); // its tables stay
    step();
    const after = device.memory();
    for (let i = 0; i < 500; i++) step();
    model.ranking();
    expect(device.memory()).toEqual(after);
    optimizer.release();
  });

  if (offers.fusedStep)
    test('the fused step is the tape step', () => {
      const model = build({ l2: 0.3 });
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

  test('three optimizer steps on the cpu and on the reference device end in the same parameters', () => {
    const run = (where: Device) => {
      const model = build({ l2: 0.3 }, data, 1, where);
      const optimizer = new ModelOptimizer(where, model, { learningRate: 1e-3 });
      for (let step = 0; step < 3; step++)
        for (const pass of model.passes.keys()) optimizer.step(batch, undefined, pass);
      return Object.entries(model.parameters).map(([key, tensor]) => [key, Array.from(tensor.read())] as const);
    };
    const expected = new Map(run(openDevice('reference')));
    for (const [key, values] of run(device)) {
      const reference = expected.get(key) ?? [];
      expect(values.filter((value, i) => Math.abs(value - reference[i]) > 1e-4)).toEqual([]);
    }
  });

  test('a data set without what it needs is refused as the caller’s mistake', () => {
    const { needs } = findModel(name);
    const empty = { ...data, features: [], knowledge: null };
    const building = () => build({}, empty);
    if (needs.length === 0 && !name.endsWith('graph')) expect(building).not.toThrow();
    else {
      expect(building).toThrow(AmrError);
      const featuresAlone = needs.length === 1 && needs[0] === 'features';
      expect(building).toThrow(featuresAlone ? /expected item features \(.*audio\)\./ : /expected .*knowledge/);
    }
  });

  test('an unknown option is refused with the nearest name', () => {
    expect(() => build({ dimension: 3 })).toThrow(/option "dimension".*did you mean "dimensions"/);
  });
});
