import { openDevice } from '@agentmmrec/kernels';
import { test } from '@jest/globals';
import { expectSameRun, expectSameSteps } from '../cuda/support/trainingSteps.js';
import { card } from './card.js';

test.each(['lightgcn', 'vbpr', 'agentmmrec', 'bpr'] as const)('three steps of %s equal the CPU’s', (name) => {
  expectSameSteps(name, card, openDevice('cpu'));
});

test.each([
  ['lightgcn', { dimensions: 8 }],
  ['agentmmrec', { dimensions: 6, k: 3, hidden: 5 }],
] as const)('a whole training of %s ends with the CPU’s metrics', async (name, options) => {
  await expectSameRun(name, options, card, openDevice('cpu'));
});
