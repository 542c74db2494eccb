import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { openDevice } from '@agentmmrec/kernels';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Explorer } from '../open.js';
import { type DemoWorkspace, demoWorkspace } from '../testing/demoWorkspace.js';
import { buildToolServer } from './server.js';

let demo: DemoWorkspace;
let explorer: Explorer;
let client: Client;

beforeAll(async () => {
  demo = await demoWorkspace();
  const workspace = demo.path;
  explorer = new Explorer({
    workspace,
    data: 'catalog',
    load: async (name) => await loadDataset(name, { workspace, splitSeed: 7, log: silentLog }),
    device: () => openDevice('cpu', { threads: 1 }),
  });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  client = new Client({ name: 'test', version: '1' });
  await Promise.all([buildToolServer(explorer, '9.9.9').connect(ours), client.connect(theirs)]);
});
afterAll(async () => {
  await client.close();
  await explorer.close();
  rmSync(dirname(demo.path), { recursive: true });
});

async function call(name: string, input: Record<string, unknown>) {
  const { content, structuredContent, isError = false } = await client.callTool({ name, arguments: input });
  return {
    text: (content as { text: string }[])[0].text,
    value: structuredContent as Record<string, unknown> | undefined,
    isError,
  };
}

test('the tools say what they are for and that they change nothing', async () => {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['recommend', 'explain', 'similar_items', 'knowledge', 'find']);
  for (const { description, inputSchema, annotations } of tools) {
    expect(description?.length).toBeGreaterThan(20);
    expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(annotations).toEqual({ readOnlyHint: true, openWorldHint: false });
  }
  expect(client.getServerVersion()).toEqual({ name: 'agentmmrec', version: '9.9.9' });
});

test('each answers in words and as a value', async () => {
  const found = await call('find', { words: 'user-0003' });
  expect(found.text).toMatch(/^user user-0003: \d+ training items/);
  const listed = await call('recommend', { user: 'user-0003', k: 3, run: demo.knowledgeRun });
  expect(listed.text).toMatch(/^For user-0003, by catalog-agentmmrec.*, reranked by knowledge:\n1\. .+\n2\. .+\n3\. /);
  const items = listed.value?.items as { item: { id: string } }[];
  const [{ item }] = items;
  expect((await call('explain', { user: 'user-0003', item: item.id, run: demo.knowledgeRun })).text).toMatch(
    /place 1[\s\S]*score: /,
  );
  expect((await call('similar_items', { item: item.id, k: 4 })).value).toMatchObject({
    graph: 'rti',
    items: { length: 4 },
  });
  const known = await call('knowledge', { kind: 'user', id: 'user-0003' });
  expect(known.text).toMatch(/by extractive, from \d+ training interactions\nfrom texts: /);
  expect((await call('knowledge', { kind: 'item', id: item.id })).isError).toBe(false);
});

test('what does not fit is refused in words, and the next question is answered', async () => {
  for (const [name, input, said] of [
    ['recommend', { user: 'nobody' }, /^user: got "nobody".*HINT/],
    ['recommend', {}, /input of recommend/],
    ['recommend', { user: 'user-0001', k: 1e9 }, /input of recommend\/k/],
    ['recommend', { user: 'user-0001', extra: 1 }, /input of recommend/],
    ['knowledge', { kind: 'shop', id: 'x' }, /input of knowledge\/kind/],
    ['rewrite', {}, /tool: got "rewrite", expected one of recommend, explain/],
  ] as const) {
    const { text, isError } = await call(name, input);
    expect([isError, text]).toEqual([true, expect.stringMatching(said)]);
  }
  expect((await call('find', { words: 'item' })).isError).toBe(false);
});
