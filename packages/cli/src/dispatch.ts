import { AmrError, nearestName, type Option, type OptionSchema, readOptions } from '@agentmmrec/core';
import { globalOptions } from './arguments/globalOptions.js';
import { flagName } from './arguments/optionNames.js';
import { type Arguments, readArguments } from './arguments/readArguments.js';
import { type Command, loadCommand, type Verb } from './command.js';
import { commandHelp, overview } from './help.js';
import type { Surroundings } from './session/session.js';

const HELP_WORDS = new Set(['--help', '-h', 'help']);

/** Runs one command line. Throws what the verb throws; `main` turns that into a sentence and an exit code. */
export async function dispatch(verbs: readonly Verb[], words: readonly string[], around: Surroundings): Promise<void> {
  const asksHelp = words.some((word) => HELP_WORDS.has(word));
  const meant = words.filter((word) => !HELP_WORDS.has(word));
  const verbWords = leadingWords(meant);
  if (verbWords.length === 0) {
    if (!asksHelp && meant.length > 0) throw unknownVerb(verbs, meant[0]);
    around.stdout(`${overview(verbs, around.columns)}\n`);
    return;
  }
  const found = findVerb(verbs, verbWords);
  if (found === undefined) {
    const group = verbs.filter((candidate) => candidate.verb.startsWith(`${verbWords[0]} `));
    if (!asksHelp || verbWords.length > 1 || group.length === 0)
      throw unknownVerb(verbs, verbWords.slice(0, 2).join(' '));
    around.stdout(`${overview(group, around.columns)}\n`);
    return;
  }
  const command = await loadCommand(found);
  const rest = meant.slice(command.verb.split(' ').length);
  const own = { ...command.options, ...globalOptions };
  const hinted = readArguments(command.verb, rest, own, true);
  const further = command.further(await withConfiguration(hinted), givenPositionals(command, hinted.positionals));
  if (asksHelp) {
    around.stdout(`${commandHelp(command, further, around.columns)}\n`);
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
  const given = await withConfiguration(typed);
  const allowed = { ...command.options, ...globalOptions, ...further };
  for (const [name, option] of Object.entries(allowed)) {
    if ('required' in option && given[name] === undefined) throw missingFlag(command, name, option);
  }
  readOptions(command.verb, allowed, given);
  const split = (schema: OptionSchema, inside: boolean) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(schema, name) === inside));
  const { openSession } = await import('./session/openSession.js');
  const session = openSession(
    readOptions(command.verb, globalOptions, split(globalOptions, true)),
    { verb: command.verb, positionals: namedPositionals(command, typed), stopping: command.stopping },
    around,
  );
  if (command.workspace === 'alone') {
    await command.run(split(globalOptions, false), session);
    return;
  }
  const { useWorkspace } = await import('./session/workspaceUse.js');
  const use = useWorkspace(session.workspace, command.workspace === 'keeps');
  try {
    await command.run(split(globalOptions, false), session);
  } finally {
    use.release();
  }
}

/** The configuration file's values under the flags' own. */
async function withConfiguration(typed: Arguments): Promise<Record<string, unknown>> {
  const { config } = typed.flags;
  if (typeof config !== 'string' || config === '') return { ...typed.flags };
  const { readConfigurationFile } = await import('./arguments/configurationFile.js');
  return { ...readConfigurationFile(config), ...typed.flags };
}

/** The words before the first flag: the verb and its positionals. */
export function leadingWords(words: readonly string[]): readonly string[] {
  const firstFlag = words.findIndex((word) => word.startsWith('-'));
  return firstFlag < 0 ? words : words.slice(0, firstFlag);
}

function findVerb(verbs: readonly Verb[], verbWords: readonly string[]): Verb | undefined {
  const byVerb = new Map(verbs.map((one) => [one.verb, one]));
  return byVerb.get(verbWords.slice(0, 2).join(' ')) ?? byVerb.get(verbWords[0]);
}

/** The positionals as far as there are any: help may be asked for before they are known. */
function givenPositionals(command: Command, values: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(command.positionals.map(({ name }, i) => [name, values[i]]));
}

function namedPositionals(
  command: Command,
  { positionals: values, afterSwitch }: Pick<Arguments, 'positionals' | 'afterSwitch'>,
): Record<string, string> {
  const expected = command.positionals.map((positional) => `<${positional.name}>`).join(' ') || 'none';
  if (values.length !== command.positionals.length) {
    const meant = values.find((value) => afterSwitch.has(value));
    if (values.length > command.positionals.length && meant !== undefined) {
      const name = afterSwitch.get(meant) ?? '';
      throw new AmrError({
        what: `${command.verb}, option "${name}"`,
        got: `"${meant}"`,
        expected: 'on or off',
        hint: `--${flagName(name)} alone is on`,
      });
    }
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

function unknownVerb(known: readonly Verb[], given: string): AmrError {
  const verbs = known.map(({ verb }) => verb);
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
