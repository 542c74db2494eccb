import { dirname, join } from 'node:path';
import {
  LlmReasoner,
  llmReasonerSchema,
  makeReasoner,
  picturesAsked,
  QueuedReasoner,
  queueSchema,
  type Reasoner,
  reasonerNames,
} from '@agentmmrec/agents';
import { makeFolders, type OptionValues, optional } from '@agentmmrec/core';
import {
  budgetOf,
  clientSchema,
  connectLlm,
  type LlmServer,
  limitsOf,
  llmServerNames,
  llmServerSchema,
  openServers,
  promptCatalog,
  ResponseCache,
} from '@agentmmrec/llm';
import type { Session } from '../session/session.js';

/** How a language model is reached, what it may cost and how it is asked. Keys come from the environment only (OPENAI_API_KEY). */
export const askingOptions = {
  ...llmServerSchema,
  ...clientSchema,
  ...llmReasonerSchema,
  prompts: optional({ type: 'text', help: 'a folder of templates; default: those that ship with agentmmrec' }),
} as const;

/** The same, with the queue that takes questions to workers elsewhere. */
export const llmOptions = { ...askingOptions, ...queueSchema } as const;

export type AskingValues = OptionValues<typeof askingOptions>;
export type LlmValues = OptionValues<typeof llmOptions>;

/** How many neighbours its prompts see, where that is said. */
interface Sampling {
  readonly promptNeighbours?: number | null;
}

/** Every value `--reasoner` takes. */
export const allReasonerNames: readonly string[] = [...reasonerNames, ...llmServerNames];

/**
 * The reasoner of that name: one that needs no model, a kind of LLM server with the options, or the name that a memory
 * recorded (`ollama qwen2.5vl:7b`).
 * @throws AmrError input for an unknown name; LlmError when a server does not answer
 */
export async function openReasoner(name: string, values: LlmValues & Sampling, session: Session): Promise<Reasoner> {
  if (!isLanguageModel(name)) return makeReasoner(name, llmServerNames);
  const { queue, queueName, inFlight } = values;
  if (queue === null) return await openLanguageModel(name, values, session);
  const { log, signal } = session;
  log.info(`waiting for a worker of queue ${queueName}: agentmmrec worker --queue ... --reasoner ${name}`);
  return await QueuedReasoner.open({ queue, queueName, inFlight, limits: limitsOf(values), log, signal });
}

/**
 * A language model that this process asks itself.
 * @param readPicture how pictures are read that are no files here
 * @param cached false: every question is asked, and no answer is kept
 */
export async function openLanguageModel(
  name: string,
  values: AskingValues & Sampling,
  session: Session,
  { readPicture, cached = true }: { readPicture?: (path: string) => Promise<Uint8Array>; cached?: boolean } = {},
): Promise<Reasoner> {
  const client = await connectLlm({
    servers: serversOf(name, values),
    ...(cached && { cache: openCache(session.workspace) }),
    budget: budgetOf(values),
    log: session.log,
    signal: session.signal,
  });
  return new LlmReasoner({
    client,
    prompts: promptCatalog(values.prompts ?? undefined),
    promptFamily: values.promptFamily,
    imagesPerPrompt: picturesAsked(values),
    timeoutMs: 1000 * values.callTimeout,
    log: session.log,
    ...(readPicture && { readImage: readPicture }),
  });
}

/** Asks the servers of a language model whether they have it, and nothing else. @throws LlmError when one does not, or does not answer */
export async function checkLanguageModel(name: string, values: AskingValues, { log, signal }: Session): Promise<void> {
  const client = await connectLlm({ servers: serversOf(name, values), log, signal });
  client.close();
}

function serversOf(name: string, values: AskingValues): LlmServer[] {
  const [kind, recordedModel] = name.split(' ');
  const llmModel = values.llmModel ?? recordedModel ?? null;
  return openServers(kind, { ...values, llmModel }, { environment: process.env });
}

function openCache(workspace: string): ResponseCache {
  const path = responsesPath(workspace);
  makeFolders(dirname(path));
  return new ResponseCache(path);
}

/** Whether a reasoner of this name has to be reached over the network. */
export function isLanguageModel(name: string): boolean {
  return llmServerNames.includes(name.split(' ')[0]);
}

/** Where a workspace keeps the answers of language models. */
export function responsesPath(workspace: string): string {
  return join(workspace, 'llm', 'responses.sqlite');
}
