import { silentLog } from '@agentmmrec/core';
import { FakeServer } from '@agentmmrec/fakellm';
import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ManualClock, RunClock, settle } from '../../../../test/llm/manualClock.js';
import { connectLlm } from '../connectLlm.js';
import { createOpenAi } from '../servers/openai.js';
import { DEFAULT_RETRIES } from './backOff.js';
import { Pace } from './pace.js';

const request = {
  task: 't',
  parts: [{ type: 'text' as const, text: 'u' }],
  schema: { name: 'n', strict: z.strictObject({ word: z.string() }) },
  sampling: { temperature: 0, seed: 1, maxOutputTokens: 50 },
  template: { id: 'i', hash: 'h' },
};
let server: FakeServer | undefined;
afterEach(() => server?.stop());

describe('pace', () => {
  const pace = () => new Pace(16, DEFAULT_RETRIES, () => 0.5);
  const call = (sentAtMs: number, askedMs: number | null = null) => ({ sentAtMs, inFlight: 16, askedMs });

  /** Refused often enough that it is all calls that come too often. */
  const refusedOften = (one: Pace, atMs: number, askedMs: number | null = null) => {
    for (let n = 0; n < 5; n++) expect(one.refused(atMs, call(atMs - 100))).toBeNull();
    return one.refused(atMs, call(atMs - 100, askedMs));
  };

  test('sixteen calls that are refused together are one refusal', () => {
    const one = pace();
    expect(refusedOften(one, 1000)).toBe(375);
    for (let n = 0; n < 10; n++) expect(one.refused(1001 + n, call(900))).toBeNull();
    expect(one.limit).toBe(8);
    expect(one.waitMs(1010)).toBe(365);
    // On its way before the pause, refused after it.
    expect(one.refused(1400, call(990))).toBeNull();
  });

  test('each refusal in a row doubles the pause and halves the calls; answers bring them back', () => {
    const one = pace();
    expect(refusedOften(one, 1000)).toBe(375);
    expect(one.refused(2000, call(1999))).toBe(750);
    expect(one.refused(4000, call(3999))).toBe(1500);
    expect(one.limit).toBe(2);
    for (let answers = 0; answers < 200; answers++) one.answered();
    expect(one.limit).toBe(16);
    expect(refusedOften(one, 9000)).toBe(375);
  });

  test('one refusal among many answers stops nobody', () => {
    const one = pace();
    for (let n = 0; n < 400; n++) {
      if (n % 4 === 0) expect(one.refused(n, call(n - 1, 7000))).toBeNull();
      else one.answered();
    }
    expect([one.limit, one.waitMs(400)]).toEqual([16, 0]);
  });

  test('what a server asks for is waited for, the longest of what it asks', () => {
    const one = pace();
    expect(refusedOften(one, 0, 7000)).toBe(7000);
    expect(one.refused(1, call(-1, 9000))).toBeNull();
    expect(one.waitMs(0)).toBe(9001);
  });
});

test('a server that takes few calls a minute answers all of them in the end, and is not asked much too often', async () => {
  const taken: number[] = [];
  const clock = new RunClock();
  server = await new FakeServer({
    model: 'm',
    // Five in any twenty seconds.
    reply: () => {
      const now = clock.now();
      if (taken.filter((at) => now - at < 20_000).length >= 5)
        return { status: 429, headers: { 'retry-after': '20' }, body: { error: { message: 'Rate limit reached' } } };
      taken.push(now);
      return null;
    },
  }).start();
  const warned: string[] = [];
  const log = {
    info() {},
    warn: (line: string) => void warned.push(line),
    progress: () => ({ update() {}, end() {} }),
  };
  const servers = [createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'm', environment: {}, llmSlots: 16 })];
  const client = await connectLlm({ servers, clock, log });
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => client.generate({ ...request, system: `question ${n}` })),
  );
  expect(answers).toHaveLength(40);
  expect(taken).toHaveLength(40);
  expect(server.calls.length).toBeLessThan(3 * 40);
  // Three minutes of that clock, and a line a minute.
  expect(warned.length).toBeLessThanOrEqual(5);
  expect(warned[0]).toMatch(/is asked too often, and asked again in \d+\.\d s: status 429: Rate limit reached/);
});

test('one that asks for a year ends the run with how long, and is not said to be asked again', async () => {
  const year = String(365 * 24 * 3600);
  server = await new FakeServer({
    model: 'm',
    reply: () => ({ status: 429, headers: { 'retry-after': year }, body: { error: { message: 'slow down' } } }),
  }).start();
  const warned: string[] = [];
  const log = { ...silentLog, warn: (line: string) => void warned.push(line) };
  const servers = [createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'm', environment: {} })];
  const client = await connectLlm({ servers, log });
  await expect(client.generate({ ...request, system: 'one question' })).rejects.toMatchObject({
    fault: 'quota',
    got: expect.stringContaining('a request to wait 365 days'),
    expected: 'waits of at most 10 minutes',
  });
  expect(warned).toEqual([expect.stringContaining('is asked too often, and asks to wait 365 days: status 429')]);
  client.close();
});

test('one that refuses everything is given up as out, with its reason; what it asked to wait is waited', async () => {
  server = await new FakeServer({
    model: 'm',
    reply: () => ({ status: 429, headers: { 'retry-after': '50' }, body: { error: { message: 'Too many requests' } } }),
  }).start();
  const clock = new ManualClock();
  const servers = [createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'm', environment: {}, llmSlots: 4 })];
  const client = await connectLlm({ servers, clock });
  const ends = Promise.allSettled(Array.from({ length: 8 }, (_, n) => client.generate({ ...request, system: `${n}` })));
  let ended = false;
  void ends.then(() => {
    ended = true;
  });
  for (let rounds = 0; !ended && rounds < 2000; rounds++) {
    await settle(2);
    clock.advance(500);
  }
  for (const one of await ends) {
    expect(one).toMatchObject({
      reason: { fault: 'outage', endsRun: true, got: expect.stringMatching(/for 1[0-9]\d s, the last: status 429/) },
    });
  }
  expect(server.calls.length).toBeLessThan(20);
});
