import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openMemory } from '@agentmmrec/memory';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { agentmmrec, builtAgentmmrec, filesUnder, result, startAgentmmrec, temporaryFolder } from '../support/cli.js';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const SMALL = ['--users', '60', '--items', '40', '--image-size', '32'];
const METRICS = ['recall@10', 'recall@20', 'ndcg@10', 'ndcg@20'];

/** Runs a verb in the test's folder; it must succeed. Returns the last JSON line. */
const done = (...words: string[]) => succeeded(agentmmrec, words);
/** The same by the built command, a process for each verb. */
const doneBuilt = (...words: string[]) => succeeded(builtAgentmmrec, words);

async function succeeded(start: typeof agentmmrec, words: readonly string[]): Promise<Record<string, unknown>> {
  const run = await start([...words, '--json'], { cwd: folder });
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 0 });
  for (const line of run.stdout.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  return result(run.stdout);
}

async function refused(...words: string[]): Promise<string> {
  const run = await agentmmrec(words, { cwd: folder });
  expect(run).toMatchObject({ code: 2, stdout: '' });
  return run.stderr;
}

beforeAll(async () => {
  await done('data', 'synth', '--out', 'catalog', ...SMALL, '--seed', '7');
});

describe('from data to recommendations', () => {
  test('trains, evaluates and recommends', async () => {
    const words = ['--data', 'catalog', '--workspace', 'w1'];
    const trained = await doneBuilt('train', '--model', 'lightgcn', '--layers', '2', '--epochs', '5', ...words);
    const names = [
      'model',
      'data',
      'seed',
      'device',
      'reasoner',
      'epochs',
      'secondsPerEpoch',
      'peakRssBytes',
      'valid',
      'test',
    ];
    expect(Object.keys(trained).slice(0, names.length)).toEqual(names);
    expect(trained).toMatchObject({
      model: 'lightgcn',
      data: 'catalog',
      seed: 999,
      device: 'cpu',
      reasoner: null,
      epochs: 5,
    });
    expect(Object.keys(trained.test as object)).toEqual(METRICS);
    const evaluated = await doneBuilt('evaluate', ...words);
    expect(evaluated.validation).toEqual(trained.valid);
    const tested = await doneBuilt('evaluate', '--split', 'test', ...words);
    const masked = await doneBuilt('evaluate', '--split', 'test', '--mask-validation', ...words);
    expect(masked).toMatchObject({ maskValidation: true });
    expect(masked.test).not.toEqual(tested.test);
    expect(tested.test).toEqual(trained.test);
    const recommended = await doneBuilt('recommend', '--user', 'user-0001', '-k', '5', ...words);
    const items = recommended.items as { rank: number; item: string; score: number; title: string }[];
    expect(items.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(items.map(({ item }) => item)).size).toBe(5);
    expect(items.map(({ score }) => score)).toEqual(items.map(({ score }) => score).sort((a, b) => b - a));
    const openings = readFileSync(join(folder, 'w1/openings.jsonl'), 'utf8').trim().split('\n');
    expect(openings.map((line) => JSON.parse(line).purpose)).toEqual([
      'final evaluation of lightgcn, seed 999',
      expect.stringContaining('evaluate --split test'),
      expect.stringContaining('evaluate --split test'),
    ]);
  });

  test('a prepared data set is found by its name', async () => {
    await done('data', 'prepare', '--from', 'catalog', '--name', 'mine', '--workspace', 'w2');
    const stats = await done('data', 'stats', '--data', 'mine', '--workspace', 'w2');
    expect(stats).toMatchObject({ users: 60, name: 'mine' });
    expect(await refused('data', 'stats', '--data', 'mina', '--workspace', 'w2')).toContain('did you mean "mine"');
  });

  test('options come from a configuration file too, flags win', async () => {
    const path = join(folder, 'run.yaml');
    writeFileSync(path, 'model: lightgcn\nlayers: 1\nepochs: 2\nseed: 5\nworkspace: w3\n');
    const trained = await done('train', '--config', path, '--data', 'catalog', '--seed', '6');
    expect(trained).toMatchObject({ model: 'lightgcn', seed: 6, epochs: 2 });
  });

  test('checkpoints of one folder are told apart, and one that is missing is said to be', async () => {
    const words = ['--data', 'catalog', '--workspace', 'w6'];
    for (const model of ['bpr', 'lightgcn']) {
      await done('train', '--model', model, '--epochs', '2', '--checkpoint', `kept/${model}.amr`, ...words);
    }
    for (const model of ['bpr', 'lightgcn']) {
      expect(await done('evaluate', '--checkpoint', `kept/${model}.amr`, ...words)).toMatchObject({ model });
    }
    expect(await refused('evaluate', '--checkpoint', 'kept/vbpr.amr', ...words)).toContain(
      'checkpoint kept/vbpr.amr: got no such file',
    );
  });

  test('recommends only to users and from checkpoints that are there', async () => {
    expect(await refused('recommend', '--data', 'catalog', '--user', 'user-9999', '--workspace', 'w1')).toContain(
      'user-9999',
    );
    expect(await refused('recommend', '--data', 'catalog', '--user', 'user-0001', '--workspace', 'empty')).toContain(
      'no finished run',
    );
  });
});

