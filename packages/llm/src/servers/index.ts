import { AmrError, nearestName, type OptionSchema, readOptions } from '@agentmmrec/core';
import type { LlmServer } from '../contract/contract.js';
import { ollama } from './ollama.js';
import { openai } from './openai.js';
import type { LlmServerKind, ServerSurroundings } from './serverKind.js';

/** Every kind of LLM server by its name: the command line and its help read this record. */
export const llmServers = { ollama, openai } as const;

/** The names of all kinds of server. */
export const llmServerNames: readonly string[] = Object.keys(llmServers);

/** The options of all kinds together: what two kinds share they name alike. */
export const llmServerSchema = { ...ollama.schema, ...openai.schema } as const;

/**
 * Opens servers of a kind with values for its options; values that belong to other kinds are left aside.
 * @throws AmrError input: an unknown kind, a wrong value
 */
export function openServers(
  name: string,
  values: Readonly<Record<string, unknown>>,
  surroundings: ServerSurroundings,
): LlmServer[] {
  const kinds: Readonly<Record<string, LlmServerKind<OptionSchema>>> = llmServers;
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : null;
  if (kind === null) {
    const near = nearestName(name, llmServerNames);
    throw new AmrError({
      what: 'kind of LLM server',
      got: `"${name}"`,
      expected: llmServerNames.join(', '),
      hint: near ? `did you mean "${near}"?` : 'name one of these',
    });
  }
  const own = Object.fromEntries(Object.entries(values).filter(([option]) => Object.hasOwn(kind.schema, option)));
  return kind.open(readOptions(`LLM server ${name}`, kind.schema, own), surroundings);
}
