// Plain fetch and zod: the `openai` package needs Node 22 and would nest its own retries inside ours; the protocol is one POST.

import { AmrError, libraryWhenUsed, whenUsed } from '@agentmmrec/core';
import type * as Zod from 'zod';
import type { LlmServer, WireAnswer, WireRequest } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';
import { readLlmOption } from './llmOption.js';
import { completionBody, type Dialect, learnFrom, newDialect } from './openaiDialect.js';
import { addressesOf, defineServer, serverOptions, usual } from './serverKind.js';
import { countOf, spokenText, textOf } from './spokenText.js';
import { Transport } from './transport.js';

/** Name of the variable that may hold the key. */
const API_KEY = 'OPENAI_API_KEY';

/** Any server that speaks OpenAI's chat completions. */
export const openai = defineServer({
  name: 'openai',
  schema: serverOptions,
  open({ llmUrl, llmModel, llmSlots, contextLength, llmOption }, { environment, fetch }) {
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
      llmModel,
      environment,
      contextLength,
      further: readLlmOption(llmOption),
      fetch,
      ...(environment[API_KEY] && { apiKeyName: API_KEY }),
      ...(llmSlots !== null && { llmSlots }),
    };
    return addresses.map((baseUrl) => createOpenAi({ baseUrl, ...shared }));
  },
});

