import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import sharp from 'sharp';
import { z } from 'zod';
import { ManualClock, settle } from '../../../test/llm/manualClock.js';
import { connectLlm } from './connectLlm.js';
import type { Clock } from './contract/clock.js';
import type { GenerateRequest, LlmServer, WireAnswer, WireRequest } from './contract/contract.js';
import { LlmError, type LlmFault } from './contract/llmError.js';
import { Budget } from './robustness/budget.js';
import { ResponseCache } from './robustness/responseCache.js';
import type { ClientOptions } from './robustness/robustClient.js';
import { createRecorded, recordInto } from './servers/recorded.js';

const word = { name: 'word', strict: z.object({ word: z.string() }) };
const request: GenerateRequest<{ word: string }> = {
  task: 'preference-text user 12',
  system: 'You answer.',
  parts: [{ type: 'text', text: 'What?' }],
  schema: word,
  sampling: { temperature: 0, seed: 7, maxOutputTokens: 50 },
  template: { id: 'integrator/preference-text@1', hash: 'h' },
};

type Script = string | LlmFault | WireAnswer;
const FAULTS = new Set(['busy', 'crashed', 'timeout', 'network', 'notFound', 'contextTooLong', 'refused']);

/** A server that says what a script tells, one line a request; the last line is repeated. */
function scripted(script: readonly Script[], changes: Partial<LlmServer> & { digest?: string } = {}) {
  const received: WireRequest[] = [];
  const identity = {
    provider: 'test',
    model: 'm',
    modelDigest: changes.digest ?? 'sha256:m',
    serverVersion: '1',
    reproducible: true,
    seesImages: true,
  };
  const server: LlmServer & { received: WireRequest[] } = {
    name: 'test server',
    provider: 'test',
    model: 'm',
    slots: 4,
    contextLength: null,
    settings: {},
    received,
    identity: async () => identity,
    async complete(wire) {
      received.push(wire);
      const line = script[Math.min(received.length, script.length) - 1];
      if (typeof line === 'object') return line;
      if (FAULTS.has(line))
        throw new LlmError({ fault: line as LlmFault, what: 'test', got: line, expected: 'an answer' });
      return { text: line, usage: { inputTokens: 10, outputTokens: 5 }, finish: 'stop', fingerprint: '' };
    },
    ...changes,
  };
  return server;
}

/** Waits are over at once, and add up. */
function instantClock(): Clock & { waitedMs: number } {
  const clock = {
    waitedMs: 0,
    now: () => clock.waitedMs,
    after(delayMs: number, action: () => void) {
      if (delayMs >= 200_000) return () => {};
      const timer = setImmediate(() => {
        clock.waitedMs += delayMs;
        action();
      });
      return () => clearImmediate(timer);
    },
  };
  return clock;
}

const connect = (servers: readonly LlmServer[], options: Partial<ClientOptions> = {}) =>
  connectLlm({ servers, clock: instantClock(), random: () => 0.5, ...options });

let folder: string;
let cache: ResponseCache;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'amr-llm-'));
  cache = new ResponseCache(join(folder, 'responses.sqlite'));
});
afterEach(() => {
  cache.close();
  rmSync(folder, { recursive: true });
});

