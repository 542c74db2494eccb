import { AmrError, silentLog } from '@agentmmrec/core';
import { LlmError } from '@agentmmrec/llm';
import { describe, expect, jest, test } from '@jest/globals';
import { type CallRun, counting, runCalls } from './runCalls.js';

const refusal = (name: string) => new LlmError({ fault: 'malformed', what: name, got: 'prose', expected: 'an answer' });

/** A run over 0 to total - 1 whose work is `work`; tells what failed. */
function runOf(total: number, work: (key: number) => Promise<void> | void, more: Partial<CallRun<number>> = {}) {
  const failed: number[] = [];
  const run: CallRun<number> = {
    label: 'work',
    activity: 'the work',
    counted: 'things',
    total,
    hint: 'do it again',
    reasoner: { concurrency: 3 },
    next: counting(total),
    work: async (key) => work(key),
    failed: (key) => void failed.push(key),
    ...more,
  };
  return { run, failed };
}

describe('many calls', () => {
  test('are never more in flight than the reasoner takes, whatever the caller allows', async () => {
    let [now, most] = [0, 0];
    const { run } = runOf(20, async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now--;
    });
    expect(await runCalls({ ...run, maxInFlight: 9 })).toEqual({ done: 20, failed: 0 });
    expect(most).toBe(3);
  });

  test('tell what all of them will take, once enough were made, with what was repaired and refused', async () => {
    const told: string[] = [];
    const log = {
      ...silentLog,
      progress: () => ({ update: (_: number, remark = '') => void told.push(remark), end() {} }),
    };
    let requests = 0;
    const answers = () => [
      {
        task: 'property-text',
        accepted: requests,
        repaired: requests / 2,
        refused: { 'cut off': requests },
        groundedShare: null,
        distinctShare: null,
        meanCharacters: null,
      },
    ];
    const spent = () => ({
      requests,
      inputTokens: 3000 * requests,
      outputTokens: 1000 * requests,
      money: 2 * requests,
    });
    const { run } = runOf(40, () => void requests++, { log, reasoner: { concurrency: 1, spent, answers } });
    await runCalls(run);
    expect(told[5]).not.toContain('in all');
    // Every call costs the same here, so the interval is a point.
    expect(told.at(-1)).toContain('0.16 (0.16 to 0.16) M tokens, 80 (80 to 80) money');
    expect(told.at(-1)).toContain('50 % repaired, 50 % refused');
    expect(told.at(-1)).toMatch(/in all [0-9.e-]+ \(/);
  });

  test('a call that fails for good costs its key alone, and the count of failures is told', async () => {
    const told: string[] = [];
    const log = {
      ...silentLog,
      progress: () => ({ update: (n: number, remark = '') => void told.push(`${n} ${remark}`), end() {} }),
    };
    const { run, failed } = runOf(
      6,
      (key) => {
        if (key === 2) throw refusal('two');
      },
      { log, reasoner: { concurrency: 1 } },
    );
    expect(await runCalls(run)).toEqual({ done: 6, failed: 1 });
    expect(failed).toEqual([2]);
    expect(told.at(-1)).toBe('6 1 failed');
  });

  test('the first failures are told with their reason as they come, later ones are counted', async () => {
    const warned: string[] = [];
    const log = { ...silentLog, warn: (line: string) => void warned.push(line) };
    const { run } = runOf(20, (key) => {
      if (key > 3) throw refusal(`call ${key}`);
    });
    await runCalls({ ...run, log, reasoner: { concurrency: 1 } });
    expect(warned).toEqual([4, 5, 6].map((key) => `work: failed: call ${key}: prose`));
  });

  test('a run that nobody answers says how many calls wait and since when', async () => {
    jest.useFakeTimers();
    try {
      const told: string[] = [];
      const progress = () => ({ update: (_: number, remark = '') => void told.push(remark), end() {} });
      const answers: (() => void)[] = [];
      const { run } = runOf(2, () => new Promise<void>((resolve) => void answers.push(resolve)));
      const running = runCalls({ ...run, log: { ...silentLog, progress }, reasoner: { concurrency: 1 } });
      await jest.advanceTimersByTimeAsync(20_000);
      expect(told.at(-1)).toBe('');
      await jest.advanceTimersByTimeAsync(40_000);
      expect(told.at(-1)).toBe('waiting for 1 for 1.0 min');
      answers.pop()?.();
      await jest.advanceTimersByTimeAsync(0);
      expect(told.at(-1)).toBe('');
      answers.pop()?.();
      expect(await running).toEqual({ done: 2, failed: 0 });
    } finally {
      jest.useRealTimers();
    }
  });

  test('a server that never gave a usable answer ends the run, and no key is marked as failed for it', async () => {
    let asked = 0;
    const { run, failed } = runOf(500, (key) => {
      asked++;
      throw refusal(`call ${key}`);
    });
    const error = await runCalls(run).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ kind: 'failed', exitCode: 1, got: expect.stringContaining('first 10 calls') });
    expect((error as AmrError).message).toContain('prose');
    expect(failed).toEqual([]);
    expect(asked).toBeLessThan(10 + 3);
  });

  test('fewer keys than that which all fail are listed like others', async () => {
    const { run, failed } = runOf(4, (key) => {
      throw refusal(`call ${key}`);
    });
    expect(await runCalls(run)).toEqual({ done: 4, failed: 4 });
    expect(failed).toEqual([0, 1, 2, 3]);
  });

  test('failures before the first success are written down once one call succeeded', async () => {
    const { run, failed } = runOf(30, (key) => {
      if (key < 5) throw refusal(`call ${key}`);
    });
    expect(await runCalls(run)).toEqual({ done: 30, failed: 5 });
    expect(failed).toEqual([0, 1, 2, 3, 4]);
  });

  test('a server that begins to fail always ends the run too', async () => {
    const { run, failed } = runOf(1000, (key) => {
      if (key > 50) throw refusal(`call ${key}`);
    });
    await expect(runCalls(run)).rejects.toThrow('no usable answer in 100 calls in a row');
    expect(failed.length).toBeGreaterThanOrEqual(99);
  });

  test.each([
    ['a used-up quota', new LlmError({ fault: 'quota', what: 'x', got: 'used up', expected: 'a quota' }), 1],
    ['a mistake of the program', new TypeError('oops'), undefined],
    ['a missing model', new LlmError({ fault: 'notFound', what: 'x', got: 'none', expected: 'it' }), undefined],
  ])('%s ends the run at once; what runs ends first', async (_name, thrown, exitCode) => {
    let ended = 0;
    const { run, failed } = runOf(100, async (key) => {
      if (key === 0) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 5));
      ended++;
    });
    await expect(runCalls(run)).rejects.toBe(thrown);
    expect([ended, failed]).toEqual([2, []]);
    if (exitCode !== undefined) expect((thrown as LlmError).exitCode).toBe(exitCode);
  });

  test('a stop tells how far it came and what goes on from there', async () => {
    const stop = new AbortController();
    const { run } = runOf(50, (key) => {
      if (key === 7) stop.abort();
    });
    await expect(runCalls({ ...run, signal: stop.signal })).rejects.toMatchObject({
      kind: 'interrupted',
      hint: 'do it again',
    });
  });

  test('answers that a remembered reasoner lacks say nothing about the next', async () => {
    const { run, failed } = runOf(40, () => {
      throw new AmrError({ what: 'x', got: 'no answer', expected: 'one', hint: 'none', kind: 'failed' });
    });
    expect(await runCalls(run)).toEqual({ done: 40, failed: 40 });
    expect(failed).toHaveLength(40);
  });
});
