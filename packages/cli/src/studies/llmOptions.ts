import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LlmReasoner, llmReasonerSchema, type Reasoner } from '@agentmmrec/agents';
import { type OptionValues, optional } from '@agentmmrec/core';
import { makeReasoner, reasonerNames } from '@agentmmrec/experiments';
import {
  budgetOf,
  clientSchema,
  connectLlm,
  llmServerNames,
  llmServerSchema,
  openServers,
  promptCatalog,
  ResponseCache,
} from '@agentmmrec/llm';
import type { Session } from '../session/session.js';

/** How a language model is reached, what it may cost and how it is asked. Keys come from the environment only (OPENAI_API_KEY). */
export const llmOptions = {
  ...llmServerSchema,
  ...clientSchema,
  ...llmReasonerSchema,
  prompts: optional({ type: 'text', help: 'a folder of templates; default: those that ship with agentmmrec' }),
} as const;

export type LlmValues = OptionValues<typeof llmOptions>;

/** Every value `--reasoner` takes. */
export const allReasonerNames: readonly string[] = [...reasonerNames, ...llmServerNames];

/**
 * The reasoner of that name: one that needs no model, a kind of LLM server with the options, or the name that a memory
 * recorded (`ollama qwen2.5vl:7b`).
 * @throws AmrError input for an unknown name; LlmError when a server does not answer
 */
export async function openReasoner(name: string, values: LlmValues, session: Session): Promise<Reasoner> {
  if (!isLanguageModel(name)) return makeReasoner(name, llmServerNames);
  const [kind, recordedModel] = name.split(' ');
  const model = values.llmModel ?? recordedModel ?? null;
  const servers = openServers(kind, { ...values, llmModel: model }, { environment: process.env });
  const path = responsesPath(session.workspace);
  mkdirSync(dirname(path), { recursive: true });
  const client = await connectLlm({
    servers,
    cache: new ResponseCache(path),
    budget: budgetOf(values),
    log: session.log,
    signal: session.signal,
  });
  return new LlmReasoner({
    client,
    prompts: promptCatalog(values.prompts ?? undefined),
    family: values.promptFamily,
    imagesPerPrompt: values.imagesPerPrompt,
    timeoutMs: 1000 * values.callTimeout,
  });
}

/** Whether a reasoner of this name has to be reached over the network. */
export function isLanguageModel(name: string): boolean {
  return llmServerNames.includes(name.split(' ')[0]);
}

/** Where a workspace keeps the answers of language models. */
export function responsesPath(workspace: string): string {
  return join(workspace, 'llm', 'responses.sqlite');
}
