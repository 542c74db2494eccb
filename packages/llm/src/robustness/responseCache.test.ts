import { describe, expect, test } from '@jest/globals';
import { ResponseCache } from './responseCache.js';

const usage = { inputTokens: 1, outputTokens: 1 };

/** A cache into which answers are put at given seconds. */
function cacheWith(seconds: readonly number[], model = 'one') {
  let now = 0;
  const cache = new ResponseCache(':memory:', () => now * 1000);
  const put = (at: number, by: string) => {
    now = at;
    const identity = { provider: 'p', model: by, modelDigest: 'd', serverVersion: '', reproducible: true };
    const about = { task: 't', identity, server: 's', template: { id: 'i', hash: 'h' }, attempt: 0, imageLevel: 0 };
    cache.put(`${by} ${at}`, { text: '{}', usage, elapsedMs: 1, fingerprint: '' }, about);
  };
  for (const at of seconds) put(at, model);
  return { cache, put };
}

describe('the measured rate', () => {
  test('is that of the last answers of the last model', () => {
    const { cache, put } = cacheWith(Array.from({ length: 400 }, (_, n) => (n < 100 ? n * 10 : 1000 + n / 2)));
    expect(cache.rate()).toEqual({ model: 'one', callsPerSecond: 2, answers: 200 });
    for (let n = 0; n <= 30; n++) put(5000 + n * 4, 'two');
    expect(cache.rate()).toEqual({ model: 'two', callsPerSecond: 0.25, answers: 30 });
    cache.close();
  });

  test('leaves out the time between two runs', () => {
    const { cache } = cacheWith([...Array(15).keys(), ...Array.from({ length: 15 }, (_, n) => 90_000 + n)]);
    expect(cache.rate()).toEqual({ model: 'one', callsPerSecond: 1, answers: 28 });
    cache.close();
  });

  test('is nothing without answers, or with too few of them', () => {
    for (const count of [0, 1, 20]) {
      const { cache } = cacheWith([...Array(count).keys()]);
      expect(cache.rate()).toBeNull();
      cache.close();
    }
  });
});
