import { FakeServer, type FakeServerOptions } from '@agentmmrec/fakellm';
import { connectLlm, createOllama, promptCatalog } from '@agentmmrec/llm';
import { afterEach, expect, test } from '@jest/globals';
import type { ItemView } from '../reasoning/reasoner.js';
import { LlmReasoner } from './llmReasoner.js';

const prompts = promptCatalog();
const call = { seed: 7 };
let server: FakeServer;
afterEach(() => server.stop());

async function reasoner(body: object, promptFamily = 'default', more: FakeServerOptions = {}) {
  server = await new FakeServer({ answer: () => JSON.stringify(body), ...more }).start();
  const client = await connectLlm({ servers: [createOllama({ host: server.host, contextLength: 16384 })] });
  return new LlmReasoner({ client, prompts, promptFamily });
}

function item(id: number, title: string): ItemView {
  return {
    item: id,
    content: { title, brand: 'Acme', categories: ['Home'], description: 'plain', imagePath: `${id}.png` },
  };
}

const profile = {
  customer: 'Sets a plain table for guests, with sturdy pieces by Acme.',
  likes: ['stoneware mugs ', 'plain glaze'],
  avoids: [],
  makers: ['Acme'],
};

test('a profile is one text with its lists, an empty list left out, by a template with its hash', async () => {
  const { augmenter } = await reasoner(profile);
  const { value, record } = await augmenter.profile(12, [item(4711, 'blue mug'), item(4712, 'red mug')], call);
  expect(value).toBe(
    'Sets a plain table for guests, with sturdy pieces by Acme. Likes: stoneware mugs; plain glaze. Makers: Acme.',
  );
  expect(record.templates).toEqual([{ id: 'augmenter/user-profile@1', hash: prompts.get('user-profile').hash }]);
  const [{ raw, images }] = server.calls;
  expect(raw).toContain('blue mug');
  expect([raw.includes('4711'), images.length]).toEqual([false, 0]); // ids mean nothing to a model, pictures are not asked about
});

test('attributes come as they are, an unknown one empty; none at all is no answer', async () => {
  const known = { maker: 'Acme', kind: 'mug of stoneware', purpose: '' };
  const { augmenter } = await reasoner(known);
  expect((await augmenter.attributes(item(3, 'blue mug'), call)).value).toEqual(known);
  await server.stop();
  const silent = await reasoner({ maker: '', kind: ' ', purpose: '' });
  await expect(silent.augmenter.attributes(item(3, 'blue mug'), call)).rejects.toThrow(/no attribute says anything/);
});

test('edges are candidates by their local names; names of none come back as -1', async () => {
  const input = { user: 1, items: [item(5, 'blue mug')], candidates: [item(8, 'red mug'), item(9, 'car tyre')] };
  const { augmenter } = await reasoner({ liked: 'C1', disliked: 'C2' });
  expect((await augmenter.edges(input, call)).value).toEqual([8, 9]);
  await server.stop();
  const wrong = await reasoner({ liked: 'C7', disliked: 'the tyre' });
  expect((await wrong.augmenter.edges(input, call)).value).toEqual([-1, -1]);
});

test('its digest is its own: another wording changes it, and the nine tasks’ digest says nothing of these templates', async () => {
  const first = await reasoner(profile);
  const [digest, own] = [first.digest, first.augmenter.digest];
  expect(own).not.toBe(digest);
  await server.stop();
  const second = await reasoner(profile, 'checklist');
  expect(second.augmenter.digest).not.toBe(own);
});
