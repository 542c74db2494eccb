import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LoopbackServer } from '../llm/loopbackServer.js';
import { agentmmrec, result, temporaryFolder } from '../support/cli.js';

const SECRET = 'sk-never-written-anywhere';
const { folder, remove } = temporaryFolder();
const server = new LoopbackServer();

beforeAll(async () => {
  await server.start();
  const words = [
    'data',
    'synth',
    '--out',
    'catalog',
    '--users',
    '60',
    '--items',
    '40',
    '--image-size',
    '32',
    '--seed',
    '7',
  ];
  expect((await agentmmrec(words, { cwd: folder })).code).toBe(0);
});
afterAll(async () => {
  await server.stop();
  remove();
});

async function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return await agentmmrec([...words, '--json'], { cwd: folder, env: environment });
}

describe('knowledge by a language model', () => {
  test('ollama fills the memory over the wire; a second build sends nothing', async () => {
    const words = ['knowledge', 'build', '--data', 'catalog', '--reasoner', 'ollama', '--llm-url', server.host];
    const first = await run([...words, '--workspace', 'w']);
    expect({ code: first.code, stderr: first.stderr }).toMatchObject({ code: 0 });
    const built = result(first.stdout) as { preferences: { written: number; failures: unknown[] } };
    expect(built.preferences.written).toBeGreaterThan(0);
    expect(built.preferences.failures).toEqual([]);
    const sent = server.calls.length;
    expect(sent).toBeGreaterThan(0);
    expect(server.calls.every((call) => call.protocol === 'ollama')).toBe(true);
    const second = await run([...words, '--workspace', 'w']);
    expect(result(second.stdout)).toMatchObject({ preferences: { written: 0 } });
    expect(server.calls.length).toBe(sent);
  });

  test('a budget stops the build cleanly; without it the build goes on and repeats no finished call', async () => {
    const words = ['knowledge', 'build', '--data', 'catalog', '--reasoner', 'ollama', '--llm-url', server.host];
    const before = server.calls.length;
    const stopped = await run([...words, '--workspace', 'limited', '--max-requests', '5']);
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('budget of requests');
    expect(server.calls.length - before).toBe(5);
    const priced = ['--input-price', '1', '--output-price', '2'];
    const done = await run([...words, '--workspace', 'limited', '--retry-failed', ...priced]);
    expect({ code: done.code, stderr: done.stderr }).toMatchObject({ code: 0 });
    const built = result(done.stdout) as { spent: Record<string, number> };
    const { requests, inputTokens, outputTokens, money } = built.spent;
    expect(requests).toBe(server.calls.length - before - 5);
    expect(money).toBeCloseTo((inputTokens + 2 * outputTokens) / 1e6, 9);
    const unpriced = await run([...words, '--workspace', 'limited', '--max-money', '1']);
    expect(unpriced).toMatchObject({ code: 2, stdout: '' });
    expect(unpriced.stderr).toContain('budget of money: got no prices');
  });

  test('an OpenAI-compatible server gets the key; no file does', async () => {
    const words = ['knowledge', 'build', '--data', 'catalog', '--reasoner', 'openai', '--workspace', 'keyed'];
    const where = ['--llm-url', `${server.host}/v1`, '--llm-model', server.model];
    const before = server.calls.length;
    const done = await run([...words, ...where], { OPENAI_API_KEY: SECRET });
    expect({ code: done.code, stderr: done.stderr }).toMatchObject({ code: 0 });
    expect(server.calls.slice(before).every((call) => call.headers.authorization === `Bearer ${SECRET}`)).toBe(true);
    expect(done.stdout + done.stderr).not.toContain(SECRET);
    const files = readdirSync(join(folder, 'keyed'), { recursive: true, withFileTypes: true }).filter((f) =>
      f.isFile(),
    );
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      expect(readFileSync(join(file.parentPath, file.name)).includes(SECRET)).toBe(false);
    }
  });

  test('without a server or a model the sentence says what to give', async () => {
    const words = ['knowledge', 'build', '--data', 'catalog', '--reasoner', 'openai'];
    const refused = await run(words);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('--reasoner openai: got no --llm-url, expected a server and a model');
  });
});

describe('before the first call', () => {
  test.each([
    [19445, 7050, 79485, 7050],
    [35598, 18357, 161865, 18357],
    [39387, 23033, 187260, 23033],
  ])('%d users and %d items need %d + %d calls, as in the paper', async (users, items, building, refining) => {
    const plan = await run(['knowledge', 'plan', '--users', String(users), '--items', String(items)]);
    expect(result(plan.stdout)).toMatchObject({ building: { calls: building }, refining: { calls: refining } });
  });

  test('prompts are listed, hold, and render for a user without being sent', async () => {
    const before = server.calls.length;
    expect(result((await run(['prompts', 'check'])).stdout)).toEqual({ problems: [] });
    expect((await run(['prompts', 'show', '--task', 'rerank'])).code).toBe(0);
    const render = await run(['prompts', 'render', '--data', 'catalog', '--user', 'user-0001', '--workspace', 'w']);
    const { prompts } = result(render.stdout) as { prompts: { template: string; user: string }[] };
    expect(prompts.map(({ template }) => template)).toContain('integrator/preference-text@1');
    expect(prompts[0].user).toContain('BEGIN DATA');
    expect(server.calls.length).toBe(before);
  });
});
