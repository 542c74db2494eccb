import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { IMAGES_PER_PROMPT, LlmReasoner, type Reasoner } from '@agentmmrec/agents';
import { AmrError, integer, type OptionValues, optional, real, text } from '@agentmmrec/core';
import { makeReasoner, reasonerNames } from '@agentmmrec/experiments';
import {
  Budget,
  connectLlm,
  createOllama,
  createOpenAi,
  DEFAULT_FAMILY,
  DEFAULT_OLLAMA_MODEL,
  type LlmServer,
  promptCatalog,
  ResponseCache,
} from '@agentmmrec/llm';
import type { Session } from './session.js';

/** How prompts are worded and illustrated. */
export const promptWords = {
  imagesPerPrompt: integer(IMAGES_PER_PROMPT, {
    min: 1,
    max: IMAGES_PER_PROMPT,
    help: 'the most pictures of one prompt: an item and five neighbours; fewer where a server garbles answers to many',
  }),
  promptFamily: text(DEFAULT_FAMILY, 'wording of the prompts; see agentmmrec prompts show'),
} as const;

/** What tokens cost. */
export const priceOptions = {
  inputPrice: real(0, { min: 0, help: 'money for a million input tokens' }),
  outputPrice: real(0, { min: 0, help: 'money for a million output tokens' }),
} as const;

/** How a language model is reached. Keys come from the environment only (OPENAI_API_KEY). */
export const llmOptions = {
  llmUrl: optional({
    type: 'text',
    help: 'servers of one model, separated by commas; ollama: default OLLAMA_HOST, else 127.0.0.1:11434',
  }),
  llmModel: optional({ type: 'text', help: `the model; ollama: default ${DEFAULT_OLLAMA_MODEL}` }),
  llmSlots: optional({
    type: 'integer',
    min: 1,
    max: 4096,
    help: 'calls in flight a server; default: 2 for ollama, 16 for openai',
  }),
  contextLength: integer(16_384, {
    min: 1024,
    max: 2 ** 20,
    help: 'tokens of prompt and answer together, pinned for the run',
  }),
  callTimeout: integer(240, { min: 1, max: 290, help: 'seconds that one call may take before it is sent again' }),
  ...promptWords,
  maxRequests: optional({ type: 'integer', min: 1, max: 2 ** 31 - 1, help: 'stop before more requests than this' }),
  maxTokens: optional({
    type: 'integer',
    min: 1,
    help: 'stop before more tokens than this, input and output together',
  }),
  maxMoney: optional({ type: 'real', min: 0, help: 'stop before more money than this, by the prices given' }),
  ...priceOptions,
} as const;

export type LlmValues = OptionValues<typeof llmOptions>;

const providers = ['ollama', 'openai'];

/** Every value `--reasoner` takes. */
export const allReasonerNames: readonly string[] = [...reasonerNames, ...providers];

/**
 * The reasoner of that name: one that needs no model, `ollama` or `openai` with the options, or the name that a memory
 * recorded (`ollama qwen2.5vl:7b`).
 * @throws AmrError input for an unknown name; LlmError when a server does not answer
 */
export async function openReasoner(name: string, values: LlmValues, session: Session): Promise<Reasoner> {
  const [provider, recordedModel = null] = name.split(' ');
  if (!isLanguageModel(name)) return makeReasoner(name, providers);
  const model = values.llmModel ?? recordedModel;
  const urls = (values.llmUrl ?? '').split(',').filter(Boolean);
  const servers = provider === 'ollama' ? ollamaServers(urls, model, values) : openAiServers(urls, model, values);
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
    prompts: promptCatalog(),
    family: values.promptFamily,
    imagesPerPrompt: values.imagesPerPrompt,
    timeoutMs: 1000 * values.callTimeout,
  });
}

/** Whether a reasoner of this name has to be reached over the network. */
export function isLanguageModel(name: string): boolean {
  return providers.includes(name.split(' ')[0]);
}

/** Where a workspace keeps the answers of language models. */
export function responsesPath(workspace: string): string {
  return join(workspace, 'llm', 'responses.sqlite');
}

function budgetOf({ maxRequests, maxTokens, maxMoney, inputPrice, outputPrice }: LlmValues): Budget {
  const limits = {
    ...(maxRequests !== null && { requests: maxRequests }),
    ...(maxTokens !== null && { tokens: maxTokens }),
    ...(maxMoney !== null && { money: maxMoney }),
  };
  const priced = inputPrice + outputPrice > 0;
  return new Budget(limits, priced ? { inputPerMillion: inputPrice, outputPerMillion: outputPrice } : null);
}

function ollamaServers(
  urls: readonly string[],
  model: string | null,
  { contextLength, llmSlots }: LlmValues,
): LlmServer[] {
  const hosts = urls.length > 0 ? urls : [process.env.OLLAMA_HOST || '127.0.0.1:11434'];
  return hosts.map((host) =>
    createOllama({
      host,
      contextLength,
      ...(model !== null && { model }),
      ...(llmSlots !== null && { slots: llmSlots }),
    }),
  );
}

function openAiServers(
  urls: readonly string[],
  model: string | null,
  { contextLength, llmSlots }: LlmValues,
): LlmServer[] {
  if (urls.length === 0 || model === null) {
    throw new AmrError({
      what: '--reasoner openai',
      got: urls.length === 0 ? 'no --llm-url' : 'no --llm-model',
      expected: 'a server and a model',
      hint: 'for example --llm-url http://127.0.0.1:8000/v1 --llm-model Qwen/Qwen2.5-VL-7B-Instruct',
    });
  }
  const key = process.env.OPENAI_API_KEY ? { apiKeyName: 'OPENAI_API_KEY' } : {};
  const shared = {
    model,
    environment: process.env,
    contextLength,
    ...key,
    ...(llmSlots !== null && { slots: llmSlots }),
  };
  return urls.map((baseUrl) => createOpenAi({ baseUrl, ...shared }));
}