describe('knowledge', () => {
  const words = ['--data', 'catalog', '--workspace', 'w4'];

  test('is built once, shown with its sources, exported and imported', async () => {
    const built = await done('knowledge', 'build', '--reasoner', 'extractive', ...words);
    expect(built).toMatchObject({ reasoner: 'extractive', preferences: { written: 60 }, properties: { written: 40 } });
    const again = await done('knowledge', 'build', '--reasoner', 'extractive', ...words);
    expect(again).toMatchObject({ preferences: { written: 0, reused: 60 }, properties: { written: 0, reused: 40 } });
    const shown = await done('knowledge', 'show', '--user', 'user-0001', ...words);
    expect(shown).toMatchObject({ id: 'user-0001', kind: 'preference', version: 1 });
    expect(await done('knowledge', 'stats', ...words)).toMatchObject({
      preferences: 60,
      properties: 40,
      versions: 100,
    });
    const history = await done('knowledge', 'history', '--item', 'item-0001', ...words);
    expect(history.versions).toHaveLength(1);
    await done('knowledge', 'rollback', '--item', 'item-0001', '--version', '1', ...words);
    expect(await done('knowledge', 'stats', ...words)).toMatchObject({ rollbacks: 1 });
    await done('knowledge', 'export', '--to', 'knowledge.arrow', ...words);
    const imported = await done(
      'knowledge',
      'import',
      '--from',
      'knowledge.arrow',
      '--memory',
      'copy.sqlite',
      ...words,
    );
    expect(imported).toMatchObject({ added: 100, skipped: 0 });
    const copied = await done('knowledge', 'show', '--user', 'user-0001', '--memory', 'copy.sqlite', ...words);
    expect(copied.parts).toEqual(shown.parts);
  });

  test('makes agentmmrec, whose lists are reranked', async () => {
    const short = ['--epochs', '3', '--compare', 'none', '--feedback', 'off'];
    const trained = await done('train', '--model', 'agentmmrec', '--reasoner', 'extractive', ...short, ...words);
    expect(trained).toMatchObject({ reasoner: 'extractive', epochs: 3 });
    expect(Object.keys(trained.testReranked as object)).toEqual(METRICS);
    const tested = await done('evaluate', '--split', 'test', ...words);
    expect(tested).toMatchObject({ test: trained.test, testReranked: trained.testReranked });
  });

  test('gives any model graphs and reranking on top, and is rewritten by it in a relay', async () => {
    await done('knowledge', 'build', '--reasoner', 'extractive', '--memory', 'relay.sqlite', ...words);
    const short = ['--epochs', '4', '--memory', 'relay.sqlite', ...words];
    for (const model of ['bpr', 'lightgcn', 'vbpr']) {
      const alone = await done('train', '--model', model, ...short);
      const graph = await done('train', '--model', model, '--plus', 'graph', ...short);
      expect(graph).toMatchObject({ model: `${model} + graph`, reasoner: 'extractive' });
      expect(graph).not.toHaveProperty('testReranked');
      expect(graph.valid).not.toEqual(alone.valid);
      const both = await done('train', '--model', model, '--plus', 'graph,rerank', ...short);
      expect([both.valid, both.test]).toEqual([graph.valid, graph.test]);
      expect(Object.keys(both.testReranked as object)).toEqual(METRICS);
      expect((await done('evaluate', ...words)).validation).toEqual(graph.valid);
    }
    const versions = async () => (await done('knowledge', 'stats', '--memory', 'relay.sqlite', ...words)).versions;
    const before = await versions();
    const relay = await done('train', '--model', 'lightgcn', '--feedback', 'on', '--feedback-every', '2', ...short);
    expect((relay.feedback as unknown[]).length).toBeGreaterThan(0);
    expect(await versions()).toBeGreaterThan(before as number);
    const alone = ['--compare', 'none', '--feedback', 'off', ...short];
    const twice = await done('train', '--model', 'agentmmrec', '--plus', 'graph', ...alone);
    expect(twice).toMatchObject({ model: 'agentmmrec + graph' });
  });

  test('keeps every version of what feedback rewrote: history, differences, and the way back', async () => {
    const relay = ['--memory', 'relay.sqlite', ...words];
    const memory = openMemory({ path: join(folder, 'relay.sqlite'), fingerprint: null, mode: 'read' });
    const rewritten = [...memory.all('preference')].find(
      ({ entity }) => memory.history('preference', entity).length > 1,
    );
    memory.close();
    const user = `user-${String((rewritten?.entity ?? -1) + 1).padStart(4, '0')}`;
    const history = (await done('knowledge', 'history', '--user', user, ...relay)) as {
      versions: { version: number; parts: { text: string } }[];
      decisions: { cause: string }[];
    };
    expect(history.versions.map(({ version }) => version)).toEqual(history.versions.map((_, n) => n + 1));
    expect(history.versions.length).toBeGreaterThan(1);
    expect(history.decisions.length).toBeGreaterThanOrEqual(history.versions.length);

    const diff = (await done('knowledge', 'diff', '--user', user, '--from', '1', '--to', '2', ...relay)) as {
      parts: { text: { change: string; text: string }[] };
    };
    const side = (left: string) =>
      diff.parts.text.flatMap(({ change, text }) => (change === left || change === 'same' ? [text] : [])).join(' ');
    const [first, second] = history.versions.map(({ parts }) => parts.text.split(/\s+/).join(' '));
    expect(first).not.toBe(second);
    expect([side('removed'), side('added')]).toEqual([first, second]);
    const printed = await agentmmrec(['knowledge', 'diff', '--user', user, '--from', '1', '--to', '2', ...relay], {
      cwd: folder,
    });
    expect(printed.stdout).toMatch(/\{\+.+\+\}/);

    await done('knowledge', 'rollback', '--user', user, '--version', '1', '--reason', 'a test', ...relay);
    expect(await done('knowledge', 'show', '--user', user, ...relay)).toMatchObject({
      version: 1,
      parts: { text: first },
    });
    const after = (await done('knowledge', 'history', '--user', user, ...relay)) as typeof history;
    expect(after.versions).toEqual(history.versions);
    expect(after.decisions.at(-1)).toMatchObject({ cause: 'rollback', version: 1, reason: 'a test' });
    expect(await refused('knowledge', 'rollback', '--user', user, '--version', '99', ...relay)).toContain('version 99');
    expect(await refused('knowledge', 'diff', '--user', user, '--from', '1', '--to', '99', ...relay)).toContain(
      'version 99',
    );
  });

  test('is imported for its own data set and ids only', async () => {
    await done('data', 'synth', '--out', 'other', ...SMALL, '--seed', '8');
    const from = ['knowledge', 'import', '--from', 'knowledge.arrow'];
    expect(await refused(...from, '--data', 'other', '--workspace', 'w4', '--memory', 'wrong.sqlite')).toMatch(
      /knowledge\.arrow: got knowledge about data set \w+, expected knowledge about data set \w+/,
    );
    const bytes = readFileSync(join(folder, 'knowledge.arrow'));
    const at = bytes.indexOf('user-0001');
    expect(at).toBeGreaterThan(0);
    bytes.write('user-9991', at);
    writeFileSync(join(folder, 'renamed.arrow'), bytes);
    expect(
      await refused('knowledge', 'import', '--from', 'renamed.arrow', '--memory', 'wrong2.sqlite', ...words),
    ).toContain('got id "user-9991" for user');
    // A refused import makes no file.
    expect(filesUnder(folder).filter((file) => file.startsWith('wrong'))).toEqual([]);
  });

  test('refuses entries and memories that are not there', async () => {
    expect(await refused('knowledge', 'show', ...words)).toContain('neither --user nor --item');
    expect(await refused('knowledge', 'show', '--user', 'nobody', ...words)).toContain(
      'which the data set does not have',
    );
    expect(await refused('knowledge', 'show', '--user', 'user-0001', '--memory', 'none.sqlite', ...words)).toContain(
      'none.sqlite',
    );
    const rollback = ['knowledge', 'rollback', '--user', 'user-0001', '--version', '1', ...words];
    expect(await refused(...rollback, '--memory', 'none.sqlite')).toContain('none.sqlite: got no such file');
    expect(filesUnder(folder).filter((file) => file.startsWith('none'))).toEqual([]);
    expect(await refused('knowledge', 'build', '--reasoner', 'extractiv', ...words)).toContain(
      'did you mean "extractive"',
    );
  });
});

