import { describe, expect, test } from '@jest/globals';
import { openMemory } from './index.js';

function jobsWithClock() {
  const clock = { ms: 1000 };
  const memory = openMemory({ path: ':memory:', fingerprint: 'data', mode: 'write', nowMs: () => clock.ms });
  return { jobs: memory.jobs, clock };
}

describe('jobs', () => {
  test('are enqueued once, leased in order, and each to one owner', () => {
    const { jobs } = jobsWithClock();
    expect(jobs.enqueue('build', ['b', 'a', 'c'])).toBe(3);
    expect(jobs.enqueue('build', ['a', 'd'])).toBe(1);
    expect(jobs.enqueue('other', ['a'])).toBe(1);
    expect(jobs.claim('build', 2, 'one', 100)).toEqual(['b', 'a']);
    expect(jobs.claim('build', 9, 'two', 100)).toEqual(['c', 'd']);
    expect(jobs.claim('build', 9, 'three', 100)).toEqual([]);
    expect(jobs.counts('build')).toEqual({ waiting: 0, leased: 4, done: 0, failed: 0 });
  });

  test('whose lease has run out go to the next who asks, unless it was renewed', () => {
    const { jobs, clock } = jobsWithClock();
    jobs.enqueue('build', ['a', 'b']);
    jobs.claim('build', 2, 'one', 100);
    clock.ms += 60;
    expect(jobs.renew('build', 'a', 'one', 100)).toBe(true);
    expect(jobs.renew('build', 'a', 'two', 100)).toBe(false);
    clock.ms += 60;
    expect(jobs.claim('build', 2, 'two', 100)).toEqual(['b']);
    expect(jobs.renew('build', 'b', 'one', 100)).toBe(false);
  });

  test('that fail are listed with their reason and retried alone', () => {
    const { jobs } = jobsWithClock();
    jobs.enqueue('build', ['a', 'b', 'c']);
    jobs.claim('build', 3, 'one', 100);
    jobs.done('build', 'a');
    jobs.failed('build', 'b', 'refused');
    jobs.releaseAll('build');
    expect(jobs.counts('build')).toEqual({ waiting: 1, leased: 0, done: 1, failed: 1 });
    expect(jobs.failures('build')).toEqual([{ key: 'b', reason: 'refused', attempts: 1 }]);
    expect(jobs.retryFailed('build')).toBe(1);
    expect(jobs.claim('build', 9, 'one', 100)).toEqual(['b', 'c']);
    expect(jobs.failures('build')).toEqual([]);
  });
});
