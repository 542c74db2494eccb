import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeServer, type ReceivedCall } from '@agentmmrec/fakellm';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { agentmmrec, result, temporaryFolder } from '../support/cli.js';

const { folder, remove } = temporaryFolder();
const SIZE = 6;

/** Fewer entries than it takes to call a model hopeless: all of them are asked. */
beforeAll(() => {
  const ids = Array.from({ length: SIZE }, (_, id) => id);
  const interactions = ids.flatMap((user) => [0, 1, 2, 3, 4].map((step) => `u${user},i${(user + step) % SIZE}`));
  writeFileSync(join(folder, 'clicks.csv'), ['user,item', ...interactions].join('\n'));
  const items = ids.map((id) => `i${id},Walnut tray ${id},Northgill,Home,A plain tray of walnut for the table`);
  writeFileSync(join(folder, 'items.csv'), ['id,title,brand,categories,description', ...items].join('\n'));
});
afterAll(remove);

const SMALL = ['--data', 'clicks.csv,items.csv', '--k-core', '0'];
/** Graphs of so few have few neighbours. */
const graphs = (k: number) => ['--k-items', String(k), '--k-users', '3'];

async function build(server: FakeServer, workspace: string, flags: readonly string[] = [], kItems = 3) {
  const words = ['knowledge', 'build', ...SMALL, '--reasoner', 'ollama', '--llm-url', server.host];
  return await agentmmrec([...words, '--workspace', workspace, ...graphs(kItems), ...flags], { cwd: folder });
}

test('where all entries fail the report is the one of where some do', async () => {
  let broken = true;
  const server = await new FakeServer({
    capabilities: ['completion'],
    fault: () => (broken ? 'contextTooLong' : null),
  }).start();
  try {
    const failed = await build(server, 'failed');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/preferences: 0 written, 0 there already, 0 without evidence, 6 failed, of 6/);
    expect(failed.stdout).toMatch(/properties: 0 written, 0 there already, 0 without evidence, 6 failed, of 6/);
    expect(failed.stdout).toMatch(/spent: \d+ requests/);
    expect(failed.stdout).toMatch(/failed: user u\d: .*exceeds the context length/);
    expect(failed.stdout).toMatch(/12 failed in all; to ask for them alone: --retry-failed/);
    expect(failed.stderr).toMatch(/got no entry, 12 failed/);
    // Another try costs nothing until it is asked for.
    const before = server.calls.length;
    expect((await build(server, 'failed')).code).toBe(1);
    expect(server.calls.length).toBe(before);
    broken = false;
    const mended = await build(server, 'failed', ['--retry-failed', '--json']);
    expect(result(mended.stdout)).toMatchObject({
      preferences: { written: 6 },
      properties: { written: 6 },
      failures: [],
    });
  } finally {
    await server.stop();
  }
});

test('a graph with more neighbours than there are items is refused before anything is asked', async () => {
  const server = await new FakeServer({ capabilities: ['completion'] }).start();
  try {
    const refused = await build(server, 'few', [], 6);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/graph of the items of .*: got k = 6 for 6 items, expected k from 1 to 5/);
    expect(server.calls).toEqual([]);
  } finally {
    await server.stop();
  }
});

test('an entry whose names were never shown is marked as weak, in words and for machines', async () => {
  const invented = (call: ReceivedCall) =>
    JSON.stringify({
      [call.schema.properties?.preferences ? 'preferences' : 'properties']: [
        { trait: 'red and fast', strength: 'weak', basis: 'stated', evidence: 'P1' },
      ].map(({ strength, basis, ...one }) => ({
        ...one,
        ...(call.schema.properties?.preferences ? { strength } : { basis }),
      })),
      summary: 'It is like a Ferrari from Maranello, as Enzo built them in 1947 for the Mille Miglia.',
    });
  const server = await new FakeServer({ capabilities: ['completion'], answer: invented }).start();
  try {
    const built = await build(server, 'weak');
    expect(built.stdout).toMatch(/answers to property-text: 6 accepted, .* 0 % grounded/);
    const show = ['knowledge', 'show', ...SMALL, '--workspace', 'weak', '--item', 'i1'];
    const shown = await agentmmrec(show, { cwd: folder });
    expect(shown.stdout).toMatch(/ {2}weak: 0 % of its names and numbers stand in what was shown/);
    const told = result((await agentmmrec([...show, '--json'], { cwd: folder })).stdout);
    expect(told).toMatchObject({ weaknesses: [expect.stringContaining('0 %')], provenance: { groundedShare: 0 } });
  } finally {
    await server.stop();
  }
});