describe('data without content', () => {
  const inter = ['--data', 'plain', '--workspace', 'w5', '--epochs', '2', '--compare', 'none'];

  beforeAll(async () => {
    mkdirSync(join(folder, 'plain'));
    const rows = Array.from({ length: 20 }, (_, user) =>
      Array.from({ length: 8 }, (_, n) => `${user}\t${(user + n * n) % 30}\t${Math.max(0, n - 5)}`),
    ).flat();
    writeFileSync(join(folder, 'plain/plain.inter'), `userID\titemID\tx_label\n${[...new Set(rows)].join('\n')}\n`);
  });

  test('is refused by agentmmrec with what is missing and the way out', async () => {
    const sentence = await refused('train', '--model', 'agentmmrec', ...inter);
    expect(sentence).toContain('--features synthetic');
  });

  test('gets synthetic features on request, and the result is stamped', async () => {
    const trained = await done('train', '--model', 'agentmmrec', '--features', 'synthetic:8,16', ...inter);
    expect(trained).toMatchObject({ synthetic: true, reasoner: null });
  });
});

/** Everything of a result but what depends on the clock and the machine's load. */
function timeless({ secondsPerEpoch, peakRssBytes, ...rest }: Record<string, unknown>): Record<string, unknown> {
  expect(secondsPerEpoch).not.toBeUndefined();
  expect(peakRssBytes).toBeGreaterThan(0);
  return rest;
}