/** How an OpenAI-compatible server is reached. */
export interface OpenAiOptions {
  /** up to and including the version: `https://api.openai.com/v1`, `http://127.0.0.1:8000/v1` */
  readonly baseUrl: string;
  readonly llmModel: string;
  /** where the key is looked up; the process environment, handed over by the command line */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** name of the variable with the key; without it no key is sent (vLLM and SGLang need none) */
  readonly apiKeyName?: string;
  /** default true: the protocol cannot ask a server whether its model sees images */
  readonly seesImages?: boolean;
  /** what the server was started with, to check prompts before sending; null lets the server decide. Default null */
  readonly contextLength?: number | null;
  /** calls in flight; default: as `usual` says */
  readonly llmSlots?: number;
  /** the other name is tried where a server refuses this one. Default `max_tokens` */
  readonly outputLimitField?: 'max_tokens' | 'max_completion_tokens';
  /** further fields of every request */
  readonly further?: Readonly<Record<string, unknown>>;
  /** For tests: in place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

const zod = libraryWhenUsed<typeof Zod>('zod', import.meta.url);
const modelList = whenUsed(() => zod().object({ data: zod().array(zod().object({ id: zod().string() })) }));
const completion = whenUsed(() => {
  const z = zod();
  const toolCall = z.object({ function: z.object({ arguments: z.unknown().optional() }).nullish() });
  return z.object({
    choices: z
      .array(
        z.object({
          finish_reason: z.string().nullish(),
          message: z.object({
            content: z.unknown().optional(),
            refusal: z.string().nullish(),
            reasoning_content: z.unknown().optional(),
            reasoning: z.unknown().optional(),
            tool_calls: z.array(toolCall).nullish().catch(null),
          }),
        }),
      )
      .min(1),
    usage: z
      .object({ prompt_tokens: z.unknown().optional(), completion_tokens: z.unknown().optional() })
      .nullish()
      .catch(null),
    system_fingerprint: z.string().nullish().catch(null),
  });
});

/** Requests that may be needed until a server's way of speaking is known; each refusal teaches one thing. */
const MOST_LESSONS = 8;

/** A model on any server that speaks OpenAI's chat completions: vLLM, SGLang, llama.cpp, GPT-4o, Ollama's `/v1`. */
export function createOpenAi(options: OpenAiOptions): LlmServer {
  const key = readKey(options);
  const name = `openai ${options.llmModel} at ${hostOf(options.baseUrl)}`;
  const transport = new Transport({
    what: name,
    baseUrl: options.baseUrl,
    fetch: options.fetch ?? globalThis.fetch,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    secrets: key === undefined ? [] : [key],
  });
  const { further = {} } = options;
  let dialect = newDialect(options.outputLimitField);
  const speak = async (spoken: Dialect, request: WireRequest, signal: AbortSignal): Promise<WireAnswer> => {
    const body = JSON.stringify({ ...completionBody(options.llmModel, spoken, request), ...further });
    return readCompletion(
      read(completion(), await transport.json('/chat/completions', { method: 'POST', body, signal }), name),
      name,
    );
  };
  return {
    name,
    provider: 'openai',
    model: options.llmModel,
    slots: options.llmSlots ?? usual.openai.llmSlots,
    contextLength: options.contextLength ?? null,
    // Behind the protocol may be an Ollama.
    cutsSilently: true,
    settings: { contextLength: options.contextLength ?? null, ...(Object.keys(further).length > 0 && { further }) },
    async identity(signal) {
      const listed = await listModels(transport, name, signal);
      if (listed.length > 0 && !listed.some((id) => isNamed(id, options.llmModel)))
        throw missingModel(name, options.llmModel, listed);
      return {
        provider: 'openai',
        model: options.llmModel,
        modelDigest: options.llmModel,
        serverVersion: '',
        // The protocol names a model, not its weights.
        reproducible: false,
        seesImages: options.seesImages ?? true,
      };
    },
    async complete(request, signal) {
      for (let lessons = 0; ; lessons++) {
        // Other calls may have learnt something since this one was sent.
        const spoken = dialect;
        try {
          const answer = await speak(spoken, request, signal);
          if (!answer.thoughtOnly || spoken.withoutThinking) return { ...answer, ...notesOf(name, spoken) };
          dialect = { ...dialect, withoutThinking: true };
        } catch (thrown) {
          const learnt = lessons < MOST_LESSONS ? learnFrom(thrown, spoken) : null;
          if (learnt === null) throw thrown;
          dialect = { ...dialect, ...learnt };
        }
      }
    },
  };
}

/** What people should know of a server's dialect. */
function notesOf(name: string, { schema }: Dialect): Pick<WireAnswer, 'notes'> {
  if (schema === 'bounded' || schema === 'unbounded') return {};
  return { notes: [`${name} takes no JSON schema: the form of answers is asked for in words, and checked as ever`] };
}

/** Names of the models; empty where the server does not list any, which says nothing about those it has. */
async function listModels(transport: Transport, name: string, signal: AbortSignal): Promise<string[]> {
  try {
    return read(modelList(), await transport.json('/models', { method: 'GET', signal }), name).data.map(({ id }) => id);
  } catch (thrown) {
    const silent = thrown instanceof LlmError && ['notFound', 'refused', 'protocol'].includes(thrown.fault);
    if (silent) return [];
    throw thrown;
  }
}

/** Whether a listed name is the model: Ollama lists `name:latest` for `name`. */
function isNamed(listed: string, model: string): boolean {
  return listed === model || listed === `${model}:latest`;
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

function readCompletion(answer: Zod.infer<ReturnType<typeof completion>>, name: string): WireAnswer {
  const [{ message, finish_reason }] = answer.choices;
  if (message.refusal || finish_reason === 'content_filter') {
    const got = message.refusal
      ? `a refusal: ${message.refusal.slice(0, 200)}`
      : 'an answer held back by a content filter';
    throw new LlmError({ fault: 'refused', what: name, got, expected: 'an answer' });
  }
  const finish = finish_reason === 'length' ? 'length' : 'stop';
  const called = (message.tool_calls ?? []).map((call) => argumentsOf(call.function?.arguments)).join('');
  const thought = textOf(message.reasoning_content) || textOf(message.reasoning);
  return {
    ...spokenText({ text: textOf(message.content), called, thought, finish }),
    usage: {
      inputTokens: countOf(answer.usage?.prompt_tokens),
      outputTokens: countOf(answer.usage?.completion_tokens),
    },
    finish,
    fingerprint: answer.system_fingerprint ?? '',
  };
}

function argumentsOf(told: unknown): string {
  return typeof told === 'string' ? told : told === undefined ? '' : JSON.stringify(told);
}

function read<T>(schema: Zod.ZodType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new LlmError({
    fault: 'protocol',
    what: name,
    got: `a reply of another shape (${issue.path.join('.')}: ${issue.message})`,
    expected: 'the OpenAI protocol',
  });
}

function missingModel(name: string, model: string, listed: readonly string[]): LlmError {
  const got = `a server with ${listed.slice(0, 8).join(', ')}`;
  return new LlmError({ fault: 'notFound', what: name, got, expected: `the model ${model}` });
}
