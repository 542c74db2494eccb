import { integer, type OptionSchema, type OptionValues, optional } from '@agentmmrec/core';
import type { LlmServer } from '../contract/contract.js';

/** What the kinds take where nothing is said: the help of the shared options names it. */
export const usual = {
  ollama: { host: '127.0.0.1:11434', llmModel: 'qwen2.5vl:7b', llmSlots: 2 },
  openai: { llmSlots: 16 },
} as const;

/** What every kind of server can be told; a kind spreads it into its schema and adds its own. */
export const serverOptions = {
  llmUrl: optional({
    type: 'text',
    help: `servers of one model, separated by commas; ollama: default OLLAMA_HOST, else ${usual.ollama.host}`,
  }),
  llmModel: optional({ type: 'text', help: `the model; ollama: default ${usual.ollama.llmModel}` }),
  llmSlots: optional({
    type: 'integer',
    min: 1,
    max: 4096,
    help: `calls in flight a server; default ${usual.ollama.llmSlots} for ollama, ${usual.openai.llmSlots} for openai`,
  }),
  contextLength: integer(16_384, {
    min: 1024,
    max: 2 ** 20,
    help: 'tokens of prompt and answer together, pinned for the run',
  }),
  llmOption: optional({
    type: 'text',
    help: 'further fields of every request, key=value parted by commas, or JSON; ollama: its options, for example repeat_penalty=1.1',
  }),
} as const;

/** What a server may look at besides its options. */
export interface ServerSurroundings {
  /** where keys and default addresses are looked up: the process environment, handed over by the command line */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** for tests */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * A kind of LLM server: its name on the command line, its options, and how it is opened. One file exports one, and one line of
 * `servers/index.ts` makes it known; retries, limits, budget and cache stand above all of them.
 */
export interface LlmServerKind<S extends OptionSchema = OptionSchema> {
  readonly name: string;
  readonly schema: S;
  /** One server for each address of `llmUrl`. Nothing is sent yet. @throws AmrError input: an address or key that cannot be */
  open(values: OptionValues<S>, surroundings: ServerSurroundings): LlmServer[];
}

/** Keeps the option types of a definition. */
export function defineServer<const S extends OptionSchema>(kind: LlmServerKind<S>): LlmServerKind<S> {
  return kind;
}

/** The addresses of an `llmUrl`. */
export function addressesOf(llmUrl: string | null): string[] {
  return (llmUrl ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter(Boolean);
}