describe('retries', () => {
  test('what may pass is sent again, the same bytes', async () => {
    const server = scripted(['busy', 'crashed', 'timeout', 'network', '{"word":"yes"}']);
    const llm = await connect([server]);
    const result = await llm.generate(request);
    expect(result).toMatchObject({ object: { word: 'yes' }, requests: 5, attempts: 1, cached: false, remarks: [] });
    expect(new Set(server.received.map((wire) => JSON.stringify(wire))).size).toBe(1);
    expect(llm.totals()).toMatchObject({
      calls: 1,
      requests: 5,
      faults: { busy: 1, crashed: 1, timeout: 1, network: 1 },
    });
  });

  test('waits grow with each retry', async () => {
    const clock = instantClock();
    await (await connect([scripted(['busy', 'busy', 'busy', '{"word":"yes"}'])], { clock })).generate(request);
    expect(clock.waitedMs).toBe(0.75 * (500 + 1000 + 2000));
  });

  test.each(['notFound', 'contextTooLong', 'refused'] as const)('%s is not sent again', async (fault) => {
    const server = scripted([fault]);
    await expect((await connect([server])).generate(request)).rejects.toMatchObject({ fault });
    expect(server.received).toHaveLength(1);
  });

  test('after the last retry the last error is told', async () => {
    const server = scripted(['network']);
    const llm = await connect([server], { retries: { requests: 3 } });
    await expect(llm.generate(request)).rejects.toMatchObject({ fault: 'network' });
    expect(server.received).toHaveLength(3);
  });

  test('an attempt has its own time limit', async () => {
    const clock = new ManualClock();
    let calls = 0;
    const server = scripted([], {
      complete: (_wire, signal) => {
        if (++calls === 2) return Promise.resolve(plain('{"word":"yes"}'));
        return new Promise((_resolve, reject) => {
          const error = new LlmError({ fault: 'timeout', what: 't', got: 'silence', expected: 'an answer' });
          signal.addEventListener('abort', () => reject(error));
        });
      },
    });
    const llm = await connectLlm({ servers: [server], clock, random: () => 0.5 });
    const asked = llm.generate({ ...request, timeoutMs: 40_000 });
    await settle();
    clock.advance(39_999);
    await settle();
    expect(llm.totals().faults).toEqual({});
    clock.advance(1);
    await settle();
    clock.advance(1000);
    expect(await asked).toMatchObject({ object: { word: 'yes' }, requests: 2 });
  });

  test('the caller’s stop ends a wait and a queue', async () => {
    const clock = new ManualClock();
    const llm = await connectLlm({ servers: [scripted(['busy'])], clock });
    const stop = new AbortController();
    const asked = llm.generate({ ...request, signal: stop.signal });
    await settle();
    stop.abort();
    await expect(asked).rejects.toMatchObject({ fault: 'aborted', kind: 'interrupted', exitCode: 130 });
    await expect(llm.generate({ ...request, signal: stop.signal })).rejects.toMatchObject({ fault: 'aborted' });
    expect(clock.pending).toBe(0);
  });
});

