import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeServer } from '@agentmmrec/fakellm';
import { promptDirectory } from '@agentmmrec/llm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { agentmmrec, filesUnder, result, temporaryFolder } from '../support/cli.js';

interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const SECRET = 'sk-never-written-anywhere';
const { folder, remove } = temporaryFolder();
const server = new FakeServer();

beforeAll(async () => {
  await server.start();
  const words = [
    'data',
    'synth',
    '--out',
    'catalog',
    '--users',
    '36',
    '--items',
    '24',
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

/** Runs what must be refused as wrong input, with nothing on stdout; returns the sentence. */
async function refused(words: readonly string[]): Promise<string> {
  const done = await agentmmrec(words, { cwd: folder });
  expect({ ...done, stderr: '' }).toEqual({ code: 2, stdout: '', stderr: '' });
  return done.stderr;
}

/** Neither in what was printed nor in any file of the workspace: logs, cache, memory. */
function expectNoSecret(workspace: string, printed: string): void {
  expect(printed).not.toContain(SECRET);
  const files = filesUnder(join(folder, workspace));
  expect(files.some((file) => file.includes('responses.sqlite'))).toBe(true);
  for (const file of files) {
    expect({ file, secret: readFileSync(join(folder, workspace, file)).includes(SECRET) }).toEqual({
      file,
      secret: false,
    });
  }
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
    expect(await refused([...words, '--workspace', 'limited', '--max-money', '1'])).toContain(
      'budget of money: got no prices',
    );
  });

  test('a call that takes longer than allowed is sent again', async () => {
    const slow = await new FakeServer({ fault: (_call, index) => (index === 0 ? 'silence' : null) }).start();
    try {
      const words = ['knowledge', 'build', '--data', 'catalog', '--reasoner', 'ollama', '--llm-url', slow.host];
      const limits = ['--llm-slots', '1', '--call-timeout', '1', '--max-requests', '2', '--workspace', 'slow'];
      const stopped = await run([...words, ...limits]);
      expect(stopped.stderr).toContain('budget of requests');
      expect(slow.calls.map(({ raw }) => raw)).toEqual([slow.calls[0].raw, slow.calls[0].raw]);
    } finally {
      await slow.stop();
    }
  });

  test('an OpenAI-compatible server gets the key; no file does', async () => {
    const words = ['knowledge', 'build', '--data', 'catalog', '--reasoner', 'openai', '--workspace', 'keyed'];
    const where = ['--llm-url', `${server.host}/v1`, '--llm-model', server.model];
    const before = server.calls.length;
    const done = await run([...words, ...where], { OPENAI_API_KEY: SECRET });
    expect({ code: done.code, stderr: done.stderr }).toMatchObject({ code: 0 });
    expect(server.calls.slice(before).every((call) => call.headers.authorization === `Bearer ${SECRET}`)).toBe(true);
    expectNoSecret('keyed', done.stdout + done.stderr);
    // Sixteen calls in flight listen to one signal; Node warns of more than ten unless told that they are meant.
    expect(done.stderr).not.toMatch(/warning/i);
  });

  test('a server that repeats the key in its refusal does not get it into any file or message', async () => {
    const rude = await new FakeServer({ fault: () => 'unauthorized' }).start();
    try {
      const words = ['knowledge', 'build', '--data', 'catalog', '--reasoner', 'openai', '--workspace', 'refused'];
      const where = ['--llm-url', `${rude.host}/v1`, '--llm-model', rude.model];
      const failed = await agentmmrec([...words, ...where], {
        cwd: folder,
        env: { OPENAI_API_KEY: SECRET, AMR_DEBUG: '1' },
      });
      expect(failed.code).toBe(1);
      expect(failed.stderr).toContain('Incorrect API key provided: Bearer [key]');
      expect(rude.calls.length).toBeGreaterThan(0);
      expectNoSecret('refused', failed.stdout + failed.stderr);
    } finally {
      await rude.stop();
    }
  });

  test.each([
    ['knowledge build', []],
    ['knowledge plan', ['--measure', '2']],
    ['train', ['--model', 'agentmmrec', '--epochs', '1']],
    ['experiment', ['overall']],
  ])('%s: a model that the server does not have ends it with exit 1, before anything is asked', async (verb, words) => {
    const [first, ...others] = verb.split(' ');
    const where = ['--data', 'catalog', '--workspace', 'absent', '--llm-url', server.host, '--llm-model', 'absent'];
    const before = server.calls.length;
    const failed = await agentmmrec([first, ...others, ...words, '--reasoner', 'ollama', ...where], { cwd: folder });
    expect({ code: failed.code, stderr: failed.stderr }).toMatchObject({ code: 1 });
    expect(failed.stderr).toContain('expected the model absent');
    expect(server.calls).toHaveLength(before);
  });

  test('without a server or a model the sentence says what to give', async () => {
    const words = ['knowledge', 'build', '--data', 'catalog', '--reasoner', 'openai'];
    expect(await refused(words)).toContain('--reasoner openai: got no --llm-url, expected a server and a model');
  });
});

