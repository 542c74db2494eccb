import { parseArgs } from 'node:util';
import { AmrError, nearestName, type OptionSchema } from '@agentmmrec/core';
import { flagName, optionName } from './optionNames.js';

/** The words of a command line, sorted: flags by option name (text, or true for a bare boolean), and the rest. */
export interface Arguments {
  readonly flags: Readonly<Record<string, string | boolean>>;
  readonly positionals: readonly string[];
  /** of positionals that follow a switch, which then may be what they were meant for: the option */
  readonly afterSwitch: ReadonlyMap<string, string>;
}

const SWITCH_WORDS = new Set(['on', 'off', 'true', 'false']);

/**
 * Sorts words by the schema. A boolean is `--json`, `--no-json`, `--json=off` or `--json off`; anything else takes a value,
 * except that a choice that can be `on` is so where it stands alone.
 * @param tolerant leave out unknown flags instead of refusing them (used to find out which model is meant)
 * @throws AmrError input: an unknown flag with the nearest known one, a flag without its value or given twice
 */
export function readArguments(
  what: string,
  words: readonly string[],
  schema: OptionSchema,
  tolerant = false,
): Arguments {
  const args = words.map((word, at) => (isAlone(word, words[at + 1], schema) ? `${word}=on` : word));
  const { tokens } = parseArgs({ args, options: parserOptions(schema), strict: false, tokens: true });
  // A flag may be called anything, --constructor too.
  const flags: Record<string, string | boolean> = Object.create(null);
  const known = (name: string) => (Object.hasOwn(schema, name) ? schema[name] : undefined);
  const positionals: string[] = [];
  const taken = new Set<number>();
  const afterSwitch = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional' && !taken.has(token.index)) positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const negated = known(optionName(token.name)) === undefined && token.name.startsWith('no-');
    const name = optionName(negated ? token.name.slice(3) : token.name);
    const option = known(name);
    if (option === undefined || (negated && option.type !== 'boolean')) {
      if (tolerant) continue;
      throw unknownFlag(what, token.rawName, schema);
    }
    if (name in flags && !tolerant) throw givenTwice(what, token.rawName);
    if (option.type !== 'boolean') {
      flags[name] = requiredValue(what, token.rawName, token.value, option.help);
      continue;
    }
    const next = tokens.find((other) => other.index === token.index + 1);
    if (token.value !== undefined) flags[name] = token.value;
    else if (!negated && next?.kind === 'positional' && SWITCH_WORDS.has(next.value)) {
      flags[name] = next.value;
      taken.add(next.index);
    } else {
      flags[name] = !negated;
      if (!negated && next?.kind === 'positional') afterSwitch.set(next.value, name);
    }
  }
  return { flags, positionals, afterSwitch };
}

/** Whether it is a choice that can be on, with no value after it. */
function isAlone(word: string, next: string | undefined, schema: OptionSchema): boolean {
  const name = optionName(word.replace(/^--/, ''));
  if (!word.startsWith('--') || !Object.hasOwn(schema, name) || next?.startsWith('-') === false) return false;
  const option = schema[name];
  return option.type === 'choice' && option.choices.includes('on');
}

/** Each option under its kebab-case and its own name, so that both spellings know whether a value follows. */
function parserOptions(schema: OptionSchema) {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {};
  for (const [name, option] of Object.entries(schema)) {
    const type = option.type === 'boolean' ? 'boolean' : 'string';
    options[name] = name.length === 1 ? { type, short: name } : { type };
    options[flagName(name)] = options[name];
  }
  return options;
}

function requiredValue(what: string, rawName: string, value: string | undefined, help: string): string {
  if (value !== undefined && !(value.startsWith('--') && value.length > 2)) return value;
  throw new AmrError({
    what: `${what}, ${rawName}`,
    got: value === undefined ? 'no value' : `the flag ${value}`,
    expected: `a value: ${help}`,
    hint: `write ${rawName} VALUE`,
  });
}

function givenTwice(what: string, rawName: string): AmrError {
  return new AmrError({
    what: `${what}, ${rawName}`,
    got: 'it twice',
    expected: 'it once',
    hint: `keep one ${rawName}`,
  });
}

function unknownFlag(what: string, rawName: string, schema: OptionSchema): AmrError {
  const known = Object.keys(schema).map(flagName);
  const near = nearestName(rawName.replace(/^-+/, ''), known);
  return new AmrError({
    what: `${what}, ${rawName}`,
    got: 'an unknown flag',
    expected: near ? `a flag such as --${near}` : 'a flag of this command',
    hint: `${near ? `did you mean --${near}? ` : ''}see agentmmrec ${what} --help`,
  });
}
