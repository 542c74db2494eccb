import { openDevice } from '@agentmmrec/kernels';
import { defineModel, findModel, presetOption } from '@agentmmrec/models';
import { describe, expect, test } from '@jest/globals';
import { type EpochRecord, type TrainCall, trainModel } from './index.js';
import { checkerboard, tinyModel } from './testing/tinyModel.js';
import { settleOptions } from './trainOptions.js';

const device = openDevice('cpu', { threads: 1 });
const { data, validation } = checkerboard(16, 60);

function call(changes: Partial<TrainCall> = {}): TrainCall {
  const training = { epochs: 12, batchSize: 50, learningRate: 0.05, ...changes.training };
  return { model: tinyModel, data, validation, device, seed: 3, ...changes, training };
}

const evaluated = (history: readonly EpochRecord[]) =>
  history.flatMap(({ epoch, validation }) => (validation ? [epoch + 1] : []));

describe('validation', () => {
  test('every n epochs and after the last leaves the parameters of each epoch as they are', async () => {
    const every = await trainModel(call());
    const third = await trainModel(call({ training: { evaluateEvery: 5 } }));
    expect(evaluated(every.history)).toEqual(Array.from({ length: 12 }, (_, epoch) => epoch + 1));
    expect(evaluated(third.history)).toEqual([5, 10, 12]);
    expect(third.history.map(({ loss }) => loss)).toEqual(every.history.map(({ loss }) => loss));
    for (const { epoch, validation } of third.history)
      if (validation) expect(validation).toEqual(every.history[epoch].validation);
  });

  test('stops after as many epochs without a gain, however seldom it is measured', async () => {
    const { history, bestEpoch } = await trainModel(
      call({ training: { epochs: 300, patience: 10, evaluateEvery: 4 } }),
    );
    expect(history.length % 4).toBe(0);
    expect(history.length - 1 - (bestEpoch ?? 0)).toBeGreaterThanOrEqual(10);
    expect(history.length - 1 - (bestEpoch ?? 0)).toBeLessThan(14);
  });

  test('by a mean of several it goes on until the mean has no gain, and keeps the best epoch itself', async () => {
    const { history, bestEpoch } = await trainModel(call({ training: { epochs: 300, patience: 8, smoothing: 4 } }));
    const values = history.map(({ validation }) => validation?.['recall@20'] ?? 0);
    const means = values.map((_, at) => {
      const last = values.slice(Math.max(0, at - 3), at + 1);
      return last.reduce((sum, value) => sum + value, 0) / last.length;
    });
    expect(bestEpoch).toBe(values.indexOf(Math.max(...values)));
    expect(history.length - 1 - means.indexOf(Math.max(...means))).toBe(8);
  });

  test('on some users while training, and of the kept epoch on all', async () => {
    const result = await trainModel(call({ training: { validationUsers: 3 } }));
    const again = await trainModel(call({ training: { validationUsers: 3 } }));
    expect(result.history).toEqual(again.history);
    const thirds = result.history.map(({ validation }) => 3 * (validation?.['recall@20'] ?? 0));
    for (const hits of thirds) expect(hits).toBeCloseTo(Math.round(hits), 9); // one item each
    expect(result.validation?.userIds).toHaveLength(16);
    const all = await trainModel(call({ training: { validationUsers: 16 } }));
    expect(all.history).toEqual((await trainModel(call())).history);
  });
});

describe('settled options', () => {
  const model = defineModel({
    ...tinyModel,
    options: { ...tinyModel.options, preset: presetOption(['quick'], 'quick') },
    presets: {
      quick: { learningRate: 0.2, training: { stepsPerEpoch: 4, evaluateEvery: 3, smoothing: 2, patience: 7 } },
    },
    build: tinyModel.build as never,
  });

  test('are what is given, else the preset’s, else the usual', () => {
    const quick = { preset: 'quick' };
    expect(settleOptions(model, {}, {}, 10_000)).toMatchObject({
      batchSize: 2048,
      evaluateEvery: 1,
      smoothing: 1,
      optimizer: 'adam',
      validationUsers: null,
      patience: 20,
    });
    expect(settleOptions(model, quick, {}, 10_000)).toMatchObject({
      batchSize: 2500,
      evaluateEvery: 3,
      smoothing: 2,
      patience: 7,
    });
    expect(settleOptions(model, quick, { patience: 9 }, 10_000).patience).toBe(9);
    expect(settleOptions(model, quick, { evaluateEvery: 1, batchSize: 512 }, 10_000)).toMatchObject({
      batchSize: 512,
      evaluateEvery: 1,
      smoothing: 2,
    });
  });

  test('steps of an epoch make batches grow with the data, from the batch size on', () => {
    const batchOf = (positives: number) => settleOptions(model, {}, { stepsPerEpoch: 8 }, positives).batchSize;
    expect([1_000, 16_384, 16_385, 10_000_000].map(batchOf)).toEqual([2048, 2048, 2049, 1_250_000]);
  });
});

test('lazy Adam is another run: its rows move only where a batch names them', async () => {
  const bpr = findModel('bpr');
  const of = (optimizer: 'adam' | 'lazy-adam') =>
    trainModel(call({ model: bpr, options: { dimensions: 8 }, training: { epochs: 40, optimizer } }));
  const [dense, lazy] = [await of('adam'), await of('lazy-adam')];
  expect(dense.identity.optimizer).toBeUndefined();
  expect(lazy.identity.optimizer).toBe('lazy-adam');
  expect(lazy.model.parameters.embedding.read()).not.toEqual(dense.model.parameters.embedding.read());
  const losses = [dense, lazy].map(({ history }) => history[history.length - 1].loss ?? Number.NaN);
  expect(losses[1]).toBeLessThan(0.8 * (lazy.history[0].loss ?? 0));
  expect(Math.abs(losses[1] - losses[0])).toBeLessThan(0.1);
});
