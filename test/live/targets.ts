import { createOllama, createOpenAi } from '@agentmmrec/llm';
import type { Target } from './check.js';

const CONTEXT_LENGTH = 4096;
/** One after the other: calls find the beginning of their prompt read. */
const SLOTS = 1;

function ollamaTarget(host: () => string, model: string, seesImages: boolean): Target {
  return {
    name: `${model} over Ollama's own API`,
    api: 'ollama',
    model,
    seesImages,
    open: (options) =>
      createOllama({ host: host(), llmModel: model, contextLength: CONTEXT_LENGTH, llmSlots: SLOTS, ...options }),
  };
}

function openAiTarget(baseUrl: () => string, model: string, seesImages: boolean, key?: string): Target {
  return {
    name: `${model} over /v1`,
    api: 'openai',
    model,
    seesImages,
    open: (options) =>
      createOpenAi({
        baseUrl: baseUrl(),
        llmModel: model,
        environment: { OPENAI_API_KEY: key },
        ...(key && { apiKeyName: 'OPENAI_API_KEY' }),
        seesImages,
        contextLength: CONTEXT_LENGTH,
        llmSlots: SLOTS,
        ...options,
      }),
  };
}

/** The two models of a server of our own, each over both protocols, one after the other: the second finds the prompt read. */
export function ownTargets(server: { readonly host: string }): Target[] {
  const [host, baseUrl] = [() => server.host, () => `${server.host}/v1`];
  return [
    ollamaTarget(host, 'text', false),
    openAiTarget(baseUrl, 'text', false),
    ollamaTarget(host, 'vision', true),
    openAiTarget(baseUrl, 'vision', true),
  ];
}

/** Servers that the environment names. Whether a model over /v1 sees pictures nobody says: it is asked about texts. */
export async function givenTargets(environment: NodeJS.ProcessEnv): Promise<Target[]> {
  const { OLLAMA_HOST, OLLAMA_MODEL, OPENAI_BASE_URL, OPENAI_MODEL, OPENAI_API_KEY } = environment;
  const targets: Target[] = [];
  if (OLLAMA_HOST) {
    const address = OLLAMA_HOST.includes('://') ? OLLAMA_HOST : `http://${OLLAMA_HOST}`;
    const tags = (await (await fetch(`${address}/api/tags`)).json()) as { models: { name: string }[] };
    const model = OLLAMA_MODEL ?? tags.models[0]?.name;
    if (model === undefined) throw new Error(`the server at ${OLLAMA_HOST} has no model: ollama pull one`);
    const shown = await fetch(`${address}/api/show`, { method: 'POST', body: JSON.stringify({ model }) });
    const { capabilities = [] } = (await shown.json()) as { capabilities?: string[] };
    targets.push(ollamaTarget(() => OLLAMA_HOST, model, capabilities.includes('vision')));
  }
  if (OPENAI_BASE_URL && OPENAI_MODEL)
    targets.push(openAiTarget(() => OPENAI_BASE_URL, OPENAI_MODEL, false, OPENAI_API_KEY));
  return targets;
}
