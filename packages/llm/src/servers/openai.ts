// Plain fetch and zod: the `openai` package needs Node 22 and would nest its own retries inside ours; the protocol is one POST.

import { AmrError } from '@agentmmrec/core';
import { z } from 'zod';
import type { LlmServer, WireAnswer, WireRequest, WireTurn } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';
import { addressesOf, defineServer, serverOptions } from './serverKind.js';
import { Transport } from './transport.js';

/** Name of the variable that may hold the key. */
const API_KEY = 'OPENAI_API_KEY';

/** Any server that speaks OpenAI's chat completions. */
export const openai = defineServer({
  name: 'openai',
  schema: serverOptions,
  open({ llmUrl, llmModel, llmSlots, contextLength }, { environment, fetch }) {
    const addresses = addressesOf(llmUrl);
    if (addresses.length === 0 || llmModel === null) {
      throw new AmrError({
        what: '--reasoner openai',
        got: addresses.length === 0 ? 'no --llm-url' : 'no --llm-model',
        expected: 'a server and a model',
        hint: 'for example --llm-url http://127.0.0.1:8000/v1 --llm-model Qwen/Qwen2.5-VL-7B-Instruct',
      });
    }
    const shared = {
      model: llmModel,
      environment,
      contextLength,
      fetch,
      ...(environment[API_KEY] && { apiKeyName: API_KEY }),
      ...(llmSlots !== null && { slots: llmSlots }),
    };
    return addresses.map((baseUrl) => createOpenAi({ baseUrl, ...shared }));
  },
});

/** How an OpenAI-compatible server is reached. */
export interface OpenAiOptions {
  /** up to and including the version: `https://api.openai.com/v1`, `http://127.0.0.1:8000/v1` */
  readonly baseUrl: string;
  readonly model: string;
  /** where the key is looked up; the process environment, handed over by the command line */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** name of the variable with the key; without it no key is sent (vLLM and SGLang need none) */
  readonly apiKeyName?: string;
  /** default true: the protocol cannot ask a server whether its model sees images */
  readonly seesImages?: boolean;
  /** what the server was started with, to check prompts before sending; null lets the server decide. Default null */
  readonly contextLength?: number | null;
  /** calls in flight. Default 16 */
  readonly slots?: number;
  /** `max_completion_tokens` on OpenAI's newer models. Default `max_tokens` */
  readonly outputLimitField?: 'max_tokens' | 'max_completion_tokens';
  /** For tests: in place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });
const completion = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
  system_fingerprint: z.string().nullish(),
});

/** A model on any server that speaks OpenAI's chat completions: vLLM, SGLang, llama.cpp, GPT-4o. */
export function createOpenAi(options: OpenAiOptions): LlmServer {
  const key = readKey(options);
  const name = `openai ${options.model} at ${hostOf(options.baseUrl)}`;
  const transport = new Transport({
    what: name,
    baseUrl: options.baseUrl,
    fetch: options.fetch ?? globalThis.fetch,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    secrets: key === undefined ? [] : [key],
  });
  const limitField = options.outputLimitField ?? 'max_tokens';
  return {
    name,
    provider: 'openai',
    model: options.model,
    slots: options.slots ?? 16,
    contextLength: options.contextLength ?? null,
    settings: { contextLength: options.contextLength ?? null },
    async identity(signal) {
      const { data } = read(modelList, await transport.json('/models', { method: 'GET', signal }), name);
      if (!data.some((model) => model.id === options.model)) throw missingModel(name, options.model, data);
      return {
        provider: 'openai',
        model: options.model,
        modelDigest: options.model,
        serverVersion: '',
        // The protocol names a model, not its weights.
        reproducible: false,
        seesImages: options.seesImages ?? true,
      };
    },
    async complete(request, signal) {
      const body = JSON.stringify(completionRequest(options.model, limitField, request));
      const answer = await transport.json('/chat/completions', { method: 'POST', body, signal });
      return readCompletion(read(completion, answer, name), name);
    },
  };
}

function readKey({ environment, apiKeyName }: OpenAiOptions): string | undefined {
  if (apiKeyName === undefined) return undefined;
  const key = environment[apiKeyName]?.trim();
  if (key) return key;
  throw new AmrError({
    what: `API key ${apiKeyName}`,
    got: 'no such environment variable',
    expected: 'the key of the LLM server',
    hint: `export ${apiKeyName}=… before the command; keys are read from the environment only`,
  });
}

function hostOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : baseUrl;
}

function completionRequest(model: string, limitField: string, request: WireRequest) {
  const { temperature, seed, maxOutputTokens, topK, stop } = request.sampling;
  return {
    model,
    messages: [{ role: 'system', content: request.system }, ...request.turns.map(message)],
    temperature,
    seed,
    [limitField]: maxOutputTokens,
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(stop === undefined ? {} : { stop }),
    response_format: {
      type: 'json_schema',
      json_schema: { name: request.schemaName, strict: true, schema: request.jsonSchema },
    },
    stream: false,
  };
}

function message(turn: WireTurn) {
  if (turn.images.length === 0) return { role: turn.role, content: turn.text };
  const images = turn.images.map((image) => ({
    type: 'image_url',
    image_url: { url: `data:${image.mediaType};base64,${image.base64}` },
  }));
  return { role: turn.role, content: [{ type: 'text', text: turn.text }, ...images] };
}

function readCompletion(answer: z.infer<typeof completion>, name: string): WireAnswer {
  const [{ message, finish_reason }] = answer.choices;
  if (message.refusal || finish_reason === 'content_filter') {
    const got = message.refusal
      ? `a refusal: ${message.refusal.slice(0, 200)}`
      : 'an answer held back by a content filter';
    throw new LlmError({ fault: 'refused', what: name, got, expected: 'an answer' });
  }
  return {
    text: message.content ?? '',
    usage: { inputTokens: answer.usage?.prompt_tokens ?? 0, outputTokens: answer.usage?.completion_tokens ?? 0 },
    finish: finish_reason === 'length' ? 'length' : 'stop',
    fingerprint: answer.system_fingerprint ?? '',
  };
}

function read<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new LlmError({
    fault: 'crashed',
    what: name,
    got: `a reply of another shape (${issue.path.join('.')}: ${issue.message})`,
    expected: 'the OpenAI protocol',
  });
}

function missingModel(name: string, model: string, data: readonly { id: string }[]): LlmError {
  const known = data.slice(0, 8).map((candidate) => candidate.id);
  const got = known.length === 0 ? 'a server without models' : `a server with ${known.join(', ')}`;
  return new LlmError({ fault: 'notFound', what: name, got, expected: `the model ${model}` });
}
