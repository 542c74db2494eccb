import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { FakeServer, onePixelPng } from '@agentmmrec/fakellm';
import { type LlmClient, ResponseCache } from '@agentmmrec/llm';
import { afterEach, describe, expect, test } from '@jest/globals';
import { call, item, knowledge, prompts, reasonerOf, withPicture } from '../testing/loopbackReasoner.js';

let server: FakeServer;
let llmClient: LlmClient;
afterEach(() => server.stop());

/** A reasoner that asks a server of its own on the loopback. */
async function reasoner(
  loopback: ConstructorParameters<typeof FakeServer>[0] = {},
  changes: Parameters<typeof reasonerOf>[1] = {},
  options: Parameters<typeof reasonerOf>[2] = {},
) {
  server = await new FakeServer(loopback).start();
  const { llm, client } = await reasonerOf(server.host, { readImage: async () => onePixelPng, ...changes }, options);
  llmClient = client;
  return llm;
}

describe('preferences and properties', () => {
  const preferences = [
    { trait: 'blue glaze', strength: 'weak', evidence: 'P1' },
    { trait: 'Acme', strength: 'strong', evidence: 'P1, P2' },
  ];

  test('a preference is the summary and the traits by strength, with template, tokens and no repairs', async () => {
    const llm = await reasoner({ answer: knowledge({ preferences, summary: ' Likes sturdy mugs by Acme, 350 ml. ' }) });
    const answer = await llm.preference('text', 12, [item(5), item(6)], call);
    const template = prompts.get('preference-text');
    expect(answer).toEqual({
      value: 'Likes sturdy mugs by Acme, 350 ml. Strong: Acme. Weak: blue glaze.',
      record: {
        templates: [{ id: 'integrator/preference-text@1', hash: template.hash }],
        inputTokens: 100,
        outputTokens: 20,
        repairs: [],
        // Acme was shown, 350 was not.
        grounding: { claims: 2, grounded: 1 },
      },
    });
    const [received] = server.calls;
    expect(received.turns[0]).toContain('> P1 is mug 5; made by Acme; found under Home, Kitchen');
    expect(received.images).toEqual([]);
    expect(received.body.options).toMatchObject({ temperature: 0, num_ctx: 16384, num_predict: 600 });
    expect((received.body.options as { seed: number }).seed).toBe(4_000_000_000 % 2 ** 31);
  });

  test('equal questions of two data sets are one answer in the cache; another text is another question', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-cache-'));
    try {
      const cache = new ResponseCache(join(folder, 'responses.sqlite'));
      const answer = knowledge({ preferences, summary: 'Likes sturdy mugs of plain looks by Acme.' });
      const llm = await reasoner({ answer }, {}, { cache });
      // Other ids in other data sets: they never enter a prompt.
      const one = await llm.preference('text', 1, [item(5, { title: 'blue mug' })], call);
      const other = await llm.preference('text', 700, [item(9, { title: 'blue mug' })], call);
      expect(other.value).toBe(one.value);
      expect(server.calls).toHaveLength(1);
      await llm.preference('text', 1, [item(5, { title: 'red mug' })], call);
      expect(server.calls).toHaveLength(2);
      llmClient.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('pictures that do not fit are left out, which each entry keeps and people are told once', async () => {
    const warned: string[] = [];
    const log = { ...silentLog, warn: (line: string) => void warned.push(line) };
    const answer = knowledge({ preferences, summary: 'Likes sturdy mugs of plain looks by Acme.' });
    const llm = await reasoner({ answer }, { log }, { contextLength: 3200 });
    Object.assign(llmClient, { pictureTokens: async (images: readonly unknown[]) => 450 * images.length });
    const views = [1, 2, 3, 4, 5].map(withPicture);
    for (const user of [1, 2]) {
      const { record } = await llm.preference('visual', user, views, { seed: user });
      expect(record.repairs.join()).toMatch(/\d of 5 pictures were shown, to fit the prompt/);
    }
    expect(server.calls.every(({ images }) => images.length > 0 && images.length < 5)).toBe(true);
    expect(warned).toEqual([expect.stringMatching(/pictures fit into a context of 3200 tokens/)]);
  });

  test('debris is refused although it has the form; the second try is another, and traits that say nothing are left out', async () => {
    const good = {
      preferences: [{ trait: '{trait}', strength: 'weak', evidence: '' }, preferences[1]],
      summary: 'Likes sturdy mugs by Acme.',
    };
    const llm = await reasoner({
      answer: (received) =>
        JSON.stringify(
          server.calls.indexOf(received) === 0 ? { ...good, summary: 'BEGIN DATA items of the shopper' } : good,
        ),
    });
    const answer = await llm.preference('text', 12, [item(5), item(6)], call);
    expect(answer.value).toBe('Likes sturdy mugs by Acme. Strong: Acme.');
    const [first, second] = server.calls.map(({ body }) => body.options as { seed: number; temperature: number });
    expect([second.seed === first.seed, second.temperature > first.temperature]).toEqual([false, true]);
    expect(llm.answers()).toEqual([
      {
        task: 'preference-text',
        accepted: 1,
        repaired: 0,
        refused: { 'has marks of a template or prompt in place of words': 1 },
        groundedShare: 1,
        distinctShare: 1,
        meanCharacters: answer.value.length,
      },
    ]);
  });

  test('the schema that is sent holds the bounds of the check, and the third try shows less', async () => {
    const llm = await reasoner({ answer: () => '{}' });
    await expect(llm.property('text', item(1), [item(2), item(3), item(4), item(5)], call)).rejects.toMatchObject({
      fault: 'malformed',
    });
    const { properties = {} } = server.calls[0].schema;
    expect(properties.summary).toMatchObject({ minLength: 10, maxLength: 900 });
    expect(properties.properties).toMatchObject({ minItems: 1, maxItems: 5 });
    expect(properties.properties.items?.properties?.trait).toMatchObject({ minLength: 1, maxLength: 80 });
    const shown = server.calls.map(({ turns }) => turns[0].match(/^> P\d\b/gm)?.length);
    expect(shown).toEqual([4, 4, 2]);
  });

  test('no id of the data set enters a prompt', async () => {
    const llm = await reasoner({ answer: knowledge({ preferences, summary: 'Sturdy mugs for every day.' }) });
    await llm.preference('multimodal', 987_654, [withPicture(876_543)], call);
    expect(JSON.stringify(server.calls[0].body)).not.toMatch(/987654|987_654/);
    expect(server.calls[0].turns[0].replace('mug 876543', '')).not.toContain('876543');
  });

  test('a property about looks shows pictures and names, not texts', async () => {
    const properties = [
      { trait: 'round', basis: 'stated', evidence: 'T1' },
      { trait: 'handmade', basis: 'inferred', evidence: 'P1' },
    ];
    const llm = await reasoner({ answer: knowledge({ properties, summary: 'A round and handmade mug.' }) });
    const answer = await llm.property('visual', withPicture(1), [withPicture(2), withPicture(3)], call);
    expect(answer.value).toBe('A round and handmade mug. Stated: round. Inferred: handmade.');
    expect(server.calls[0].images).toHaveLength(3);
    expect(server.calls[0].turns[0]).toContain('image 1 is T1; image 2 is P1; image 3 is P2');
    expect(server.calls[0].turns[0]).not.toContain('mug');
  });

  test('a task about looks without a usable picture is not asked and not invented', async () => {
    const llm = await reasoner({}, { readImage: async () => new TextEncoder().encode('root:x:0:0') });
    const answer = await llm.property('visual', withPicture(1), [], call);
    expect(answer.value).toBe('');
    expect(answer.record.repairs).toEqual([
      'property-visual was not asked: no usable image (image of T1 left out: not a JPEG, PNG, GIF, WebP, AVIF or TIFF picture)',
    ]);
    expect(server.calls).toHaveLength(0);
  });

  test.each(['visual', 'multimodal'] as const)(
    'the %s part of an item whose own picture is unusable is not read off its neighbours',
    async (task) => {
      const unreadable = async (path: string) => {
        if (path !== '1.png') return onePixelPng;
        throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      };
      const llm = await reasoner({}, { readImage: unreadable });
      const answer = await llm.property(task, withPicture(1), [withPicture(2), withPicture(3)], call);
      expect(answer.value).toBe('');
      expect(answer.record.repairs).toEqual([
        `property-${task} was not asked: no usable image (image of T1 left out: cannot be read (ENOENT))`,
      ]);
      expect(server.calls).toHaveLength(0);
      await server.stop();
      const undecodable = async (path: string) => (path === '1.png' ? new TextEncoder().encode('<svg/>') : onePixelPng);
      const other = await reasoner({}, { readImage: undecodable });
      expect((await other.property(task, withPicture(1), [withPicture(2)], call)).value).toBe('');
      expect(server.calls).toHaveLength(0);
    },
  );

  test('an address or a file that is no picture never leaves as a picture', async () => {
    const llm = await reasoner({}, { readImage: undefined });
    for (const imagePath of ['/etc/hostname', 'http://127.0.0.1:9/p.png', 'file:///etc/hostname']) {
      const answer = await llm.property('visual', item(1, { imagePath }), [], call);
      expect(answer.value).toBe('');
    }
    expect(server.calls).toHaveLength(0);
    expect(server.strays).toEqual([]);
  });

  test('a malformed answer is asked again; three of them fail the entry', async () => {
    const llm = await reasoner({ answer: knowledge({ summary: 'no list' }) });
    await expect(llm.preference('text', 12, [item(5)], call)).rejects.toMatchObject({
      fault: 'malformed',
      kind: 'failed',
      message: expect.stringMatching(/^preference-text: got at preferences: /),
    });
    expect(server.calls).toHaveLength(3);
  });
});
