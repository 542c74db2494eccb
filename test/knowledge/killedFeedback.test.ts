import { test } from '@jest/globals';
import { expectSameMemory } from './killedRuns.js';

test('a feedback round killed with -9 at 20 random moments leaves the same memory and repeats no finished call', async () => {
  await expectSameMemory('feedback');
}, 180_000);
