import { CudaDevice, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { expectSameRun, expectSameSteps, type ModelName, STEPS, training } from './support/trainingSteps.js';

const trainedModels = ['lightgcn', 'vbpr', 'agentmmrec', 'bpr'] as const;

describe.each(trainedModels)('three steps of %s', (name) => {
  test.each([false, true])('equal the CPU’s, threads backwards: %s', (reverse) => {
    const { setReverseOrder } = loadEmulatedAddon();
    setReverseOrder(reverse);
    try {
      expectSameSteps(name, openDevice('cuda-emulated'), openDevice('cpu'));
    } finally {
      setReverseOrder(false);
    }
  });

  test('a step copies nothing to the card and only its loss back, and memory does not grow', () => {
    expectOneCopyAStep(name);
  });
});

test('no more does one with losses between the modalities, whose distributions are compared on the card', () => {
  expectOneCopyAStep('agentmmrec', { modalities: 'blocks', alignment: 0.1, blockNormalize: true });
});

function expectOneCopyAStep(name: ModelName, options: Readonly<Record<string, unknown>> = {}): void {
  const device = openDevice('cuda-emulated');
  if (!(device instanceof CudaDevice)) throw new Error('not a card');
  const { batch, step } = training(name, device, options);
  const one = batch();
  step(one);
  step(one);
  const before = device.usage();
  for (let n = 0; n < STEPS; n++) step(one);
  const after = device.usage();
  expect(after.copiesToDevice).toBe(before.copiesToDevice);
  expect(after.copiesToHost - before.copiesToHost).toBeLessThanOrEqual(STEPS);
  expect(after.bytesToHost - before.bytesToHost).toBeLessThanOrEqual(STEPS * 64);
  expect(after.usedBytes).toBe(before.usedBytes);
  expect(after.peakBytes).toBe(before.peakBytes);
}

test.each([
  ['lightgcn', { dimensions: 8 }],
  ['agentmmrec', { dimensions: 6, k: 3, hidden: 5 }],
] as const)('a whole training of %s ends with the CPU’s metrics', async (name, options) => {
  await expectSameRun(name, options, openDevice('cuda-emulated'), openDevice('cpu'));
});
