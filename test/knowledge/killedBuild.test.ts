import { test } from '@jest/globals';
import { expectSameMemory } from './killedRuns.js';

test('a build killed with -9 at 20 random moments leaves the same memory and repeats no finished call', async () => {
  await expectSameMemory('build');
}, 180_000);
