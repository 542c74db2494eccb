import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDevice } from '@agentmmrec/kernels';
import { findModel, models } from '@agentmmrec/models';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadTrainedModel, recommend, trainModel } from './index.js';
import { checkerboard } from './testing/tinyModel.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trained-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const device = openDevice('cpu');
const { data, validation } = checkerboard(16, 60);
const training = { epochs: 40, patience: 20, batchSize: 64, learningRate: 0.02 };

describe('a trained model', () => {
  test.each(['bpr', 'lightgcn'] as const)('%s is loaded from its checkpoint with the scores it had', async (name) => {
    const checkpointPath = join(folder, 'run.checkpoint');
    const options = { dimensions: 8 };
    const trained = await trainModel({
      model: models[name],
      options,
      data,
      validation,
      device,
      seed: 2,
      training,
      checkpointPath,
    });
    const loaded = loadTrainedModel({ checkpointPath, findModel, data, device });
    expect(loaded.checkpoint.identity).toEqual(trained.identity);
    expect(loaded.checkpoint.bestEpoch).toBe(trained.bestEpoch);
    const lists = [trained.model, loaded.model].map((model) =>
      recommend({ model, device, train: data.train, user: 5, k: 6 }),
    );
    expect(lists[1]).toEqual(lists[0]);
    expect(lists[0]).toHaveLength(6);
    const scores = lists[0].map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const own = new Set(data.train.itemIds.subarray(data.train.offsets[5], data.train.offsets[6]));
    expect(lists[0].filter(({ item }) => own.has(item))).toEqual([]);
    expect(trained.validation?.metrics['recall@20']).toBeGreaterThan(0.9);
  });

  test('fewer items remain than asked for; an unknown user; other data', async () => {
    const checkpointPath = join(folder, 'run.checkpoint');
    const call = {
      model: models.bpr,
      data,
      validation,
      device,
      seed: 2,
      training: { ...training, epochs: 1 },
      checkpointPath,
    };
    const { model } = await trainModel(call);
    expect(recommend({ model, device, train: data.train, user: 0, k: 60 })).toHaveLength(32);
    expect(() => recommend({ model, device, train: data.train, user: 16, k: 5 })).toThrow('got user 16');
    const clothing = { ...data, name: 'clothing' };
    expect(() => loadTrainedModel({ checkpointPath, findModel, data: clothing, device })).toThrow(
      'got data set checkerboard, expected data set clothing',
    );
  });
});
