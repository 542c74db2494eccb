import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { globalOptions } from '../../packages/cli/src/arguments/globalOptions.js';
import { flagName } from '../../packages/cli/src/arguments/optionNames.js';
import { type Command, loadCommand } from '../../packages/cli/src/command.js';
import { verbs } from '../../packages/cli/src/commands/index.js';
import { experiments } from '../../packages/experiments/src/index.js';
import { models } from '../../packages/models/src/index.js';
import { repositoryFiles, root } from '../support/repository.js';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const commands: Command[] = [];
for (const verb of verbs) commands.push(await loadCommand(verb)); // one after the other: jest links no module twice at once
const options = [...commands.map((command) => command.options), ...Object.values(models).map((model) => model.options)];
const flags = new Set(['help', ...options.flatMap(Object.keys), ...Object.keys(globalOptions)].map(flagName));

test('every flag that a document names in code is one of a verb or a model', () => {
  const documents = repositoryFiles().filter((file) => /^(README|docs\/.*|packages\/.*\/README)\.md$/.test(file));
  expect(documents.length).toBeGreaterThan(20);
  const unknown = documents.flatMap((file) => {
    const named = [...read(file).matchAll(/`--([a-z][a-z0-9-]*)/g)].map((match) => match[1]);
    return named.filter((flag) => !flags.has(flag)).map((flag) => `${file}: --${flag}`);
  });
  expect(unknown).toEqual([]);
});

test('the choices of docs/method.md are options of agentmmrec', () => {
  const section = read('docs/method.md').split('### Choices')[1].split('\n#')[0];
  const letters = [...section.matchAll(/\| ([^|]+) \|$/gm)].flatMap(([, cell]) => [...cell.matchAll(/`(\w+)/g)]);
  const named = letters.map(([, option]) => option);
  expect(named.length).toBeGreaterThan(7);
  expect(named.filter((name) => !(name in models.agentmmrec.options))).toEqual([]);
});

test('docs/studies.md names the experiment of every table and figure of the paper', () => {
  const rows = [...read('docs/studies.md').matchAll(/^\| ((?:Table|Figure) [^|]+) \| `([\w-]+)` \|/gm)];
  const shown = experiments.flatMap(({ name, shows }) => (shows === null ? [] : [[shows, name]]));
  expect(rows.map(([, shows, name]) => [shows, name])).toEqual(shown);
});