test('a model on the knowledge is trained, evaluated and used without the server, unless something new is asked', async () => {
  // The first test of this file has filled this workspace.
  const where = ['--data', 'catalog', '--workspace', 'w'];
  const [made] = filesUnder(join(folder, 'w')).filter((file) => /^knowledge.*\.sqlite$/.test(file));
  const train = ['train', '--model', 'lightgcn', '--epochs', '2', ...where, '--memory', join('w', made)];
  const before = server.calls.length;
  const graph = await run([...train, '--plus', 'graph']);
  expect(result(graph.stdout)).toMatchObject({ reasoner: 'ollama qwen2.5vl:7b' });
  expect(server.calls.length).toBe(before);
  // Who made the memory is asked again, where the server now is.
  const reranked = result((await run([...train, '--plus', 'graph,rerank', '--llm-url', server.host])).stdout);
  const after = server.calls.length;
  expect(after).toBeGreaterThan(before);
  const evaluated = result((await run(['evaluate', '--split', 'test', ...where])).stdout);
  expect(evaluated.testReranked).toEqual(reranked.testReranked);
  expect((await run(['recommend', '--user', 'user-0001', ...where])).code).toBe(0);
  expect(server.calls.length).toBe(after);
});

describe('several servers', () => {
  const wordsFor = (workspace: string, ...servers: readonly FakeServer[]) => {
    const words = ['knowledge', 'build', '--data', 'catalog', '--reasoner', 'ollama', '--workspace', workspace];
    return [...words, '--llm-url', servers.map(({ host }) => host).join(','), '--llm-slots', '4'];
  };
  const shown = (workspace: string) =>
    run(['knowledge', 'show', '--data', 'catalog', '--user', 'user-0001', '--workspace', workspace]);

  test('share the calls; one that fails is left alone while the other does the work', async () => {
    const healthy = await new FakeServer().start();
    const failing = await new FakeServer({ fault: (_call, index) => (index < 10 ? null : 'closedSocket') }).start();
    try {
      const done = await run(wordsFor('two', failing, healthy));
      expect({ code: done.code, stderr: done.stderr }).toMatchObject({ code: 0 });
      expect(result(done.stdout)).toMatchObject({ preferences: { failures: [] }, properties: { failures: [] } });
      // Ten answers, the failures that open its breaker with what was in flight then, and a probe after each pause.
      expect(failing.calls.length).toBeGreaterThanOrEqual(15);
      expect(failing.calls.length).toBeLessThan(30);
      expect(healthy.calls.length).toBeGreaterThan(150);
      const alone = await run(wordsFor('one', healthy));
      expect(alone.code).toBe(0);
      const [of, from] = [result((await shown('two')).stdout), result((await shown('one')).stdout)];
      expect(of.parts).toEqual(from.parts);
    } finally {
      await healthy.stop();
      await failing.stop();
    }
  });

  test('must serve the same model', async () => {
    const other = await new FakeServer({ digest: 'sha256:another' }).start();
    try {
      expect(await refused(wordsFor('mixed', server, other))).toContain(
        'servers in rotation must run the same model on the same version',
      );
    } finally {
      await other.stop();
    }
  });
});

test('pictures left out after crashes are told by the entry', async () => {
  const [first] = readFileSync(join(folder, 'catalog/items.jsonl'), 'utf8').split('\n');
  const { id, title } = JSON.parse(first) as { id: string; title: string };
  // This server dies of the first item's pictures unless they are few, and of them only.
  const fragile = await new FakeServer({
    fault: ({ turns, images }) => (turns[0].includes(`> T1 is ${title}; `) && images.length > 1 ? 'crash' : null),
  }).start();
  try {
    const words = ['--data', 'catalog', '--workspace', 'fragile'];
    const done = await run(['knowledge', 'build', '--reasoner', 'ollama', '--llm-url', fragile.host, ...words]);
    expect(result(done.stdout)).toMatchObject({ preferences: { failures: [] }, properties: { failures: [] } });
    const shown = await agentmmrec(['knowledge', 'show', '--item', id, ...words], { cwd: folder });
    expect(shown.stdout).toContain('after crashes of the server images were shown smaller');
    expect(shown.stdout).toMatch(/after crashes of the server 1 of \d+ images was shown/);
    const other = await agentmmrec(['knowledge', 'show', '--user', 'user-0001', ...words], { cwd: folder });
    expect(other.stdout).not.toContain('after crashes');
  } finally {
    await fragile.stop();
  }
});

