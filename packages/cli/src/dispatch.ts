import { AmrError, nearestName, type Option, type OptionSchema, readOptions } from '@agentmmrec/core';
import type { Command } from './command.js';
import { readConfigurationFile } from './configurationFile.js';
import { globalOptions } from './globalOptions.js';
import { commandHelp, overview } from './help.js';
import { flagName } from './optionNames.js';
import { type Arguments, readArguments } from './readArguments.js';
import { openSession, type Surroundings } from './session.js';

const HELP_WORDS = new Set(['--help', '-h', 'help']);

/** Runs one command line. Throws what the verb throws; `main` turns that into a sentence and an exit code. */
export async function dispatch(
  commands: readonly Command[],
  words: readonly string[],
  around: Surroundings,
): Promise<void> {
  const asksHelp = words.some((word) => HELP_WORDS.has(word));
  const meant = words.filter((word) => !HELP_WORDS.has(word));
  const verbWords = leadingWords(meant);
  if (verbWords.length === 0) {
    if (!asksHelp && meant.length > 0) throw unknownVerb(commands, meant[0]);
    around.stdout(`${overview(commands)}\n`);
    return;
  }
  const command = findCommand(commands, verbWords);
  if (command === undefined) {
    const group = commands.filter((candidate) => candidate.verb.startsWith(`${verbWords[0]} `));
    if (!asksHelp || verbWords.length > 1 || group.length === 0)
      throw unknownVerb(commands, verbWords.slice(0, 2).join(' '));
    around.stdout(`${overview(group)}\n`);
    return;
  }
  const rest = meant.slice(command.verb.split(' ').length);
  const own = { ...command.options, ...globalOptions };
  const hinted = readArguments(command.verb, rest, own, true);
  const further = command.further(withConfiguration(hinted));
  if (asksHelp) {
    around.stdout(`${commandHelp(command, further)}\n`);
    return;
  }
  await runCommand(command, further, readArguments(command.verb, rest, { ...own, ...further }), around);
}

async function runCommand(
  command: Command,
  further: OptionSchema,
  typed: Arguments,
  around: Surroundings,
): Promise<void> {
  const given = withConfiguration(typed);
  const allowed = { ...command.options, ...globalOptions, ...further };
  for (const [name, option] of Object.entries(allowed)) {
    if ('required' in option && given[name] === undefined) throw missingFlag(command, name, option);
  }
  readOptions(command.verb, allowed, given);
  const split = (schema: OptionSchema, inside: boolean) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => name in schema === inside));
  const session = openSession(
    readOptions(command.verb, globalOptions, split(globalOptions, true)),
    namedPositionals(command, typed.positionals),
    around,
  );
  await command.run(split(globalOptions, false), session);
}

/** The configuration file's values under the flags' own. */
function withConfiguration(typed: Arguments): Record<string, unknown> {
  const { config } = typed.flags;
  return typeof config === 'string' ? { ...readConfigurationFile(config), ...typed.flags } : { ...typed.flags };
}

/** The words before the first flag: the verb and its positionals. */
export function leadingWords(words: readonly string[]): readonly string[] {
  const firstFlag = words.findIndex((word) => word.startsWith('-'));
  return firstFlag < 0 ? words : words.slice(0, firstFlag);
}

function findCommand(commands: readonly Command[], verbWords: readonly string[]): Command | undefined {
  const byVerb = new Map(commands.map((command) => [command.verb, command]));
  return byVerb.get(verbWords.slice(0, 2).join(' ')) ?? byVerb.get(verbWords[0]);
}

function namedPositionals(command: Command, values: readonly string[]): Record<string, string> {
  const expected = command.positionals.map((positional) => `<${positional.name}>`).join(' ') || 'none';
  if (values.length !== command.positionals.length) {
    throw new AmrError({
      what: `${command.verb}, words after the verb`,
      got: values.length === 0 ? 'none' : values.map((value) => `"${value}"`).join(' '),
      expected,
      hint: `for example: ${command.example}`,
    });
  }
  return Object.fromEntries(command.positionals.map((positional, i) => [positional.name, values[i]]));
}

function missingFlag(command: Command, name: string, { help }: Option): AmrError {
  return new AmrError({
    what: command.verb,
    got: `no --${flagName(name)}`,
    expected: `--${flagName(name)}: ${help}`,
    hint: `for example: ${command.example}`,
  });
}

function unknownVerb(commands: readonly Command[], given: string): AmrError {
  const verbs = commands.map((command) => command.verb);
  const first = given.split(' ')[0];
  const group = verbs.filter((verb) => verb.startsWith(`${first} `));
  const near = nearestName(given, verbs) ?? nearestName(first, verbs);
  return new AmrError({
    what: 'the verb',
    got: `"${given}"`,
    expected: group.length > 0 ? `one of ${group.join(', ')}` : 'a known verb',
    hint: near ? `did you mean "${near}"?` : 'see agentmmrec --help',
  });
}
