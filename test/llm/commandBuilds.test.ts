import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeServer } from '@agentmmrec/fakellm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute } from '../../packages/cli/src/main.js';
import { agentmmrec, filesUnder, result, temporaryFolder } from '../support/cli.js';

const { folder, remove } = temporaryFolder();
beforeAll(async () => {
  const size = ['--users', '36', '--items', '24', '--image-size', '32', '--seed', '7'];
  expect((await agentmmrec(['data', 'synth', '--out', 'catalog', ...size], { cwd: folder })).code).toBe(0);
});
afterAll(remove);

const MINUTE_MS = 60_000;

/** A build that asks a server whose answers wait until a test lets them go, by a clock that the test moves. */
async function slowBuild(isTTY: boolean, flags: readonly string[]) {
  const waiting: (() => void)[] = [];
  const server = await new FakeServer({
    hold: () => new Promise((resolve) => waiting.push(resolve)),
    fault: (_call, index) => (index === 2 ? 'contextTooLong' : null),
  }).start();
  let nowMs = 0;
  const ticks = new Set<() => void>();
  const clock = {
    now: () => nowMs,
    every: (intervalMs: number, action: () => void) => {
      expect(intervalMs).toBe(MINUTE_MS);
      ticks.add(action);
      return () => ticks.delete(action);
    },
  };
  let [stdout, stderr] = ['', ''];
  const words = [
    'knowledge',
    'build',
    '--data',
    join(folder, 'catalog'),
    '--workspace',
    join(folder, `slow${isTTY}${flags}`),
  ];
  const model = ['--reasoner', 'ollama', '--llm-url', server.host, '--llm-slots', '1', ...flags];
  const ended = execute([...words, ...model], {
    stdout: (text) => {
      stdout += text;
    },
    stderr: { isTTY, columns: 200, write: (text) => (stderr += text) },
    clock,
    signal: new AbortController().signal,
  });
  return {
    /** waits until so many calls have come, letting those before go */
    async calls(count: number) {
      while (server.calls.length < count) {
        waiting.shift()?.();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    minutes(count: number) {
      nowMs += count * MINUTE_MS;
      for (const tick of [...ticks]) tick();
    },
    said: () => stderr,
    async rest() {
      const letting = setInterval(() => {
        for (const go of waiting.splice(0)) go();
      }, 5);
      await ended;
      clearInterval(letting);
      await server.stop();
      return { stdout, stderr };
    },
  };
}

describe('progress of a build that asks a slow server', () => {
  test.each([[[]], [['--json']]])('is a line a minute where the output is no terminal, with %j', async (flags) => {
    const build = await slowBuild(false, flags);
    await build.calls(1);
    build.minutes(1);
    expect(build.said()).toMatch(/^[^\n]*: 0 of \d+ done/m);
    await build.calls(9);
    build.minutes(1);
    const line = build.said().trim().split('\n').at(-1);
    expect(line).toMatch(/^item properties: 2 of 24 done, 6 requests, .*, 1 failed, 1\.0 a minute, 22m 00s left$/);
    const { stdout, stderr } = await build.rest();
    expect(stderr).not.toContain('\u001b');
    if (flags.length > 0) expect(result(stdout)).toHaveProperty('preferences');
  });

  test('is a bar on a terminal, with --json too', async () => {
    const build = await slowBuild(true, ['--json']);
    await build.calls(5);
    expect(build.said()).toMatch(/\[#*\.*\] \d\/\d+/);
    expect(result((await build.rest()).stdout)).toHaveProperty('preferences');
  });
});

test('another data set shares answers by what determines them alone, and no memory', async () => {
  const server = await new FakeServer().start();
  try {
    cpSync(join(folder, 'catalog'), join(folder, 'other'), { recursive: true });
    const interactions = join(folder, 'other', 'interactions.tsv');
    const lines = readFileSync(interactions, 'utf8').trim().split('\n');
    writeFileSync(interactions, lines.slice(0, -1).join('\n'));
    appendFileSync(interactions, '\n');
    const build = async (data: string) => {
      const before = server.calls.length;
      const model = ['--reasoner', 'ollama', '--llm-url', server.host, '--workspace', 'shared', '--json'];
      const done = await agentmmrec(['knowledge', 'build', '--data', data, ...model], { cwd: folder });
      expect(done).toMatchObject({ code: 0 });
      const { preferences, properties } = result(done.stdout) as Record<string, { written: number }>;
      const asked = server.calls.slice(before).map(({ raw }) => raw);
      return { asked, written: preferences.written + properties.written };
    };
    const first = await build('catalog');
    const second = await build('other');
    // Every entry is written for each; only what reads otherwise is asked.
    expect(second.written).toBe(first.written);
    expect(second.asked.length).toBeGreaterThan(0);
    expect(second.asked.length).toBeLessThan(first.asked.length);
    expect(second.asked.filter((raw) => first.asked.includes(raw))).toEqual([]);
    const memories = filesUnder(join(folder, 'shared')).filter((file) => /^knowledge\/[^/]*\.sqlite$/.test(file));
    expect(memories).toHaveLength(2);
    expect((await build('other')).asked).toEqual([]);
  } finally {
    await server.stop();
  }
});