describe('malformed answers', () => {
  test('what was wrong is said, then less is asked for; seed and temperature change each time', async () => {
    const server = scripted(['{"wort":1}', 'nonsense', '{"word":"yes"}']);
    const llm = await connect([server], { cache });
    const easier = [{ type: 'text' as const, text: 'less to read' }];
    const refused: string[] = [];
    const result = await llm.generate({ ...request, easier, onRefused: (problem) => void refused.push(problem) });
    expect(result).toMatchObject({ object: { word: 'yes' }, attempts: 3, requests: 3, repaired: false });
    expect(result.remarks[0]).toMatch(/^3 answers were needed: at word:/);
    expect(refused).toEqual([expect.stringContaining('at word:'), expect.stringContaining('not one valid JSON value')]);
    const [first, repair, other] = server.received;
    expect(server.received.every(({ turns }) => turns.length === 1)).toBe(true);
    expect(repair.turns[0].text).toMatch(
      /An earlier answer could not be used: at word: .*one JSON object of the given schema/,
    );
    expect(repair.turns[0].text).not.toContain('wort');
    expect(other.turns[0].text).toMatch(/^less to read\n\nBe brief/);
    const seeds = [first, repair, other].map(({ sampling }) => sampling.seed);
    expect(new Set(seeds).size).toBe(3);
    expect(first.sampling.temperature).toBeLessThan(repair.sampling.temperature);
    expect(repair.sampling.temperature).toBeLessThan(other.sampling.temperature);
  });

  test('an answer cut off at the limit is malformed even when it parses', async () => {
    const cut = { ...plain('{"word":"yes"}'), finish: 'length' as const };
    const server = scripted([cut, '{"word":"whole"}']);
    expect(await (await connect([server])).generate(request)).toMatchObject({ object: { word: 'whole' }, attempts: 2 });
    expect(server.received[1].turns[0].text).toContain('cut off');
  });

  test('one that was whole before the model went on without end is read', async () => {
    const endless = { ...plain(`{"word":"yes"}${'\n'.repeat(300)}`), finish: 'length' as const };
    const result = await (await connect([scripted([endless])])).generate(request);
    expect(result).toMatchObject({ object: { word: 'yes' }, attempts: 1 });
  });

  test('three of them end the call with the last problem, and all are listed', async () => {
    const server = scripted(['no', 'no no', 'never']);
    const llm = await connect([server], { cache });
    await expect(llm.generate(request)).rejects.toMatchObject({
      fault: 'malformed',
      message: expect.stringMatching(
        /preference-text user 12: got it was not one valid JSON value, expected an answer of schema word/,
      ),
    });
    expect(cache.failures().map(({ fault, attempt, answer }) => ({ fault, attempt, answer }))).toEqual([
      { fault: 'malformed', attempt: 2, answer: 'never' },
      { fault: 'malformed', attempt: 1, answer: 'no no' },
      { fault: 'malformed', attempt: 0, answer: 'no' },
    ]);
    expect(cache.stats().responses).toBe(0);
  });

  test('asked anew, the failed attempts are not repeated: new seeds are tried', async () => {
    const server = scripted(['no', 'no', 'no', '{"word":"yes"}']);
    const llm = await connect([server], { cache });
    await expect(llm.generate(request)).rejects.toMatchObject({ fault: 'malformed' });
    expect(await llm.generate(request)).toMatchObject({ object: { word: 'yes' }, requests: 1, attempts: 4 });
    expect(server.received[3].sampling.seed).toBe(10);
  });

  test('after a stop between two attempts the next run goes on where it was', async () => {
    const before = scripted(['{"wort":1}', 'refused']);
    await expect((await connect([before], { cache })).generate(request)).rejects.toMatchObject({ fault: 'refused' });
    const after = scripted(['{"word":"yes"}']);
    expect(await (await connect([after], { cache })).generate(request)).toMatchObject({ attempts: 2, requests: 1 });
    expect(after.received[0].turns[0].text).toContain('could not be used');
  });

  test('a lenient form is taken only when all attempts failed, the newest first, and is told', async () => {
    const schema = { name: 'few', strict: z.array(z.string()).min(2), lenient: z.array(z.string()) };
    const server = scripted(['["a"]', '["b"]', '3']);
    const llm = await connect([server], { cache });
    const result = await llm.generate({ ...request, schema });
    expect(result).toMatchObject({ object: ['b'], attempts: 3 });
    expect(result.remarks.at(-1)).toMatch(/^kept an answer that is not as asked: /);
    expect(await llm.generate({ ...request, schema })).toMatchObject({ object: ['b'], requests: 0, cached: true });
  });

  test('a code fence round the JSON is taken off', async () => {
    const server = scripted(['```json\n{"word":"yes"}\n```']);
    expect(await (await connect([server])).generate(request)).toMatchObject({ object: { word: 'yes' }, attempts: 1 });
  });
});

