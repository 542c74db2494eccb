import { Adam, checkGradients, constant, Tape } from '@agentmmrec/autograd';
import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { checkerboard, checkerboardData, colouredRows } from '../testing/checkerboard.js';
import { rowDiffusion } from './rowDiffusion.js';

const device = openDevice('cpu', { threads: 1 });
const train = checkerboard(12, 1);
const data = checkerboardData(device, train);
const options = {
  steps: 3,
  noiseScale: 0.1,
  noiseLeast: 1e-4,
  noiseMost: 0.02,
  hidden: 6,
  timeWidth: 4,
  dropout: 0,
  contentWeight: 0.5,
};
const everybody = Int32Array.from({ length: 13 }, (_, user) => user);
const items = {
  content: constant(device, colouredRows(13, 3, new RandomStreams(1).stream('content')), 'content'),
  ids: constant(device, colouredRows(13, 3, new RandomStreams(1).stream('ids')), 'ids'),
};

/** With tables of at most so many numbers: 26 are two users at a time. */
function diffusionOf(tableSize?: number, changes: Partial<typeof options> = {}) {
  const context = {
    device,
    precision: 'fp32' as const,
    data,
    random: new RandomStreams(5),
    remark: () => {},
    keeps: () => {},
  };
  return rowDiffusion(context, 'denoiser', { ...options, ...changes }, tableSize);
}

function denoisedBy(diffusion: ReturnType<typeof diffusionOf>) {
  const out = device.floats(13 * 13);
  diffusion.denoise(everybody, out);
  return Array.from(device.read(out));
}

test('rows are denoised alike in blocks and at once', () => {
  const whole = denoisedBy(diffusionOf());
  denoisedBy(diffusionOf(26)).forEach((value, at) => {
    expect(value).toBeCloseTo(whole[at], 5);
  });
});

test('the loss in blocks is the mean over users, and its gradients are slopes', () => {
  const oneStep = { steps: 1 }; // where the noise, which is drawn by blocks, is small
  const lossOf = (diffusion: ReturnType<typeof diffusionOf>) => {
    const tape = new Tape(device);
    return tape.step(() => diffusion.loss(tape, everybody, items).read()[0]);
  };
  const whole = lossOf(diffusionOf(undefined, oneStep));
  const inBlocks = diffusionOf(26, oneStep);
  expect(Math.abs(lossOf(inBlocks) / whole - 1)).toBeLessThan(0.02);
  const sample = { count: 10, stream: new RandomStreams(6).stream('entries') };
  const loss = (tape: Tape) => inBlocks.loss(tape, everybody, items);
  expect(checkGradients(device, inBlocks.parameters, loss, { sample })).toEqual([]);
});

test('trained, it gives back the items that a user has before those of the other colour', () => {
  const diffusion = diffusionOf(26);
  const tape = new Tape(device);
  const adam = new Adam(diffusion.parameters, { learningRate: 0.02 });
  for (let step = 0; step < 200; step++) {
    tape.step(() => tape.backward(diffusion.loss(tape, everybody, items)));
    adam.step();
  }
  const rows = denoisedBy(diffusion);
  for (let user = 0; user < 12; user++) {
    const row = rows.slice(user * 13, user * 13 + 12);
    const own = row.filter((_, item) => item % 2 === user % 2 && item !== user);
    const others = row.filter((_, item) => item % 2 !== user % 2);
    expect(Math.min(...own)).toBeGreaterThan(Math.max(...others));
  }
});
