import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AmrError, RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type FeedbackHook, readCheckpoint, type TrainCall, trainModel } from './index.js';
import { checkerboard, interactionsOfRows, tinyModel } from './testing/tinyModel.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'training-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const { data, validation } = checkerboard(16, 60);
const device = openDevice('cpu', { threads: 1 });

function call(changes: Partial<TrainCall> = {}): TrainCall {
  const training = { epochs: 12, batchSize: 50, learningRate: 0.05, checkpointEverySeconds: 0, ...changes.training };
  return { model: tinyModel, data, validation, device, seed: 3, ...changes, training };
}

/**
 * A round that replaces the knowledge of two users by what it sees in the ranking, so that a wrong order of rounds or a lost state shows
 * in the parameters.
 */
function feedbackHook(changes: Partial<FeedbackHook> = {}): FeedbackHook {
  return {
    feedbackEvery: 3,
    endPeriod: async (period, { model, rank }) => {
      const users = Int32Array.of(period, period + 7);
      const lists = rank(users, data.train, 5);
      const rows = { rows: 2, cols: 4, data: Float32Array.from({ length: 8 }, (_, at) => lists.items[at] / 100) };
      model.updateUserKnowledge?.(users, rows);
      return { first: lists.items[0] };
    },
    ...changes,
  };
}

describe('a run', () => {
  test('finds the answer of the checkerboard and stops early', async () => {
    const records: number[] = [];
    const result = await trainModel(
      call({ training: { epochs: 400, patience: 10 }, onEpoch: ({ epoch }) => records.push(epoch) }),
    );
    // 60 items, 28 masked; of the 32 left 2 are of the user's colour, and chance finds 20 / 32.
    expect(result.validation?.metrics['recall@20']).toBe(1);
    expect(result.bestEpoch).not.toBeNull();
    expect(result.epochs).toBe((result.bestEpoch ?? 0) + 11);
    expect(records).toEqual(Array.from({ length: result.epochs }, (_, epoch) => epoch));
    expect(result.history[5].loss).toBeLessThan(Number(result.history[0].loss));
    expect(result.secondsPerEpoch).toBeGreaterThan(0);
    expect(result.peakRssBytes).toBeGreaterThan(2 ** 20);
    expect(result.remarks).toEqual(['tiny']);
  });

  test('ends with the parameters of the best epoch', async () => {
    const result = await trainModel(call({ training: { epochs: 60, patience: 5 } }));
    const best = result.bestEpoch ?? -1;
    const until = (epochs: number) => trainModel(call({ training: { epochs, selection: 'none' } }));
    const recalls = result.history.map(({ validation }) => validation?.['recall@20'] ?? -1);
    expect(best).toBe(recalls.indexOf(Math.max(...recalls))); // the first of equals
    expect(result.epochs).toBe(best + 6);
    const then = await until(best + 1);
    expect(result.model.parameters.users.read()).toEqual(then.model.parameters.users.read());
    const last = await until(result.epochs);
    expect(last.model.parameters.users.read()).not.toEqual(then.model.parameters.users.read());
    expect(result.validation?.metrics).toEqual(result.history[best].validation);
    expect(last.validation).toBeNull();
    expect(last.bestEpoch).toBeNull();
  });

  test('has the same bits for equal seeds and others for other seeds', async () => {
    const [a, b, c] = await Promise.all([3, 3, 4].map((seed) => trainModel(call({ seed }))));
    expect(a.model.parameters.items.read()).toEqual(b.model.parameters.items.read());
    expect(a.history).toEqual(b.history);
    expect(a.model.parameters.items.read()).not.toEqual(c.model.parameters.items.read());
  });

  test('does not see validation: random interactions in its place leave the checkpoint byte for byte', async () => {
    const random = new RandomStreams(1).stream('noise');
    const noise = interactionsOfRows(
      data.items,
      Array.from({ length: data.users }, () => [random.integer(data.items)]),
    );
    const paths = ['true', 'noise'].map((name) => join(folder, name));
    const training = { epochs: 4, selection: 'none' as const };
    await trainModel(call({ training, feedback: feedbackHook(), checkpointPath: paths[0] }));
    await trainModel(call({ training, feedback: feedbackHook(), checkpointPath: paths[1], validation: noise }));
    expect(readFileSync(paths[0]).equals(readFileSync(paths[1]))).toBe(true);
    // With selection on, only the choice of the epoch may differ.
    const patient = { epochs: 4, patience: 4 };
    await trainModel(call({ training: patient, checkpointPath: paths[0] }));
    await trainModel(call({ training: patient, checkpointPath: paths[1], validation: noise }));
    const [seen, unseen] = paths.map(readCheckpoint);
    expect(seen.parameters).toEqual(unseen.parameters);
    expect(seen.history).not.toEqual(unseen.history);
  });

  test('says that a loss is no number and saves nothing after the last good epoch', async () => {
    const broken: TrainCall['model'] = {
      ...tinyModel,
      build: (context) => {
        const model = tinyModel.build({ ...context, options: { dimensions: 4, l2: 0.001 } });
        let steps = 0;
        return { ...model, fusedStep: (batch) => (++steps > 10 ? Number.NaN : (model.fusedStep?.(batch) ?? 0)) };
      },
    };
    const checkpointPath = join(folder, 'run.checkpoint');
    const failed = trainModel(call({ model: broken, checkpointPath }));
    await expect(failed).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('mean loss of NaN'),
    });
    expect(readCheckpoint(checkpointPath).history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });

  test('refuses options out of bounds and data without negatives', async () => {
    await expect(trainModel(call({ training: { epochs: 0 } }))).rejects.toThrow(
      'training, option "epochs": got 0, expected a whole number of at least 1',
    );
    await expect(trainModel(call({ options: { dimension: 3 } }))).rejects.toThrow('did you mean "dimensions"?');
    const train = interactionsOfRows(3, [[0, 1, 2], [1]]);
    const full = { ...data, users: 2, items: 3, train };
    await expect(trainModel(call({ data: full, validation: train }))).rejects.toThrow(
      'training interactions of user 0: got all 3 items',
    );
    const none = { ...data, users: 1, items: 3, train: interactionsOfRows(3, [[]]) };
    await expect(trainModel(call({ data: none, validation: train }))).rejects.toThrow(
      'training interactions: got none',
    );
  });
});