describe('cache', () => {
  test('the second call is answered from disk, also by another client', async () => {
    const server = scripted(['{"word":"yes"}']);
    const first = await (await connect([server], { cache })).generate(request);
    const llm = await connect([server], { cache });
    const second = await llm.generate({ ...request, task: 'other name', timeoutMs: 5 });
    expect(second).toEqual({ ...first, cached: true, requests: 0 });
    expect(server.received).toHaveLength(1);
    expect(llm.totals()).toMatchObject({ calls: 1, cached: 1, requests: 0, inputTokens: 0 });
  });

  test.each<[string, Partial<GenerateRequest<{ word: string }>>]>([
    ['system', { system: 'You guess.' }],
    ['text', { parts: [{ type: 'text', text: 'Why?' }] }],
    ['seed', { sampling: { ...request.sampling, seed: 8 } }],
    ['limit', { sampling: { ...request.sampling, maxOutputTokens: 51 } }],
    ['template', { template: { id: 'integrator/preference-text@1', hash: 'other' } }],
    ['schema', { schema: { name: 'word', strict: z.object({ word: z.string(), why: z.string().optional() }) } }],
  ])('another %s is another key', async (_of, change) => {
    const server = scripted(['{"word":"yes"}']);
    const llm = await connect([server], { cache });
    await llm.generate(request);
    expect(await llm.generate({ ...request, ...change })).toMatchObject({ cached: false });
  });

  test('another model, server version or context length is another key', async () => {
    await (await connect([scripted(['{"word":"yes"}'])], { cache })).generate(request);
    for (const changes of [{ digest: 'sha256:other' }, { settings: { num_ctx: 1 } }]) {
      const llm = await connect([scripted(['{"word":"yes"}'], changes)], { cache });
      expect(await llm.generate(request)).toMatchObject({ cached: false });
    }
  });

  test('one question asked by many at once is sent once', async () => {
    const server = scripted(['{"word":"yes"}']);
    const llm = await connect([server], { cache });
    const results = await Promise.all(Array.from({ length: 20 }, () => llm.generate(request)));
    expect(server.received).toHaveLength(1);
    expect(results.filter((result) => result.cached)).toHaveLength(19);
  });

  test('a cache of another format is refused', () => {
    const path = join(folder, 'old.sqlite');
    const old = new Database(path);
    old.pragma('user_version = 99');
    old.close();
    expect(() => new ResponseCache(path)).toThrow(/response cache .*got format 99, expected format 2/);
  });
});

describe('images', () => {
  const bytesOf = (side: number) =>
    sharp({ create: { width: side, height: side, channels: 3, background: '#336699' } })
      .png()
      .toBuffer();
  const image = async (label: string, side: number) => ({ type: 'image' as const, label, bytes: await bytesOf(side) });

  test('after two crashes images get smaller, then fewer, then none, and the result says so', async () => {
    const server = scripted([...Array<Script>(6).fill('crashed'), '{"word":"yes"}']);
    const llm = await connect([server], { cache });
    const parts = [...request.parts, await image('P1', 900), await image('P2', 910)];
    const result = await llm.generate({ ...request, parts });
    expect(server.received.map((wire) => wire.turns[0].images.length)).toEqual([2, 2, 2, 2, 1, 1, 0]);
    expect(server.received[2].turns[0].images[0].base64.length).toBeLessThan(
      server.received[0].turns[0].images[0].base64.length,
    );
    expect(result.remarks).toEqual(['after crashes of the server no image was shown']);
    expect(server.received[0].turns[0].text).toContain('Images, in order: image 1 is P1; image 2 is P2.');
    expect(server.received[6].turns[0].text).toContain('No image can be shown');
    expect(await llm.generate({ ...request, parts })).toMatchObject({ cached: true, remarks: result.remarks });
  });

  test('a task about looks keeps one image or fails', async () => {
    const server = scripted(['crashed']);
    const llm = await connect([server], { cache, retries: { requests: 3 } });
    const parts = [...request.parts, await image('P1', 100), await image('P2', 101)];
    await expect(llm.generate({ ...request, parts, requiredImage: 'any' })).rejects.toMatchObject({ fault: 'crashed' });
    expect(server.received.map((wire) => wire.turns[0].images.length)).toEqual([2, 2, 2, 2, 1, 1, 1]);
  });

  test('an image that cannot be decoded is left out with its reason; without any a task about looks is refused', async () => {
    const broken = { type: 'image' as const, label: 'P2', bytes: new TextEncoder().encode('/etc/hostname') };
    const server = scripted(['{"word":"yes"}']);
    const llm = await connect([server]);
    const result = await llm.generate({ ...request, parts: [...request.parts, await image('P1', 80), broken] });
    expect(result.remarks).toEqual(['image of P2 left out: not a JPEG, PNG, GIF, WebP, AVIF or TIFF picture']);
    const refused = llm.generate({ ...request, parts: [...request.parts, broken], requiredImage: 'any' });
    await expect(refused).rejects.toMatchObject({ fault: 'noImage', got: expect.stringContaining('no usable image') });
    expect(server.received).toHaveLength(1);
  });

  test('a task about the looks of one thing keeps its image, and is refused without it', async () => {
    const server = scripted([...Array<Script>(4).fill('crashed'), '{"word":"yes"}']);
    const llm = await connect([server]);
    const broken = { type: 'image' as const, label: 'T1', bytes: new TextEncoder().encode('<svg/>') };
    const [other, target] = [await image('P1', 80), await image('T1', 90)];
    const result = await llm.generate({ ...request, parts: [...request.parts, other, target], requiredImage: 'T1' });
    expect(result.remarks.at(-1)).toBe('after crashes of the server 1 of 2 images was shown');
    expect(server.received.at(-1)?.turns[0].text).toContain('Images, in order: image 1 is T1.');
    await expect(
      llm.generate({ ...request, parts: [...request.parts, other, broken], requiredImage: 'T1' }),
    ).rejects.toMatchObject({ fault: 'noImage', expected: 'that of T1' });
    expect(server.received).toHaveLength(5);
  });
});

