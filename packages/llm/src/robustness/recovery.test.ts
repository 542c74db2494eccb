import { silentLog } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock, settle } from '../../../../test/llm/manualClock.js';
import { AttemptTimeout, sleep, withTimeout } from '../contract/clock.js';
import type { LlmServer } from '../contract/contract.js';
import { backOffMs, DEFAULT_RETRIES } from './backOff.js';
import { Breaker, DEFAULT_BREAKER } from './breaker.js';
import { Budget } from './budget.js';
import { ServerPool } from './serverPool.js';

const retries = { retries: DEFAULT_RETRIES, random: () => 0.5 };

describe('back-off', () => {
  test('doubles to its bound, keeps at least half, never less than asked', () => {
    fc.assert(
      fc.property(
        fc.nat(20),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(100_000),
        (retry, random, asked) => {
          const whole = Math.min(30_000, 500 * 2 ** retry);
          const delay = backOffMs(DEFAULT_RETRIES, retry, random, null);
          expect(delay).toBeGreaterThanOrEqual(whole / 2);
          expect(delay).toBeLessThan(whole);
          expect(backOffMs(DEFAULT_RETRIES, retry, random, asked)).toBe(Math.max(delay, asked));
        },
      ),
    );
  });
});

describe('breaker', () => {
  const policy = { failures: 3, firstPauseMs: 1000, longestPauseMs: 3000 };

  test('opens after failures in a row, probes once, doubles its pause to a bound, closes on success', () => {
    const clock = new ManualClock();
    const breaker = new Breaker(clock, policy);
    breaker.failed();
    breaker.failed();
    breaker.succeeded();
    breaker.failed();
    breaker.failed();
    expect(breaker.waitMs()).toBe(0);
    breaker.failed();
    expect(breaker.waitMs()).toBe(1000);
    for (const pause of [2000, 3000, 3000]) {
      clock.advance(breaker.waitMs());
      expect(breaker.enter()).toBe(true);
      expect(breaker.waitMs()).toBe(Number.POSITIVE_INFINITY);
      breaker.failed();
      expect(breaker.waitMs()).toBe(pause);
    }
    clock.advance(3000);
    breaker.enter();
    breaker.succeeded();
    expect(breaker.waitMs()).toBe(0);
    expect(breaker.enter()).toBe(false);
  });

  test('a server that lives and tells of a crash is tried again after the first pause', () => {
    const clock = new ManualClock();
    const breaker = new Breaker(clock, { ...policy, failures: 1 });
    breaker.failed();
    for (const [lives, pause] of [
      [false, 2000],
      [true, 1000],
      [true, 1000],
      [false, 2000],
    ] as const) {
      clock.advance(breaker.waitMs());
      breaker.enter();
      breaker.failed(lives);
      expect(breaker.waitMs()).toBe(pause);
    }
  });

  test('an abandoned probe can be made again', () => {
    const clock = new ManualClock();
    const breaker = new Breaker(clock, { ...policy, failures: 1 });
    breaker.failed();
    clock.advance(1000);
    breaker.enter();
    breaker.abandoned();
    expect(breaker.waitMs()).toBe(0);
  });
});

describe('servers', () => {
  /** A millisecond passes with every look at it. */
  class PassingClock extends ManualClock {
    override now(): number {
      const nowMs = super.now();
      this.advance(1);
      return nowMs;
    }
  }

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'a call that comes %d ms before a pause ends is let through when it has ended',
    async (beforeMs) => {
      const clock = new PassingClock();
      const identity = { provider: 't', model: 'm', modelDigest: 'm', serverVersion: '', reproducible: true };
      const server = { name: 's', provider: 't', model: 'm', slots: 2, contextLength: null, settings: {} } as LlmServer;
      const breaker = { failures: 1, firstPauseMs: 100, longestPauseMs: 100 };
      const policy = {
        breaker,
        longestOutageMs: Number.POSITIVE_INFINITY,
        longestFirstOutageMs: Number.POSITIVE_INFINITY,
        identityEveryMs: Number.POSITIVE_INFINITY,
      };
      const pool = new ServerPool({ servers: [server], identity, clock, policy, ...retries, log: silentLog });
      (await pool.acquire(undefined, null)).release('failed');
      clock.advance(100 - beforeMs);
      let given = false;
      const acquired = pool.acquire(undefined, null).then(() => {
        given = true;
      });
      clock.advance(20);
      await settle();
      expect(given).toBe(true);
      await acquired;
    },
  );
});