describe('feedback periods', () => {
  test('end in a round each, as many as asked for', async () => {
    const rounds: { period: number; epochs: number }[] = [];
    const hook = feedbackHook();
    const feedback: FeedbackHook = {
      ...hook,
      feedbackPeriods: 2,
      endPeriod: (period, context) => {
        rounds.push({ period, epochs: epochs.length });
        return hook.endPeriod(period, context);
      },
    };
    const epochs: number[] = [];
    const onEpoch = ({ epoch }: { epoch: number }) => void epochs.push(epoch);
    const result = await trainModel(call({ feedback, onEpoch, training: { epochs: 8 } }));
    expect(rounds).toEqual([
      { period: 0, epochs: 3 },
      { period: 1, epochs: 6 },
    ]);
    expect(epochs).toHaveLength(8);
    expect(result.feedbackReports).toEqual([
      { period: 0, report: { first: expect.any(Number) } },
      { period: 1, report: { first: expect.any(Number) } },
    ]);
  });

  test('change the parameters', async () => {
    const without = await trainModel(call({ training: { selection: 'none' } }));
    const withRounds = await trainModel(call({ training: { selection: 'none' }, feedback: feedbackHook() }));
    expect(withRounds.model.parameters.items.read()).not.toEqual(without.model.parameters.items.read());
  });
});

