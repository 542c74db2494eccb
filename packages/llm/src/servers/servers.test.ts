import { AmrError } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import { llmServerNames, llmServerSchema, llmServers, openServers } from './index.js';

const environment = { OLLAMA_HOST: '127.0.0.1:4711', OPENAI_API_KEY: undefined };

describe.each(Object.values(llmServers).map((kind) => [kind.name, kind] as const))('%s', (name, kind) => {
  test('stands in the record under its own name, and every option says what it is', () => {
    expect(llmServerNames).toContain(name);
    for (const option of Object.values(kind.schema)) expect(option.help).not.toBe('');
  });

  test('opens one server an address, whatever options other kinds have', () => {
    const values = { ...nothingGiven(), llmUrl: 'http://a:1/v1, http://b:2/v1', llmModel: 'm', ofAnotherKind: 3 };
    const servers = openServers(name, values, { environment });
    expect(servers.map((server) => server.name)).toEqual([
      expect.stringContaining('a:1'),
      expect.stringContaining('b:2'),
    ]);
    expect(servers.map(({ provider, model }) => [provider, model])).toEqual([
      [name, 'm'],
      [name, 'm'],
    ]);
  });
});

test('ollama is found where OLLAMA_HOST says, with its default model', () => {
  const [server] = openServers('ollama', nothingGiven(), { environment });
  expect(server.name).toBe('ollama qwen2.5vl:7b at http://127.0.0.1:4711');
  const [local] = openServers('ollama', nothingGiven(), { environment: {} });
  expect(local.name).toContain('127.0.0.1:11434');
});

test('openai needs an address and a model, and says so', () => {
  expect(() => openServers('openai', nothingGiven(), { environment })).toThrow('no --llm-url');
  expect(() => openServers('openai', { llmUrl: 'http://a/v1' }, { environment })).toThrow('no --llm-model');
});

test('an unknown kind is refused with the nearest name', () => {
  expect(() => openServers('olama', {}, { environment })).toThrow(AmrError);
  expect(() => openServers('olama', {}, { environment })).toThrow('did you mean "ollama"?');
});

/** Every option as the command line hands it over when nothing was given. */
function nothingGiven(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(llmServerSchema).map(([name, option]) => [name, 'default' in option ? option.default : undefined]),
  );
}