describe('a server that takes requests and says nothing', () => {
  const SILENCE = 'silence for 240 s';

  function poolOf(told: string[]) {
    const clock = new ManualClock();
    const identity = { provider: 't', model: 'm', modelDigest: 'm', serverVersion: '', reproducible: true };
    const server = { name: 's', provider: 't', model: 'm', slots: 2, contextLength: null, settings: {} } as LlmServer;
    const policy = {
      breaker: DEFAULT_BREAKER,
      longestOutageMs: 600_000,
      longestFirstOutageMs: 120_000,
      identityEveryMs: Number.POSITIVE_INFINITY,
    };
    const log = { ...silentLog, warn: (line: string) => void told.push(line) };
    return { clock, pool: new ServerPool({ servers: [server], identity, clock, policy, ...retries, log }) };
  }

  test('is given up after the first calls, with the reason', async () => {
    const told: string[] = [];
    const { clock, pool } = poolOf(told);
    const leases = [await pool.acquire(undefined, null), await pool.acquire(undefined, null)];
    const third = pool.acquire(undefined, null);
    clock.advance(240_000);
    for (const lease of leases) lease.release('failed', SILENCE);
    await expect(third).rejects.toMatchObject({ fault: 'outage', endsRun: true, exitCode: 1 });
    await expect(pool.acquire(undefined, null)).rejects.toThrow(
      /no usable answer for 240 s, the last: silence for 240 s.*--call-timeout/,
    );
    expect(told).toEqual([]);
  });

  test('is asked again where it ever answered, or fell silent for a moment only', async () => {
    for (const [answered, silentMs] of [
      [true, 240_000],
      [false, 60_000],
    ] as const) {
      const told: string[] = [];
      const { clock, pool } = poolOf(told);
      if (answered) (await pool.acquire(undefined, null)).release('answered');
      const lease = await pool.acquire(undefined, null);
      clock.advance(silentMs);
      lease.release('failed', SILENCE);
      (await pool.acquire(undefined, null)).release('unused');
      expect(told).toEqual([`s: ${SILENCE}; it is asked again`]);
    }
  });
});

describe('budget', () => {
  test('sets aside the most a call can use, so calls in flight cannot overrun together', () => {
    const budget = new Budget({ maxTokens: 250 });
    const first = budget.reserve({ inputTokens: 80, outputTokens: 20 });
    budget.reserve({ inputTokens: 80, outputTokens: 20 });
    expect(() => budget.reserve({ inputTokens: 80, outputTokens: 20 })).toThrow(
      /budget of tokens: got 300 with the next call, expected at most 250. HINT: raise the budget/,
    );
    first.settle({ inputTokens: 40, outputTokens: 5 });
    first.settle({ inputTokens: 4000, outputTokens: 5 });
    budget.reserve({ inputTokens: 80, outputTokens: 20 });
    expect(budget.used()).toMatchObject({ requests: 3, inputTokens: 40, outputTokens: 5 });
  });

  test('counts money at the prices given', () => {
    const budget = new Budget({ maxMoney: 0.01 }, { inputPrice: 2.5, outputPrice: 10 });
    budget.reserve({ inputTokens: 1000, outputTokens: 500 }).settle({ inputTokens: 1000, outputTokens: 500 });
    expect(budget.used().money).toBeCloseTo(0.0075, 12);
    expect(() => budget.reserve({ inputTokens: 1000, outputTokens: 500 })).toThrow(
      /budget of money: got 0.0150 with the next call/,
    );
  });

  test('a limit of money needs prices, and without prices there is no sum of money', () => {
    expect(() => new Budget({ maxMoney: 1 })).toThrow(/budget of money: got no prices/);
    expect(new Budget().used().money).toBeNull();
  });

  test('a limit of requests ends the run as interrupted, with what is done kept', () => {
    const budget = new Budget({ maxRequests: 1 });
    budget.reserve({ inputTokens: 1, outputTokens: 1 });
    expect(() => budget.reserve({ inputTokens: 1, outputTokens: 1 })).toThrow(
      expect.objectContaining({ fault: 'budget', kind: 'interrupted', endsRun: true, exitCode: 130 }),
    );
  });
});

describe('time limits', () => {
  test('an attempt is stopped at its limit and the timer is gone after it', async () => {
    const clock = new ManualClock();
    const attempt = withTimeout(clock, 40_000, undefined, (signal) => sleep(clock, 1e9, signal));
    clock.advance(39_999);
    clock.advance(1);
    await expect(attempt).rejects.toBeInstanceOf(AttemptTimeout);
    await withTimeout(clock, 40_000, undefined, async () => 1);
    expect(clock.pending).toBe(0);
  });

  test('the caller’s stop reaches the attempt with its reason', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const attempt = withTimeout(clock, 1000, stop.signal, (signal) => sleep(clock, 1e9, signal));
    stop.abort('enough');
    await expect(attempt).rejects.toBe('enough');
    await expect(withTimeout(clock, 1000, stop.signal, async (signal) => signal.aborted)).resolves.toBe(true);
  });
});
