import { expect, test } from '@jest/globals';
import { fastestCoreType } from './blasCore.js';

const times: Readonly<Record<string, number>> = { '': 1, slow: 3, near: 0.99, fast: 0.4, faster: 0.3 };
const search = (coreType: string): number => {
  if (coreType in times) return times[coreType];
  throw new Error('illegal instruction');
};

test('the fastest core type that runs here is taken', () => {
  expect(fastestCoreType(search, ['', 'slow', 'fast', 'absent', 'faster'])).toBe('faster');
  expect(fastestCoreType(search, ['absent', 'slow'])).toBe('slow');
});

test('the library’s own choice stands where nothing is faster beyond the noise, or nothing runs', () => {
  expect(fastestCoreType(search, ['', 'near', 'slow'])).toBe('');
  expect(fastestCoreType(search, ['absent'])).toBe('');
});
