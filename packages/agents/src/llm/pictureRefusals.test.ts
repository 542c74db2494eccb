import { silentLog } from '@agentmmrec/core';
import { FakeServer, onePixelPng, type PlainReply } from '@agentmmrec/fakellm';
import { connectLlm, createOpenAi } from '@agentmmrec/llm';
import { afterEach, expect, test } from '@jest/globals';
import { call, prompts, refinement, withPicture } from '../testing/loopbackReasoner.js';
import { LlmReasoner } from './llmReasoner.js';
import { picturesAsked } from './question.js';

let server: FakeServer;
afterEach(() => server.stop());

/** A server that takes so many pictures a prompt, and says so in its own words. */
async function taking(most: number, words: string) {
  const reply = ({ images }: { images: readonly string[] }): PlainReply | null =>
    images.length > most ? { status: 400, body: { error: { message: words } } } : null;
  server = await new FakeServer({ model: 'm', reply }).start();
  const warned: string[] = [];
  const log = {
    info() {},
    warn: (line: string) => void warned.push(line),
    progress: () => ({ update() {}, end() {} }),
  };
  const one = createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'm', environment: {}, contextLength: 16_384 });
  const client = await connectLlm({ servers: [one], log });
  return { llm: new LlmReasoner({ client, prompts, log, readImage: async () => onePixelPng }), warned };
}

const others = [1, 2, 3].map(withPicture);

test.each([
  'At most 0 image(s) may be provided in one prompt.',
  'messages[1].content must be a string',
  'Image input is not enabled for this model',
])('a server without pictures (%s) is asked about texts alone, said once; looks are not invented', async (words) => {
  const { llm, warned } = await taking(0, words);
  const { value, record } = await llm.property('visual', withPicture(0), others, call);
  expect(value).toBe('');
  expect(record.repairs).toEqual([expect.stringMatching(/was not asked: no usable image/)]);
  expect(server.calls).toHaveLength(1);
  // A picture that is not needed stays away.
  expect((await llm.refine(refinement(8), call)).value).toHaveLength(3);
  expect((await llm.property('text', withPicture(0), others, call)).value).not.toBe('');
  expect(server.calls.slice(1).every(({ images }) => images.length === 0)).toBe(true);
  expect(warned).toEqual([expect.stringMatching(/From now on no pictures will be shown/)]);
});

test('pictures follow the neighbours that a prompt sees, beyond five too, unless they are bounded', async () => {
  expect(picturesAsked({ imagesPerPrompt: null })).toBe(6);
  expect(picturesAsked({ imagesPerPrompt: null, promptNeighbours: 3 })).toBe(6);
  expect(picturesAsked({ imagesPerPrompt: null, promptNeighbours: 12 })).toBe(13);
  expect(picturesAsked({ imagesPerPrompt: 4, promptNeighbours: 12 })).toBe(4);
  server = await new FakeServer({ model: 'm' }).start();
  const one = createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'm', environment: {}, contextLength: 16_384 });
  const client = await connectLlm({ servers: [one], log: silentLog });
  const llm = new LlmReasoner({
    client,
    prompts,
    imagesPerPrompt: 13,
    log: silentLog,
    readImage: async () => onePixelPng,
  });
  const twelve = Array.from({ length: 12 }, (_, n) => withPicture(n + 1));
  await llm.preference('visual', 0, twelve, call);
  await llm.property('multimodal', withPicture(0), twelve, call);
  expect(server.calls.map(({ images }) => images.length)).toEqual([12, 13]);
});

test('a server of one picture a prompt is shown the one that matters, and the flag that says so is named', async () => {
  const { llm, warned } = await taking(1, 'At most 1 image(s) may be provided in one prompt.');
  const { value } = await llm.property('visual', withPicture(0), others, call);
  expect(value).not.toBe('');
  expect(server.calls.map(({ images }) => images.length)).toEqual([4, 1]);
  await llm.property('multimodal', withPicture(5), others, call);
  expect(server.calls).toHaveLength(3);
  expect(warned).toEqual([
    expect.stringMatching(/1 of the pictures of a prompt will be shown \(--images-per-prompt 1 says so/),
  ]);
});
