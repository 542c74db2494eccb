import type { Rates } from '../rates/rates.js';

/** Round rates for tests: a byte a nanosecond, a row ten times as dear a level further out. */
export const testRates: Rates = {
  threads: 2,
  caches: { first: 2 ** 15, second: 2 ** 20, last: 2 ** 25, source: 'the operating system' },
  ownLastCacheBytes: 2 ** 25,
  streams: [
    { arrayBytes: 2 ** 20, seconds: 1e-10 },
    { arrayBytes: 2 ** 28, seconds: 1e-9 },
  ],
  adam: [
    { arrayBytes: 2 ** 20, seconds: 1e-9 },
    { arrayBytes: 2 ** 28, seconds: 1e-8 },
  ],
  secondsPerWaitingStep: 1e-10,
  rowCopies: { gatherCached: 1e-9, gatherMemory: 1e-8, scatterCached: 2e-9, scatterMemory: 2e-8 },
  gathers: [
    { wide: 4e-9, narrow: 1e-9, strided: 4e-9 },
    { wide: 4e-8, narrow: 1e-8, strided: 4e-8 },
    { wide: 4e-7, narrow: 1e-7, strided: 4e-7 },
    { wide: 4e-6, narrow: 1e-6, strided: 4e-6 },
  ],
  outputs: [
    { arrayBytes: 2 ** 20, wide: 1e-9, strided: 2e-9 },
    { arrayBytes: 2 ** 28, wide: 9e-9, strided: 18e-9 },
  ],
  product: { flopsPerSecond: 1e11, secondsPerOutput: 1e-10, secondsPerPacked: 1e-10 },
  ranking: { secondsPerScore: 1e-10, secondsPerCandidate: 1e-8 },
  pairs: { secondsPerScore: 2e-10, secondsPerCandidate: 2e-8 },
  secondsPerLogit: 1e-9,
  secondsPerPositive: 1e-8,
  secondsPerSortedId: 1e-9,
  callSeconds: 1e-6,
};