describe('another wording', () => {
  test('builds a memory of its own, whose entries name its templates', async () => {
    const words = ['--data', 'catalog', '--workspace', 'worded', '--memory', 'checklist.sqlite'];
    const build = ['knowledge', 'build', '--reasoner', 'ollama', '--llm-url', server.host, ...words];
    expect((await run([...build, '--prompt-family', 'checklist'])).code).toBe(0);
    const shown = await run(['knowledge', 'show', '--user', 'user-0001', ...words]);
    const { provenance } = result(shown.stdout) as { provenance: { templates: { id: string }[] } };
    expect(provenance.templates.map(({ id }) => id)).toEqual(
      ['text', 'visual', 'multimodal'].map((task) => `integrator/preference-${task}.checklist@1`),
    );
    expect(await refused(build)).toContain('name another --memory file, or the reasoner and seed it was made with');
    expect(await refused([...build, '--prompt-family', 'checklst'])).toContain('did you mean the family "checklist"?');
  });

  test('is checked whole: every file that does not hold is named, and every family that lacks a task', async () => {
    const prompts = join(folder, 'prompts');
    cpSync(promptDirectory(), prompts, { recursive: true });
    const check = () => run(['prompts', 'check', '--prompts', prompts]);
    expect(result((await check()).stdout)).toEqual({ problems: [] });
    for (const version of ['v1', 'v2']) rmSync(join(prompts, `utilizer/rerank.checklist.${version}.md`));
    const lacking = await check();
    expect(lacking.code).toBe(2);
    expect(lacking.stderr).toContain('family checklist has no template for rerank');
    const path = join(prompts, 'integrator/preference-text.v1.md');
    writeFileSync(path, readFileSync(path, 'utf8').replace('{{items}}', '{{itmes}}'));
    const wrong = await check();
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('preference-text.v1.md');
    expect(wrong.stderr).toContain('itmes');
  });
});

describe('before the first call', () => {
  test('the calls for Clothing are the paper’s', async () => {
    const plan = await run(['knowledge', 'plan', '--users', '39387', '--items', '23033']);
    expect(result(plan.stdout)).toMatchObject({ building: { calls: 187_260 }, refining: { calls: 23_033 } });
  });

  test('hours come from the rate given, or from that of earlier answers in the workspace, or are not told', async () => {
    const plan = async (...words: readonly string[]) =>
      result((await run(['knowledge', 'plan', '--users', '60', '--items', '40', ...words])).stdout) as {
        building: { calls: number; hours: number | null };
        measuredRate: { callsPerSecond: number; answers: number; model: string } | null;
      };
    expect(await plan('--workspace', 'nothing-here')).toMatchObject({ building: { hours: null }, measuredRate: null });
    const given = await plan('--workspace', 'w', '--calls-per-second', '0.5');
    expect(given.building.hours).toBeCloseTo(given.building.calls / 0.5 / 3600, 9);
    // The first test of this file has filled this workspace.
    const { building, measuredRate } = await plan('--workspace', 'w');
    expect(measuredRate).toMatchObject({ model: 'qwen2.5vl:7b', answers: 200 });
    expect(building.hours).toBeCloseTo(building.calls / (measuredRate?.callsPerSecond ?? 0) / 3600, 9);
  });

  test('a pilot makes so many real calls of each task and reckons the whole job from them', async () => {
    const words = ['knowledge', 'plan', '--data', 'catalog', '--measure', '4', '--workspace', 'pilot'];
    const model = ['--reasoner', 'ollama', '--llm-url', server.host, '--input-price', '1', '--output-price', '2'];
    const before = server.calls.length;
    const { pilot, measured, building } = result((await run([...words, ...model])).stdout) as {
      pilot: { tasks: { task: string; calls: number; agreement: { mean: number }; refused: number }[] };
      measured: { building: { calls: number; hours: Interval; inputTokens: Interval; money: Interval } };
      building: { calls: number };
    };
    expect(pilot.tasks.map(({ calls }) => calls)).toEqual(Array.from({ length: 9 }, () => 4));
    expect(server.calls.length - before).toBe(36);
    // This server says the same to every question.
    for (const { agreement, refused } of pilot.tasks) expect([agreement.mean, refused]).toEqual([1, 0]);
    expect(measured.building.calls).toBe(building.calls);
    expect(measured.building.inputTokens.mean).toBeCloseTo(100 * building.calls, 6);
    expect(measured.building.money.mean).toBeCloseTo((building.calls * (100 + 2 * 20)) / 1e6, 9);
    expect(measured.building.hours.low).toBeLessThan(measured.building.hours.high);
    // Nothing is kept: a second pilot asks again.
    await run([...words, ...model]);
    expect(server.calls.length - before).toBe(72);
    expect(filesUnder(join(folder, 'pilot')).filter((file) => file.includes('responses'))).toEqual([]);
    expect(await refused(words)).toContain('--reasoner not given');
  });

  test('prompts are listed, hold, and render for a user without being sent', async () => {
    const before = server.calls.length;
    expect(result((await run(['prompts', 'check'])).stdout)).toEqual({ problems: [] });
    expect((await run(['prompts', 'show', '--task', 'rerank'])).code).toBe(0);
    const render = await run(['prompts', 'render', '--data', 'catalog', '--user', 'user-0001', '--workspace', 'w']);
    const { prompts } = result(render.stdout) as { prompts: { template: string; user: string }[] };
    expect(prompts.map(({ template }) => template)).toContain('integrator/preference-text@1');
    expect(prompts[0].user).toMatch(/^> P1 is /m);
    expect(server.calls.length).toBe(before);
  });
});
