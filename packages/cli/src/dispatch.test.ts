import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { integer, type OptionSchema, required, silentLog, text } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { defineCommand, type Verb } from './command.js';
import { dispatch } from './dispatch.js';

const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-dispatch-'));
afterAll(() => rmSync(folder, { recursive: true }));

function configuration(content: string): string {
  const path = join(folder, `${Math.random()}.yaml`);
  writeFileSync(path, content);
  return path;
}

async function run(...words: string[]) {
  const calls: { verb: string; options: unknown; further: unknown; seed: number; positionals: unknown }[] = [];
  const record = (verb: string): Verb => ({
    verb,
    summary: `does ${verb}`,
    load: async () =>
      defineCommand({
        example: `agentmmrec ${verb} --data x`,
        options: { data: required({ type: 'text', help: 'a data set' }), model: text('plain', 'a model') },
        positionals: verb === 'experiment' ? [{ name: 'table', help: 'which' }] : [],
        further: (given): OptionSchema =>
          given.model === 'deep' ? { layers: integer(3, { min: 1, help: 'layers' }) } : {},
        async run(options, session, further) {
          const { seed, positionals } = session;
          calls.push({ verb, options, further, seed, positionals });
          session.say('for people');
          session.emit({ answer: 42 });
        },
      }),
  });
  let stdout = '';
  await dispatch(['train', 'data stats', 'data prepare', 'experiment'].map(record), words, {
    stdout: (chunk) => {
      stdout += chunk;
    },
    log: silentLog,
    signal: new AbortController().signal,
    words,
  });
  return { call: calls[0], calls, stdout };
}

describe('dispatch', () => {
  test('finds verbs of one and of two words', async () => {
    expect((await run('train', '--data', 'x')).call.verb).toBe('train');
    expect((await run('data', 'stats', '--data', 'x')).call.verb).toBe('data stats');
  });

  test('gives a verb its options, the global ones through the session, and the further ones apart', async () => {
    const { call } = await run('train', '--data', 'x', '--model', 'deep', '--layers', '2', '--seed', '5');
    expect(call.options).toEqual({ data: 'x', model: 'deep' });
    expect(call.further).toEqual({ layers: '2' });
    expect(call.seed).toBe(5);
  });

  test('further options exist only where their model is named, by flag or configuration', async () => {
    await expect(run('train', '--data', 'x', '--layers', '2')).rejects.toThrow('unknown flag');
    const path = configuration('model: deep\nlayers: 4\nseed: 3\n');
    const { call } = await run('train', '--data', 'x', '--config', path, '--seed', '8');
    expect(call.further).toEqual({ layers: 4 });
    expect(call.seed).toBe(8);
  });

  test('people and machines are answered apart', async () => {
    expect((await run('train', '--data', 'x')).stdout).toBe('for people\n');
    expect((await run('train', '--data', 'x', '--json')).stdout).toBe('{"answer":42}\n');
  });

  test.each([
    [['trian'], 'did you mean "train"?'],
    [['data', 'stat'], 'did you mean "data stats"?'],
    [['data'], 'expected one of data stats, data prepare'],
    [['train'], 'got no --data'],
    [['train', '--data', 'x', 'y'], 'got "y", expected none'],
    [['train', '--data', 'x', '--json', 'maybe'], 'option "json": got "maybe", expected on or off'],
    [['experiment', '--data', 'x'], 'expected <table>'],
    [['train', '--data', 'x', '--seed', 'abc'], 'expected a whole number'],
    [['train', '--data', 'x', '--model', 'deep', '--layers', '0'], 'expected a whole number of at least 1'],
    [['train', '--data', 'x', '--device', 'cude'], 'did you mean "cuda"?'],
    [['--jsn'], 'the verb: got "--jsn"'],
  ])('refuses %j', async (words, sentence) => {
    await expect(run(...words)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(sentence) });
  });

  test('refuses configurations that are no flat map of known options', async () => {
    await expect(run('train', '--data', 'x', '--config', configuration('- a'))).rejects.toThrow('got a list');
    await expect(run('train', '--data', 'x', '--config', configuration('seed: [1]'))).rejects.toThrow('got a list');
    await expect(run('train', '--data', 'x', '--config', configuration('sead: 1'))).rejects.toThrow(
      'did you mean "seed"?',
    );
    for (const name of ['__proto__', 'constructor']) {
      const work = run('train', '--data', 'x', '--config', configuration(`${name}: 1`));
      await expect(work).rejects.toThrow(`"${name}": got a name that no option has`);
      await expect(run('train', '--data', 'x', `--${name}`, '1')).rejects.toThrow('an unknown flag');
    }
    await expect(run('train', '--data', 'x', '--config', configuration('a: b: c'))).rejects.toThrow('a YAML file');
    await expect(run('train', '--data', 'x', '--config', join(folder, 'none'))).rejects.toThrow('no readable file');
  });

  test('help never runs the verb and shows the options of the named model', async () => {
    const { calls, stdout } = await run('train', '--help', '--model', 'deep');
    expect(calls).toEqual([]);
    expect(stdout).toContain('--layers N');
    expect(stdout).toContain('Example:\n  agentmmrec train --data x');
    expect((await run()).stdout).toContain('data prepare');
    expect((await run('help')).stdout).toContain('does train');
    expect((await run('data', '--help')).stdout).toContain('data stats');
  });
});
