import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDevice } from '@agentmmrec/kernels';
import { findModel } from '@agentmmrec/models';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadTrainedModel, readCheckpoint, recommend, type TrainCall, trainModel } from './index.js';
import { phasedModel, sweepModel } from './testing/otherModels.js';
import { checkerboard } from './testing/tinyModel.js';

const device = openDevice('cpu', { threads: 1 });
const { data, validation } = checkerboard(12, 40);

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ways-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function call(model: TrainCall['model'], changes: Partial<TrainCall> = {}): TrainCall {
  const training = { epochs: 3, batchSize: 80, learningRate: 0.05, checkpointEverySeconds: 0, ...changes.training };
  return { model, data, validation, device, seed: 3, ...changes, training };
}

/** Runs until the watched event happens for the `stopAt`-th time, resumes, and so on to the end; returns the checkpoint. */
async function inPieces(make: (watch: () => void) => TrainCall['model'], stopEvery: number) {
  const checkpointPath = join(folder, `every-${stopEvery}`);
  for (let attempt = 0; ; attempt++) {
    const controller = new AbortController();
    let seen = 0;
    const model = make(() => {
      if (++seen === stopEvery) controller.abort();
    });
    const resume = existsSync(checkpointPath);
    try {
      await trainModel(call(model, { checkpointPath, resume, signal: controller.signal }));
      return { attempts: attempt + 1, checkpoint: readCheckpoint(checkpointPath) };
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
  }
}

describe('passes with several optimizers', () => {
  test('follow each other: users first, then both updates of each batch of triples', async () => {
    const updates: string[] = [];
    await trainModel(call(phasedModel({ update: (name) => updates.push(name) }), { training: { epochs: 1 } }));
    const batches = Math.ceil(data.train.itemIds.length / 80);
    expect(updates).toEqual(['centre', ...Array.from({ length: batches }, () => ['critic', 'model']).flat()]);
  });

  test('an update moves its own parameters alone, at its own rate', async () => {
    const of = async (learningRate: number) => {
      const { model } = await trainModel(call(phasedModel(), { training: { epochs: 1, learningRate } }));
      return Object.fromEntries(
        Object.entries(model.parameters).map(([name, tensor]) => [name, tensor.read().slice()]),
      );
    };
    const [slow, fast] = [await of(1e-9), await of(0.05)];
    // the critic has a rate of its own and sees items that hardly move in one of the runs
    expect(slow.critic).not.toEqual(fast.critic);
    const start = await of(2e-9);
    expect(start.users.every((value, i) => Math.abs(value - slow.users[i]) < 1e-6)).toBe(true);
    expect(fast.users.some((value, i) => Math.abs(value - slow.users[i]) > 1e-2)).toBe(true);
    expect(Math.max(...slow.critic.map((value, i) => Math.abs(value - start.critic[i])))).toBeLessThan(1e-5);
  });

  test.each([1, 2, 5, 7, 12])('resumed after every %d-th update it ends in the same bits', async (stopEvery) => {
    const whole = join(folder, 'whole');
    await trainModel(call(phasedModel(), { checkpointPath: whole }));
    const { attempts, checkpoint } = await inPieces((watch) => phasedModel({ update: watch }), stopEvery);
    expect(attempts).toBeGreaterThan(1);
    expect(checkpoint).toEqual(readCheckpoint(whole));
  });

  test('a schedule multiplies the rates of later epochs', async () => {
    const constant = phasedModel();
    const unscheduled: TrainCall['model'] = {
      ...constant,
      build: (context) => ({ ...constant.build(context as never), learningRateFactor: () => 1 }),
    };
    const users = async (model: TrainCall['model'], epochs: number) =>
      (await trainModel(call(model, { training: { epochs, selection: 'none' } }))).model.parameters.users.read();
    expect(await users(unscheduled, 1)).toEqual(await users(constant, 1));
    expect(await users(unscheduled, 2)).not.toEqual(await users(constant, 2));
  });
});

describe('sweeps', () => {
  test('are as many as the model wants, have no loss where it has none, and rank by its own scores', async () => {
    const checkpointPath = join(folder, 'sweeps');
    const result = await trainModel(call(sweepModel(), { checkpointPath, training: { epochs: 100 } }));
    expect(result.epochs).toBe(5);
    expect(result.history.map(({ loss }) => loss)).toEqual([null, null, null, null, null]);
    // 17 of the 20 items of a user's colour are in training, so the one held back is among the first three
    expect(result.validation?.metrics['recall@10']).toBe(1);
    const load = () => loadTrainedModel({ checkpointPath, findModel: () => sweepModel(), data, device });
    const items = recommend({ model: load().model, device, train: data.train, user: 3, k: 2 }).map(({ item }) => item);
    expect(items.every((item) => item % 2 === 1)).toBe(true);
  });

  test.each([1, 2, 4])(
    'interrupted after every %d-th piece and resumed they end in the same bits',
    async (stopEvery) => {
      const whole = join(folder, 'whole');
      await trainModel(call(sweepModel(), { checkpointPath: whole }));
      if (stopEvery < 4) {
        // a sweep of three pieces never ends when it is stopped inside each time: the run stands where it stood
        const controller = new AbortController();
        let pieces = 0;
        const stopping = sweepModel({ piece: () => void (++pieces === stopEvery && controller.abort()) });
        const checkpointPath = join(folder, 'stopped');
        const stopped = trainModel(call(stopping, { checkpointPath, signal: controller.signal }));
        await expect(stopped).rejects.toMatchObject({ kind: 'interrupted' });
        expect(readCheckpoint(checkpointPath).position).toMatchObject({ epoch: 0, stage: 'steps' });
        await trainModel(call(sweepModel(), { checkpointPath, resume: true }));
        expect(readCheckpoint(checkpointPath)).toEqual(readCheckpoint(whole));
        return;
      }
      const { attempts, checkpoint } = await inPieces((watch) => sweepModel({ piece: watch }), stopEvery);
      expect(attempts).toBeGreaterThan(1);
      expect(checkpoint).toEqual(readCheckpoint(whole));
    },
  );
});

test('the model with graphs on top is found by its name', () => {
  expect(findModel('lightgcn + graph').name).toBe('lightgcn + graph');
  expect(() => findModel('lightgnc + graph')).toThrow('did you mean "lightgcn"?');
});
