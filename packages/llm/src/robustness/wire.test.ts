import { expect, test } from '@jest/globals';
import { z } from 'zod';
import type { GenerateRequest, LlmServer, WireImage } from '../contract/contract.js';
import { cacheKey, wireRequest } from './wire.js';

const identity = { provider: 'p', model: 'm', modelDigest: 'd', serverVersion: '1', reproducible: true };
const request: GenerateRequest<unknown> = {
  task: 'a task',
  system: 's',
  parts: [{ type: 'text', text: 't' }],
  schema: { name: 'n', strict: z.object({ word: z.string() }) },
  sampling: { temperature: 0, seed: 1, maxOutputTokens: 9 },
  template: { id: 'i', hash: 'h' },
};
const server = { settings: { num_ctx: 4096 }, name: 'at one host' } as unknown as LlmServer;
const image: WireImage = {
  mediaType: 'image/jpeg',
  base64: 'aaaa',
  digest: 'digest of the bytes sent',
  width: 96,
  height: 96,
};
const none = { images: [], remarks: [] };

const key = (
  changes: {
    identity?: object;
    server?: object;
    request?: object;
    shown?: Parameters<typeof wireRequest>[1];
    state?: object;
  } = {},
) => {
  const asked = { ...request, ...changes.request };
  const wire = wireRequest(asked, changes.shown ?? none, 0, null);
  const state = { attempt: 0, level: 0, ...changes.state };
  return cacheKey(
    { ...identity, ...changes.identity },
    { ...server, ...changes.server } as LlmServer,
    asked,
    wire,
    state,
  );
};

test.each([
  ['provider', { identity: { provider: 'q' } }],
  ['model digest', { identity: { modelDigest: 'e' } }],
  ['server version', { identity: { serverVersion: '2' } }],
  ['context length', { server: { settings: { num_ctx: 8192 } } }],
  ['attempt', { state: { attempt: 1 } }],
  ['image level', { state: { level: 1 } }],
  ['template hash', { request: { template: { id: 'i', hash: 'other' } } }],
  ['image', { shown: { images: [{ label: 'P1', image }], remarks: [] } }],
  ['stop words', { request: { sampling: { ...request.sampling, stop: ['x'] } } }],
])('the key changes with the %s', (_what, changes) => {
  expect(key(changes)).not.toBe(key());
});

test('and not with the host, the task’s name, the time limit or how an image is carried', () => {
  expect(key({ server: { name: 'at another host' } })).toBe(key());
  expect(key({ request: { task: 'b', timeoutMs: 5, signal: new AbortController().signal } })).toBe(key());
  const shown = (base64: string) => ({ images: [{ label: 'P1', image: { ...image, base64 } }], remarks: [] });
  expect(key({ shown: shown('bbbb') })).toBe(key({ shown: shown('cccc') }));
});
