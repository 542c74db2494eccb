import { FakeServer, type PlainReply, type ReceivedCall } from '@agentmmrec/fakellm';
import { connectLlm, createOpenAi } from '@agentmmrec/llm';
import { afterEach, expect, test } from '@jest/globals';
import { call, item, prompts } from '../testing/loopbackReasoner.js';
import { LlmReasoner } from './llmReasoner.js';

let server: FakeServer;
afterEach(() => server.stop());

/** A server that refuses prompts beyond so many characters in its own words. */
async function refusing(most: number, words: string) {
  const long = ({ system, turns }: ReceivedCall) => system.length + turns.join('').length > most;
  const reply = (received: ReceivedCall): PlainReply | null =>
    long(received) ? { status: 400, body: { error: { message: words } } } : null;
  server = await new FakeServer({ model: 'm', reply }).start();
  const warned: string[] = [];
  const log = {
    info() {},
    warn: (line: string) => void warned.push(line),
    progress: () => ({ update() {}, end() {} }),
  };
  const one = createOpenAi({ baseUrl: `${server.host}/v1`, llmModel: 'm', environment: {}, contextLength: 16_384 });
  const client = await connectLlm({ servers: [one], log });
  return { llm: new LlmReasoner({ client, prompts, log }), client, warned };
}

const wordy = (id: number) => item(id, { description: 'a long story of clay and glaze '.repeat(60) });
const others = [1, 2, 3, 4, 5].map(wordy);

test('a server that names a smaller context is believed: texts are cut, said once, and later prompts fit at once', async () => {
  const { llm, client, warned } = await refusing(5200, "This model's maximum context length is 2048 tokens.");
  const { record } = await llm.property('text', wordy(0), others, call);
  expect(record.repairs).toEqual([expect.stringMatching(/^texts were cut to \d+ %/)]);
  expect(server.calls).toHaveLength(2);
  expect(client.contextLength).toBe(2048);
  await llm.property('text', wordy(9), others, call);
  expect(server.calls).toHaveLength(3);
  expect(warned).toEqual([
    expect.stringMatching(/takes 2048 tokens of prompt and answer, not 16384: .*--context-length 2048/),
  ]);
});

test('one that names none is asked with less, for this question alone', async () => {
  const { llm, client } = await refusing(5200, 'the input length exceeds the context length');
  const { record } = await llm.property('text', wordy(0), others, call);
  expect(record.repairs).toEqual([expect.stringMatching(/^texts were cut to \d+ %/)]);
  expect(client.contextLength).toBe(16_384);
});

test('one that refuses whatever is asked is told in its own words', async () => {
  const { llm } = await refusing(0, 'the input length exceeds the context length');
  await expect(llm.property('text', wordy(0), others, call)).rejects.toMatchObject({
    fault: 'contextTooLong',
    got: 'status 400: the input length exceeds the context length',
  });
  expect(server.calls.length).toBeLessThanOrEqual(3);
});
