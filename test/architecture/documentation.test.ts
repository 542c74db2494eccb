import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { globalOptions } from '../../packages/cli/src/arguments/globalOptions.js';
import { readArguments } from '../../packages/cli/src/arguments/readArguments.js';
import { type Command, loadCommand } from '../../packages/cli/src/command.js';
import { verbs } from '../../packages/cli/src/commands/index.js';
import { commandHelp } from '../../packages/cli/src/help.js';
import { repositoryFiles, root } from '../support/repository.js';

const commands: Command[] = [];
for (const verb of verbs) commands.push(await loadCommand(verb));

/** Checks that a command line is one that the command would take: a known verb, known flags, all required ones. */
function expectValid(line: string): void {
  const words = line.split(' ').slice(line.startsWith('npx ') ? 2 : 1);
  // Of `experiment` and `experiment run` the longer one is meant where both fit.
  const fitting = commands.filter(({ verb }) => `${words.join(' ')} `.startsWith(`${verb} `));
  const command = fitting.toSorted((a, b) => b.verb.length - a.verb.length)[0];
  expect({ line, known: command !== undefined }).toEqual({ line, known: true });
  if (!command) return;
  const rest = words.slice(command.verb.split(' ').length);
  const own = { ...command.options, ...globalOptions };
  const further = command.further(readArguments(command.verb, rest, own, true).flags, {});
  const { flags, positionals } = readArguments(command.verb, rest, { ...own, ...further });
  const needed = Object.entries({ ...command.options, ...further }).filter(([, option]) => 'required' in option);
  expect(needed.map(([name]) => name).filter((name) => flags[name] === undefined)).toEqual([]);
  expect(positionals).toHaveLength(command.positionals.length);
}

const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the Quick start is one block of two commands that package.json has', () => {
  const section = readme.split('## Quick start')[1].split('\n## ')[0];
  expect(section.match(/```bash\n([\s\S]*?)```/g)).toEqual([
    '```bash\nnpm ci && npm run demo\nnpm ci && npm test\n```',
  ]);
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(Object.keys(scripts)).toEqual(
    expect.arrayContaining(['demo', 'test', 'build', 'bench', 'accept', 'lint', 'typecheck']),
  );
});

test('every command in the documents is one that works', () => {
  const documents = repositoryFiles().filter((file) =>
    /^(README|docs\/.*|examples\/README|packages\/.*\/README)\.md$/.test(file),
  );
  const lines = documents
    .flatMap((file) => readFileSync(join(root, file), 'utf8').split('\n'))
    .filter((line) => line.startsWith('npx agentmmrec ') && !line.endsWith(' --help'));
  expect(lines.length).toBeGreaterThan(15);
  lines.forEach(expectValid);
});

describe.each(commands.map((command) => [command.verb, command] as const))('help of %s', (verb, command) => {
  test('has a summary, and an example that the command itself takes', () => {
    expect(command.summary).not.toBe('');
    expect(command.example.startsWith(`agentmmrec ${verb}`)).toBe(true);
    expectValid(command.example);
    const help = commandHelp(command, {});
    expect(help).toContain(command.example);
    expect(help).toContain('--json');
    for (const option of Object.values(command.options)) expect(option.help).not.toBe('');
  });
});