describe('interruption and resume', () => {
  const last = { training: { epochs: 9 } };

  test.each([
    ['without feedback', undefined],
    ['with feedback', feedbackHook()],
  ])('a kill after any checkpoint ends in the bits of the uninterrupted run, %s', async (_, feedback) => {
    const whole = join(folder, 'whole.checkpoint');
    await trainModel(call({ ...last, feedback, checkpointPath: whole }));
    for (let kill = 1; kill <= 9; kill += 2) {
      const checkpointPath = join(folder, `killed-${kill}.checkpoint`);
      // Throwing out of onEpoch loses everything since the last checkpoint, as kill -9 does.
      const killed = trainModel(
        call({
          ...last,
          feedback,
          checkpointPath,
          training: { ...last.training, checkpointEverySeconds: kill === 9 ? 3600 : 0 },
          onEpoch: ({ epoch }) => {
            if (epoch === kill - 1) throw new Error('killed');
          },
        }),
      );
      await expect(killed).rejects.toThrow('killed');
      await trainModel(call({ ...last, feedback, checkpointPath, resume: true }));
      expect(readFileSync(checkpointPath).equals(readFileSync(whole))).toBe(true);
    }
  });

  test('a kill inside a feedback round makes the round again', async () => {
    const whole = join(folder, 'whole.checkpoint');
    const checkpointPath = join(folder, 'killed.checkpoint');
    const hook = feedbackHook();
    await trainModel(call({ ...last, feedback: hook, checkpointPath: whole }));
    const dying: FeedbackHook = {
      ...hook,
      endPeriod: async (period, context) => {
        const report = await hook.endPeriod(period, context);
        if (period === 1) throw new Error('killed'); // when the round has already changed the model
        return report;
      },
    };
    await expect(trainModel(call({ ...last, feedback: dying, checkpointPath }))).rejects.toThrow('killed');
    expect(readCheckpoint(checkpointPath).position).toMatchObject({ epoch: 5, stage: 'feedback' });
    await trainModel(call({ ...last, feedback: hook, checkpointPath, resume: true }));
    expect(readFileSync(checkpointPath).equals(readFileSync(whole))).toBe(true);
  });

  test.each([1, 8, 23])('Ctrl-C at step %i saves there and names the command that goes on', async (stopAt) => {
    const whole = join(folder, 'whole.checkpoint');
    const checkpointPath = join(folder, 'stopped.checkpoint');
    await trainModel(call({ ...last, checkpointPath: whole }));
    const controller = new AbortController();
    let steps = 0;
    const counted: TrainCall['model'] = {
      ...tinyModel,
      build: (context) => {
        const model = tinyModel.build({ ...context, options: { dimensions: 4, l2: 0.001 } });
        return {
          ...model,
          fusedStep: (batch) => {
            if (++steps === stopAt) controller.abort();
            return model.fusedStep?.(batch) ?? 0;
          },
        };
      },
    };
    const stopped = trainModel(
      call({
        ...last,
        model: counted,
        checkpointPath,
        signal: controller.signal,
        resumeCommand: 'agentmmrec train --resume',
      }),
    );
    await expect(stopped).rejects.toMatchObject({
      kind: 'interrupted',
      exitCode: 130,
      hint: 'to go on: agentmmrec train --resume',
    });
    expect(steps).toBe(stopAt);
    await trainModel(call({ ...last, checkpointPath, resume: true }));
    expect(readFileSync(checkpointPath).equals(readFileSync(whole))).toBe(true);
  });

  test('a finished run resumes to the same result, and more epochs go on from it', async () => {
    const checkpointPath = join(folder, 'run.checkpoint');
    const longer = join(folder, 'longer.checkpoint');
    const first = await trainModel(call({ training: { epochs: 4 }, checkpointPath }));
    const again = await trainModel(call({ training: { epochs: 4 }, checkpointPath, resume: true }));
    expect(again.epochs).toBe(4);
    expect(again.secondsPerEpoch).toBeNull();
    expect(again.validation).toEqual(first.validation);
    await trainModel(call({ training: { epochs: 7 }, checkpointPath, resume: true }));
    await trainModel(call({ training: { epochs: 7 }, checkpointPath: longer }));
    expect(readFileSync(checkpointPath).equals(readFileSync(longer))).toBe(true);
  });

  test('a checkpoint of another run is refused by a sentence that names both', async () => {
    const checkpointPath = join(folder, 'run.checkpoint');
    await trainModel(call({ training: { epochs: 1 }, checkpointPath }));
    const resumed = (changes: Partial<TrainCall>) => trainModel(call({ ...changes, checkpointPath, resume: true }));
    const other = { ...tinyModel, name: 'other' };
    await expect(resumed({ model: other })).rejects.toThrow('got model tiny, expected model other. HINT:');
    await expect(resumed({ data: { ...data, name: 'baby' } })).rejects.toThrow(
      'got data set checkerboard, expected data set baby',
    );
    await expect(resumed({ data: { ...data, fingerprint: 'decaf' } })).rejects.toThrow('with fingerprint c0ffee');
    await expect(resumed({ options: { dimensions: 6 } })).rejects.toThrow('got dimensions 4, expected dimensions 6');
    await expect(resumed({ seed: 8 })).rejects.toThrow('got seed 3, expected seed 8');
    await expect(resumed({ feedback: feedbackHook() })).rejects.toThrow('got a run without feedback');
    await expect(resumed({ seed: 8 })).rejects.toBeInstanceOf(AmrError);
    const budget = (users: number) => ({ feedback: feedbackHook({ identity: { users } }), training: { epochs: 1 } });
    await trainModel(call({ ...budget(512), checkpointPath }));
    await expect(resumed(budget(64))).rejects.toThrow('"users":512}, expected feedback {"everyEpochs":3');
    await expect(trainModel(call({ resume: true }))).rejects.toThrow('got no checkpoint');
    const absent = call({ resume: true, checkpointPath: join(folder, 'absent.checkpoint') });
    await expect(trainModel(absent)).rejects.toThrow('got no checkpoint at');
  });

  test('leaves one file, also where a write was cut off before', async () => {
    const checkpointPath = join(folder, 'run.checkpoint');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(`${checkpointPath}.0123456789ab.tmp`, 'half');
    await trainModel(call({ training: { epochs: 2 }, checkpointPath }));
    expect(readdirSync(folder)).toEqual(['run.checkpoint']);
  });
});