describe('servers in rotation', () => {
  test('a failed request goes to the other server', async () => {
    const bad = scripted(['crashed']);
    const good = scripted(['{"word":"yes"}']);
    const llm = await connect([bad, good]);
    for (let seed = 0; seed < 6; seed++) {
      await llm.generate({ ...request, sampling: { ...request.sampling, seed } });
    }
    expect(good.received).toHaveLength(6);
    expect(bad.received.length).toBeLessThan(6);
  });

  test('never more calls in flight than slots', async () => {
    let inFlight = 0;
    let most = 0;
    const server = scripted([], {
      slots: 3,
      complete: async () => {
        most = Math.max(most, ++inFlight);
        await settle(2);
        inFlight--;
        return plain('{"word":"yes"}');
      },
    });
    const llm = await connect([server]);
    await Promise.all(
      Array.from({ length: 20 }, (_, seed) => llm.generate({ ...request, sampling: { ...request.sampling, seed } })),
    );
    expect(most).toBe(3);
  });

  test('servers with different models are refused before the first call', async () => {
    await expect(connect([scripted([]), scripted([], { digest: 'sha256:other' })])).rejects.toThrow(
      /got model sha256:other on version 1, expected sha256:m on version 1, as test server. HINT: servers in rotation/,
    );
  });

  test('a server that dies and returns is waited for, and asked again which model it has', async () => {
    let identities = 0;
    const identity = scripted([]).identity;
    const server = scripted([...Array<Script>(7).fill('network'), '{"word":"yes"}'], {
      identity: async (signal) => {
        identities++;
        return identity(signal);
      },
    });
    const llm = await connect([server], { retries: { requests: 12 } });
    expect(await llm.generate(request)).toMatchObject({ object: { word: 'yes' }, requests: 8 });
    expect(identities).toBe(4);
  });

  test('requests that a living server dies of fail alone, and no other waits long for them', async () => {
    const clock = instantClock();
    const poison = { ...request, system: 'poison' };
    const server = scripted([], {
      slots: 16,
      complete: async ({ system }) => {
        if (system !== 'poison') return plain('{"word":"yes"}');
        throw new LlmError({ fault: 'crashed', what: 'test', got: 'status 500', expected: 'an answer' });
      },
    });
    const llm = await connect([server], { cache, clock });
    const asked = Array.from({ length: 10 }, (_, seed) =>
      llm.generate({ ...poison, sampling: { ...poison.sampling, seed } }),
    );
    const results = await Promise.allSettled([...asked, llm.generate(request)]);
    expect(results.map(({ status }) => status)).toEqual([...Array(10).fill('rejected'), 'fulfilled']);
    await expect(asked[0]).rejects.toMatchObject({ fault: 'crashed' });
    expect(cache.failures()).toHaveLength(10);
    expect(clock.waitedMs).toBeLessThan(600_000);
  });

  test('a server that returns with another model ends the run', async () => {
    let digest = 'sha256:m';
    const server = scripted(['network'], {
      identity: async () => ({
        provider: 'test',
        model: 'm',
        modelDigest: digest,
        serverVersion: '1',
        reproducible: true,
        seesImages: true,
      }),
    });
    const llm = await connect([server], { cache, retries: { requests: 12 } });
    digest = 'sha256:new';
    await expect(llm.generate(request)).rejects.toMatchObject({
      fault: 'changedModel',
      endsRun: true,
      exitCode: 1,
    });
    expect(cache.failures()).toEqual([]);
  });

  test.each([
    ['soon where none ever answered', [], 120],
    ['later where one did', ['{"word":"yes"}'], 600],
  ])('an outage ends the run %s', async (_name, answers: string[], seconds) => {
    const llm = await connect([scripted([...answers, 'network'])], { retries: { requests: 1000 } });
    for (const _ of answers) await llm.generate(request);
    const told = await llm.generate({ ...request, system: 'Other.' }).catch((thrown: Error) => thrown.message);
    const waited = Number(/no usable answer for (\d+) s/.exec(String(told))?.[1]);
    expect(waited).toBeGreaterThanOrEqual(seconds);
    // A pause of the breaker may be under way then.
    expect(waited).toBeLessThan(seconds + 90);
  });

  test.each(['notFound', 'unauthorized', 'quota'] as const)(
    '%s at connecting is what the server says: exit 1',
    async (fault) => {
      const server = scripted([], {
        identity: async () => {
          throw new LlmError({ fault, what: 'test', got: 'a refusal', expected: 'the model' });
        },
      });
      await expect(connect([server])).rejects.toMatchObject({ fault, exitCode: 1 });
    },
  );

  test('an outage of all servers ends the run and lists nothing as failed', async () => {
    const llm = await connect([scripted(['network'])], {
      cache,
      retries: { requests: 1000 },
      pool: { longestOutageMs: 100_000 },
    });
    await expect(llm.generate(request)).rejects.toMatchObject({
      fault: 'outage',
      kind: 'failed',
      exitCode: 1,
      endsRun: true,
    });
    expect(cache.failures()).toEqual([]);
  });
});

