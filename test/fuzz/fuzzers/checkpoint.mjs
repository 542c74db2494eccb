// Checkpoints that are damaged, with a digest that fits what they hold.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint, writeCheckpoint } from '@agentmmrec/training';
import { damaged } from '../damage.mjs';

/** What is counted, how many a case has, and how many the bar asks for. */
export const counted = { of: 'files', each: 1, least: 2_000 };

/** @returns reads one damaged checkpoint */
export async function prepare(folder) {
  const path = join(folder, 'run.amr');
  const identity = { model: 'lightgcn', options: { layers: 2 }, data: 'shop', fingerprint: 'f', seed: 1, batchSize: 8 };
  writeCheckpoint(path, {
    identity: { ...identity, knowledge: null, reasoner: null, learningRate: 0.001, feedback: null },
    ...{
      device: 'cpu',
      position: { epoch: 0, stage: 'steps', step: 2, lossSum: 0.5 },
      history: [],
      feedbackReports: [],
    },
    ...{ bestEpoch: null, optimizerSteps: [3], parameters: { users: Float32Array.of(1, 2) }, optimizer: {}, state: {} },
    ...{ bestParameters: {}, bestState: {} },
  });
  const whole = readFileSync(path);
  return (random) => {
    const content = damaged(whole.subarray(0, -32), random);
    writeFileSync(path, Buffer.concat([content, createHash('sha256').update(content).digest()]));
    readCheckpoint(path);
  };
}
