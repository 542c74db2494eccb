import * as fileSystem from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

const real = { ...fileSystem };
let roomBytes = Number.POSITIVE_INFINITY;

// A disk that fills up: a write takes what fits and then fails as the kernel does.
jest.unstable_mockModule('node:fs', () => ({
  ...real,
  writeSync: (file: number, bytes: Uint8Array, at: number) => {
    if (roomBytes <= 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const written = real.writeSync(file, bytes, at, Math.min(bytes.length - at, roomBytes));
    roomBytes -= written;
    return written;
  },
}));
// After the mock, so that every package gets it.
const { openDevice } = await import('@agentmmrec/kernels');
const { readCheckpoint, trainModel } = await import('./index.js');
const { checkerboard, tinyModel } = await import('./testing/tinyModel.js');

let folder = '';
beforeEach(() => {
  folder = real.mkdtempSync(join(tmpdir(), 'full-'));
});
afterEach(() => {
  roomBytes = Number.POSITIVE_INFINITY;
  real.rmSync(folder, { recursive: true, force: true });
});

describe('a disk that fills up while training', () => {
  test('ends the run in one sentence, keeps the last checkpoint whole, and the run goes on from it', async () => {
    const { data, validation } = checkerboard(12, 30);
    const [path, whole] = [join(folder, 'run.checkpoint'), join(folder, 'whole.checkpoint')];
    const training = { epochs: 6, batchSize: 50, checkpointEverySeconds: 0 };
    const call = { model: tinyModel, data, validation, device: openDevice('reference'), seed: 1, training };
    await trainModel({ ...call, checkpointPath: whole });
    const onEpoch = ({ epoch }: { epoch: number }) => {
      if (epoch === 3) roomBytes = 100;
    };
    const run = trainModel({ ...call, checkpointPath: path, onEpoch }).then(({ epochs }) => epochs);
    await expect(run).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringMatching(
        /^writing .*run\.checkpoint: got no space left on the disk, .* HINT: free some space/,
      ),
    });
    expect(real.readdirSync(folder).sort()).toEqual(['run.checkpoint', 'whole.checkpoint']);
    expect(readCheckpoint(path).position).toEqual({ epoch: 3, stage: 'steps', step: 0, lossSum: 0 });
    roomBytes = Number.POSITIVE_INFINITY;
    await trainModel({ ...call, checkpointPath: path, resume: true });
    expect(real.readFileSync(path).equals(real.readFileSync(whole))).toBe(true);
  });
});
