import type { Option } from '@agentmmrec/core';
import { experiments } from '@agentmmrec/experiments';
import { describe, expect, test } from '@jest/globals';
import { globalOptions } from '../../packages/cli/src/arguments/globalOptions.js';
import { loadCommand } from '../../packages/cli/src/command.js';
import { verbs } from '../../packages/cli/src/commands/index.js';

/** Words that mean the size of what a verb draws or plans: each verb says its own. */
const ofTheVerb = new Set(['users', 'items', 'out', 'from', 'to', 'name', 'version', 'format', 'seeds', 'compare']);

interface Place {
  readonly verb: string;
  readonly option: Option;
}

const flags = new Map<string, Place[]>();
const note = (verb: string, schema: Readonly<Record<string, Option>>) => {
  for (const [name, option] of Object.entries(schema)) flags.set(name, [...(flags.get(name) ?? []), { verb, option }]);
};
for (const verb of verbs) note(verb.verb, (await loadCommand(verb)).options);
for (const { name, options } of experiments) note(`experiment ${name}`, options ?? {});

const shared = [...flags].filter(([name, places]) => places.length > 1 && !ofTheVerb.has(name));

describe('a flag of several verbs', () => {
  test.each(shared)('--%s means the same everywhere: one type and one default', (_name, places) => {
    const meanings = places.map(({ option }) => ({
      type: option.type,
      default: 'default' in option ? option.default : null,
    }));
    expect(meanings).toEqual(meanings.map(() => meanings[0]));
  });
});

test('no flag of a verb hides one that every verb has', () => {
  expect([...flags.keys()].filter((name) => name in globalOptions)).toEqual([]);
});

test('no default stands for absent: what may be absent is optional', () => {
  const disguised = [...flags].flatMap(([name, places]) =>
    places
      .filter(({ option }) => 'default' in option && (option.default === '' || option.default === -1))
      .map(({ verb }) => `${verb} --${name}`),
  );
  expect(disguised).toEqual([]);
});
