import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  agentmmrec,
  builtAgentmmrec,
  filesUnder,
  openCopy,
  result,
  startAgentmmrec,
  temporaryFolder,
} from '../support/cli.js';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const here = (...words: string[]) => agentmmrec(words, { cwd: folder });

/** A table that takes seconds to read, filter and split. */
function largeTable(): void {
  const rows = ['user,item'];
  for (let n = 0; n < 1_200_000; n++) rows.push(`u${n % 40_009},i${(n * 31) % 20_011}`);
  mkdirSync(join(folder, 'large'));
  writeFileSync(join(folder, 'large', 'interactions.csv'), `${rows.join('\n')}\n`);
}

beforeAll(largeTable);

describe('a signal ends a verb at once', () => {
  /** Starts a verb, sends the signal after a while, and says how and when it ended. */
  async function stopped(words: string[], signal: NodeJS.Signals, afterMs: number) {
    const inUse = join(folder, '.agentmmrec', 'in-use');
    mkdirSync(join(folder, '.agentmmrec'), { recursive: true });
    rmSync(inUse, { force: true });
    const child = startAgentmmrec(words, folder);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.stdout.resume();
    const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
    // From here on the verb works; while it is loaded a signal ends it as any program.
    while (!existsSync(inUse) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill(signal);
    return { code: await ended, stderr };
  }

  test.each<[string[], NodeJS.Signals, number]>([
    [['data', 'prepare', '--from', 'large', '--name', 'large'], 'SIGINT', 300],
    [['data', 'prepare', '--from', 'large', '--name', 'large'], 'SIGTERM', 1200],
    [['data', 'stats', '--data', 'large'], 'SIGINT', 500],
    [['data', 'export', '--data', 'large', '--format', 'recbole', '--out', 'out'], 'SIGTERM', 600],
  ])('%j, %s after %i ms', async (words, signal, afterMs) => {
    const { code, stderr } = await stopped(words, signal, afterMs);
    expect([code, stderr]).toEqual([130, expect.stringContaining('got an interruption, expected to run to its end')]);
    expect(existsSync(join(folder, 'out'))).toBe(false);
    const left = existsSync(join(folder, '.agentmmrec', 'datasets'))
      ? readdirSync(join(folder, '.agentmmrec', 'datasets'))
      : [];
    expect(left.filter((name) => !name.endsWith('.in-use'))).toEqual([]);
  });
});

describe('a workspace', () => {
  const run = ['train', '--model', 'agentmmrec', '--reasoner', 'extractive', '--compare', 'none'];

  beforeAll(async () => {
    const synth = ['data', 'synth', '--out', 'shop', '--users', '40', '--items', '30', '--image-size', '0'];
    expect((await here(...synth, '--interactions-per-user', '6')).code).toBe(0);
    expect(
      (await here(...run, '--epochs', '2', '--data', 'shop', '--workspace', 'work', '--feedback', 'off')).code,
    ).toBe(0);
  });

  test('works where it was moved to, and names no path of its old place', async () => {
    const before = await here('evaluate', '--data', 'shop', '--workspace', 'work', '--json');
    renameSync(join(folder, 'work'), join(folder, 'moved'));
    const after = await here('evaluate', '--data', 'shop', '--workspace', 'moved', '--json');
    expect([before.code, after.code]).toEqual([0, 0]);
    expect(result(after.stdout).validation).toEqual(result(before.stdout).validation);
    const runs = readdirSync(join(folder, 'moved', 'runs'), { recursive: true, encoding: 'utf8' });
    for (const name of runs.filter((found) => found.endsWith('.json'))) {
      expect(readFileSync(join(folder, 'moved', 'runs', name), 'utf8')).not.toContain(join(folder, 'work'));
    }
    renameSync(join(folder, 'moved'), join(folder, 'work'));
  });

  test('a broken manifest blocks its own run alone', async () => {
    mkdirSync(join(folder, 'work', 'runs', 'broken'));
    writeFileSync(join(folder, 'work', 'runs', 'broken', 'checkpoint.amr'), 'x');
    writeFileSync(join(folder, 'work', 'runs', 'broken', 'checkpoint.run.json'), '{"format": "agentmm');
    expect((await here('evaluate', '--data', 'shop', '--workspace', 'work')).code).toBe(0);
    rmSync(join(folder, 'work', 'runs', 'broken'), { recursive: true });
  });

  test('is read where nothing can be written, also by what reranks and by what was never encoded', async () => {
    // Nothing is closed to root, so that it looks as somebody else, who has to reach the program.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined;
    const copy = uid === undefined ? null : openCopy();
    const other = { ...(uid && { uid }), ...(copy && { entry: copy.entry }) };
    for (const file of filesUnder(folder)) chmodSync(join(folder, file), 0o644);
    const setAll = (mode: number) => {
      const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
      for (const path of [folder, ...paths]) if (statSync(path).isDirectory()) chmodSync(path, mode);
    };
    const shop = ['--data', 'shop', '--workspace', 'work'];
    const verbs = [
      ['evaluate', ...shop],
      ['recommend', ...shop, '--user', 'user-0001', '-k', '3'],
      ['knowledge', 'show', ...shop, '--user', 'user-0001'],
    ];
    const writable: string[] = [];
    for (const words of verbs) writable.push((await here(...words)).stdout);
    renameSync(join(folder, 'work', 'artifacts'), join(folder, 'kept'));
    setAll(0o555);
    try {
      const looked = await Promise.all(verbs.map((words) => builtAgentmmrec(words, { cwd: folder, ...other })));
      expect(looked.map(({ code, stdout }) => [code, stdout])).toEqual(writable.map((stdout) => [0, stdout]));
      expect(looked[1].stderr).toContain('work cannot be written: the features of the items were made for this time');
    } finally {
      setAll(0o755);
      renameSync(join(folder, 'kept'), join(folder, 'work', 'artifacts'));
      copy?.remove();
    }
  }, 60_000);

  test('is not cleaned while something runs in it, and two runs do not share a folder', async () => {
    const words = [
      ...run,
      '--data',
      'shop',
      '--workspace',
      'work',
      '--feedback',
      'on',
      '--epochs',
      '5000',
      '--patience',
      '5000',
    ];
    const child = startAgentmmrec(words, folder);
    child.stderr.resume();
    child.stdout.resume();
    const ended = new Promise((resolve) => child.on('close', resolve));
    try {
      const memories = () =>
        readdirSync(join(folder, 'work', 'runs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
          name.endsWith('memory.sqlite'),
        );
      while (memories().length === 0 && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(child.exitCode).toBeNull();
      const clean = await here('workspace', 'clean', '--all', '--workspace', 'work');
      expect([clean.code, clean.stderr]).toEqual([2, expect.stringContaining('another agentmmrec runs')]);
      const second = await here(...words);
      expect([second.code, second.stderr]).toEqual([2, expect.stringContaining('another process trains')]);
      expect(child.exitCode).toBeNull();
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
    expect((await here('workspace', 'clean', '--workspace', 'work')).code).toBe(0);
  }, 120_000);
});
