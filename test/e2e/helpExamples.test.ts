import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Command, loadCommand } from '../../packages/cli/src/command.js';
import { verbs } from '../../packages/cli/src/commands/index.js';
import { openMemory } from '../../packages/memory/src/index.js';
import { agentmmrec, temporaryFolder } from '../support/cli.js';

/** Examples that need more than a clone, or minutes, and where they are run instead. */
const elsewhere: Readonly<Record<string, string>> = {
  demo: 'minutes: npm run accept',
  bench: 'minutes: test/e2e/device.test.ts runs a part',
  'data fetch': 'the network: packages/datasets/src/fetch',
  'data images': 'the network: packages/datasets/src/fetch',
  worker: 'a queue server: test/queue',
  serve: 'goes on until it is stopped: packages/explorer',
  'serve prepare': 'it hangs up on the process that started it when it ends: test/explorer, through serve',
  mcp: 'goes on until the other side ends: test/explorer',
  'experiment run': 'the address of a planned run: test/e2e/experiment.test.ts',
  'workspace clean': 'last of all, below',
};

const small = ['--users', '40', '--items', '30', '--image-size', '16'];
const { folder, remove } = temporaryFolder();
afterAll(remove);

const here = async (line: string, ...further: string[]) => {
  const [, ...words] = line.split(' ');
  const { code, stderr } = await agentmmrec([...words, ...further], { cwd: folder });
  return [code, code === 0 ? '' : stderr];
};

const commands: Command[] = [];
for (const verb of verbs) commands.push(await loadCommand(verb)); // one after the other: jest links no module twice at once
const exampleOf = (verb: string) => commands.find((command) => command.verb === verb)?.example ?? '';

beforeAll(async () => {
  expect(await here('agentmmrec data synth --out catalog', ...small)).toEqual([0, '']);
  for (const verb of ['knowledge build', 'knowledge export']) expect(await here(exampleOf(verb))).toEqual([0, '']);
  // Second versions, as feedback rounds write them.
  const [memory] = readdirSync(join(folder, '.agentmmrec', 'knowledge'));
  const path = join(folder, '.agentmmrec', 'knowledge', memory);
  const opened = openMemory({ path, fingerprint: null, mode: 'write' });
  for (const first of [...opened.all('preference')])
    opened.put({ ...first, parts: { ...first.parts, text: 'walnut' } });
  opened.close();
  for (const line of [exampleOf('train'), 'agentmmrec train --model vbpr --data catalog']) {
    expect(await here(line, '--epochs', '1')).toEqual([0, '']);
  }
}, 60_000);

const runs = commands.map(({ verb, example }) => [verb, example]).filter(([verb]) => !(verb in elsewhere));

test.each(runs)(
  'the example of %s runs in a clone: %s',
  async (verb, example) => {
    const further = { 'data synth': ['--replace', ...small], train: ['--epochs', '1'] }[verb] ?? [];
    // Addresses of runs differ from machine to machine.
    const line = (verb === 'data synth' ? example.replace(/ --(users|items) \d+/g, '') : example).replaceAll(
      /(catalog-\w+-)[0-9a-f]{12}/g,
      (_, start: string) =>
        readdirSync(join(folder, '.agentmmrec', 'runs')).find((name) => name.startsWith(start)) ?? '',
    );
    expect(await here(line, ...further)).toEqual([0, '']);
  },
  60_000,
);

test('every other example has a reason and another place', async () => {
  expect(Object.keys(elsewhere).filter((verb) => exampleOf(verb) === '')).toEqual([]);
  expect(await here(exampleOf('workspace clean'))).toEqual([0, '']);
});
