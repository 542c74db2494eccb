import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, matrix, RandomStreams, silentLog } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { findModel, models } from '@agentmmrec/models';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readCheckpoint, type TrainCall, trainModel } from './index.js';
import { checkerboard } from './testing/tinyModel.js';

const device = openDevice('cpu', { threads: 1 });
const { data: plain, validation } = checkerboard(10, 24);
const features = ['image', 'text'].map((modality, m) => {
  const values = matrix(plain.items, 4 + m);
  const stream = new RandomStreams(5).stream(modality);
  values.data.forEach((_, i) => {
    values.data[i] = stream.normal();
  });
  return { modality, matrix: values, synthetic: true };
});
const data = { ...plain, features };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resume-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function call(name: string, changes: Partial<TrainCall>): TrainCall {
  const options = Object.fromEntries(
    Object.entries({ dimensions: 4, k: 3, hidden: 5, dropout: 0.3 }).filter(
      ([option]) => option in findModel(name).options,
    ),
  );
  const training = { epochs: 3, batchSize: 32, learningRate: 0.05, checkpointEverySeconds: 0 };
  return { model: findModel(name), options, data, validation, device, seed: 3, training, ...changes };
}

/** A log under which a run is told to stop after so many steps. */
function stopAfter(steps: number): { readonly log: Log; readonly signal: AbortSignal } {
  const controller = new AbortController();
  let seen = 0;
  const update = () => {
    if (++seen === steps) controller.abort();
  };
  return { log: { ...silentLog, progress: () => ({ update, end: () => {} }) }, signal: controller.signal };
}

test.each(Object.keys(models))(
  '%s, stopped in the middle of an epoch and resumed, ends in the same bits',
  async (name) => {
    const [whole, pieces] = [join(folder, 'whole'), join(folder, 'pieces')];
    const expected = await trainModel(call(name, { checkpointPath: whole }));
    if (expected.model.sweeps) return; // an interrupted sweep is made again: see waysOfTraining.test.ts
    const first = trainModel(call(name, { checkpointPath: pieces, ...stopAfter(2) }));
    await expect(first).rejects.toMatchObject({ kind: 'interrupted' });
    expect(readCheckpoint(pieces).position).toMatchObject({ epoch: 0, step: 3 });
    const second = trainModel(call(name, { checkpointPath: pieces, resume: true, ...stopAfter(3) }));
    await expect(second).rejects.toMatchObject({ kind: 'interrupted' });
    expect(readCheckpoint(pieces).position.epoch).toBe(1);
    await trainModel(call(name, { checkpointPath: pieces, resume: true }));
    expect(readCheckpoint(pieces)).toEqual(readCheckpoint(whole));
  },
);
