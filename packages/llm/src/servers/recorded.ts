import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digest, libraryWhenUsed, makeFolders, whenUsed } from '@agentmmrec/core';
import type * as Zod from 'zod';
import type { LlmServer, ModelIdentity, WireRequest } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';

const zod = libraryWhenUsed<typeof Zod>('zod', import.meta.url);
const identityShape = whenUsed(() => {
  const z = zod();
  return z.object({
    provider: z.string(),
    model: z.string(),
    modelDigest: z.string(),
    serverVersion: z.string(),
    reproducible: z.boolean(),
    seesImages: z.boolean(),
  });
});
const fixtureShape = whenUsed(() => {
  const z = zod();
  const answer = z.object({
    text: z.string(),
    usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
    finish: z.enum(['stop', 'length']),
    fingerprint: z.string(),
  });
  return z.object({ request: z.unknown(), answer });
});

/** The name of a request's fixture: images count by their digest, so a fixture holds no pixels. */
function fixtureName(request: WireRequest): string {
  return `${digest(withoutPixels(request))}.json`;
}

/** A model that repeats recorded answers from `directory`. A request without a fixture is an error, never a guess. */
export function createRecorded(options: {
  directory: string;
  slots?: number;
  contextLength?: number | null;
}): LlmServer {
  const { directory } = options;
  const name = `recorded ${directory}`;
  return {
    name,
    provider: 'recorded',
    model: 'recorded',
    slots: options.slots ?? 8,
    contextLength: options.contextLength ?? null,
    settings: {},
    async identity() {
      const recorded = identityShape().parse(JSON.parse(await readFixture(join(directory, 'identity.json'), name)));
      return { ...recorded, provider: 'recorded' };
    },
    async complete(request) {
      const text = await readFixture(join(directory, fixtureName(request)), name);
      return fixtureShape().parse(JSON.parse(text)).answer;
    },
  };
}

/** Passes calls on to `server` and writes each answer into `directory` for `createRecorded`. */
export function recordInto(directory: string, server: LlmServer): LlmServer {
  return {
    ...server,
    async identity(signal) {
      const identity: ModelIdentity & { seesImages: boolean } = await server.identity(signal);
      await writeFixture(directory, 'identity.json', identity);
      return identity;
    },
    async complete(request, signal) {
      const answer = await server.complete(request, signal);
      await writeFixture(directory, fixtureName(request), { request: withoutPixels(request), answer });
      return answer;
    },
  };
}

function withoutPixels(request: WireRequest): unknown {
  const turns = request.turns.map((turn) => ({ ...turn, images: turn.images.map((image) => image.digest) }));
  return { ...request, turns };
}

async function readFixture(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new LlmError({
      fault: 'notFound',
      what: name,
      got: `no file ${path}`,
      expected: 'a recorded answer for this very request',
      hint: 'record it again from a real server: the prompt, the schema or the sampling changed',
      cause,
    });
  }
}

async function writeFixture(directory: string, file: string, content: unknown): Promise<void> {
  makeFolders(directory);
  const temporary = join(directory, `.${file}.${process.pid}`);
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`);
  await rename(temporary, join(directory, file));
}
