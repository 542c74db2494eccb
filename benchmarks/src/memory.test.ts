import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { extraMemory } from './memory.js';

const linux = existsSync('/proc/self/clear_refs') ? test : test.skip;

linux('extra memory is what a run touches and does not hold before', () => {
  const held = new Uint8Array(2 ** 25).fill(1);
  const touching = extraMemory(() => void new Uint8Array(2 ** 26).fill(1));
  expect(touching).toBeGreaterThan(0.9 * 2 ** 26);
  expect(touching).toBeLessThan(2 ** 27);
  expect(extraMemory(() => void held.fill(2))).toBeLessThan(2 ** 24);
});

test('where the system does not tell it is unknown', () => {
  expect(extraMemory(() => undefined, '/nowhere')).toBeNull();
});