describe('limits', () => {
  test('a prompt that cannot fit is refused before it is sent', async () => {
    const server = scripted(['{"word":"yes"}'], { contextLength: 100 });
    const long = llmText(1000);
    const llm = await connect([server]);
    await expect(llm.generate({ ...request, parts: [{ type: 'text', text: long }] })).rejects.toMatchObject({
      fault: 'contextTooLong',
      hint: 'raise the context length, or show fewer neighbours and images',
    });
    expect(server.received).toHaveLength(0);
  });

  test('the budget stops calls before they are sent and cached answers stay free', async () => {
    const server = scripted(['{"word":"yes"}']);
    const llm = await connect([server], { cache, budget: new Budget({ maxRequests: 1 }) });
    await llm.generate(request);
    await expect(llm.generate({ ...request, system: 'Other.' })).rejects.toMatchObject({ fault: 'budget' });
    expect(await llm.generate(request)).toMatchObject({ cached: true });
    expect(server.received).toHaveLength(1);
  });
});

describe('recorded', () => {
  test('replays what was recorded; a missing fixture is an error that names the file', async () => {
    const server = scripted(['{"word":"yes"}']);
    await (await connect([recordInto(folder, server)])).generate(request);
    const llm = await connect([createRecorded({ directory: folder })]);
    expect(llm.identity).toMatchObject({ provider: 'recorded', modelDigest: 'sha256:m' });
    expect(await llm.generate(request)).toMatchObject({
      object: { word: 'yes' },
      usage: { inputTokens: 10, outputTokens: 5 },
    });
    await expect(llm.generate({ ...request, system: 'Other.' })).rejects.toThrow(
      /recorded .*: got no file .*\.json, expected a recorded answer for this very request. HINT: record it again/,
    );
    expect(JSON.parse(readFileSync(join(folder, 'identity.json'), 'utf8'))).toMatchObject({ model: 'm' });
  });
});

function plain(text: string): WireAnswer {
  return { text, usage: { inputTokens: 10, outputTokens: 5 }, finish: 'stop', fingerprint: '' };
}

function llmText(words: number): string {
  return 'word '.repeat(words);
}