describe('a run that is stopped', () => {
  const words = (workspace: string) => {
    const model = ['train', '--model', 'vbpr', '--data', 'catalog', '--batch-size', '16', '--epochs', '60'];
    return [...model, '--patience', '60', '--workspace', workspace];
  };
  const checkpoint = (workspace: string): string => {
    const runs = join(folder, workspace, 'runs');
    const [name] = existsSync(runs) ? readdirSync(runs) : [];
    return name === undefined ? '' : join(runs, name, 'checkpoint.amr');
  };
  let whole: Record<string, unknown>;

  beforeAll(async () => {
    whole = await done(...words('whole'));
  });

  /** Starts the run, sends the signal as soon as it has saved itself, and returns how it ended. */
  async function stopped(workspace: string, signal: NodeJS.Signals): Promise<{ code: number | null; stderr: string }> {
    const child = startAgentmmrec(words(workspace), folder);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.stdout.resume();
    const saved = setInterval(() => {
      if (!existsSync(checkpoint(workspace))) return;
      clearInterval(saved);
      child.kill(signal);
    }, 5);
    return await new Promise((resolve) => {
      child.on('close', (code) => {
        clearInterval(saved);
        resolve({ code, stderr });
      });
    });
  }

  async function expectResumes(workspace: string): Promise<void> {
    const resumed = await done(...words(workspace), '--resume');
    expect(timeless(resumed)).toEqual(timeless(whole));
    expect(readFileSync(checkpoint(workspace)).equals(readFileSync(checkpoint('whole')))).toBe(true);
  }

  test('by Ctrl-C saves, says how to go on, and ends in the same bits', async () => {
    const { code, stderr } = await stopped('interrupted', 'SIGINT');
    expect(code).toBe(130);
    expect(stderr).toMatch(/HINT: to go on: agentmmrec train .*--workspace interrupted --resume/);
    await expectResumes('interrupted');
  });

  test('by kill -9 ends in the same bits', async () => {
    expect((await stopped('killed', 'SIGKILL')).code).toBeNull();
    await expectResumes('killed');
  });

  test('is not taken up by another model, data set or setting', async () => {
    const path = checkpoint('whole');
    const resume = ['--resume', '--checkpoint', path, '--workspace', 'other', '--epochs', '60'];
    expect(await refused('train', '--model', 'lightgcn', '--data', 'catalog', ...resume)).toMatch(
      /model vbpr.*model lightgcn/,
    );
    expect(await refused('train', '--model', 'vbpr', '--data', 'catalog', '--split-seed', '5', ...resume)).toContain(
      'fingerprint',
    );
    expect(await refused('train', '--model', 'vbpr', '--data', 'catalog', '--dimensions', '8', ...resume)).toContain(
      'dimensions',
    );
    expect(
      await refused('train', '--model', 'vbpr', '--data', 'catalog', '--resume', '--workspace', 'other'),
    ).toContain('checkpoint');
  });
});

test('output into a closed pipe is no error', async () => {
  const child = startAgentmmrec(['--help'], folder);
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code).toBe(0);
});
