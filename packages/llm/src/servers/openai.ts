// Plain fetch and zod: the `openai` package needs Node 22 and would nest its own retries inside ours; the protocol is one POST.

import { AmrError, libraryWhenUsed, whenUsed } from '@agentmmrec/core';
import type * as Zod from 'zod';
import type { LlmServer, WireAnswer, WireRequest } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';
import { errorOf, statusOf, wordsOf } from './errorReply.js';
import { completionOf } from './eventStream.js';
import { FILTERED } from './faults.js';
import { readLlmOption } from './llmOption.js';
import { completionBody, type Dialect, learnFrom, newDialect, thinkingLess } from './openaiDialect.js';
import { withoutSchema } from './schemaInWords.js';
import { keywordsAfter, withoutKeywordsNote } from './schemaKeywords.js';
import { addressesOf, defineServer, serverOptions, usual } from './serverKind.js';
import { SilentGrammar } from './silentGrammar.js';
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
  const call = z.object({ arguments: z.unknown().optional() });
  const message = z.object({
    content: z.unknown().optional(),
    refusal: z.string().nullish().catch(null),
    reasoning_content: z.unknown().optional(),
    reasoning: z.unknown().optional(),
    tool_calls: z
      .array(z.object({ function: call.nullish() }))
      .nullish()
      .catch(null),
    function_call: call.nullish().catch(null),
  });
  const choice = z.object({
    finish_reason: z.string().nullish().catch(null),
    native_finish_reason: z.string().nullish().catch(null),
    message: message.nullish(),
    text: z.unknown().optional(),
  });
  return z.object({
    choices: z.array(choice).nullable(),
    usage: z
      .object({ prompt_tokens: z.unknown().optional(), completion_tokens: z.unknown().optional() })
      .nullish()
      .catch(null),
    system_fingerprint: z.string().nullish().catch(null),
  });
});

/** Requests that may be needed until a server's way of speaking is known; each refusal teaches one thing. */
const MOST_LESSONS = 12;

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
  const silentGrammar = new SilentGrammar();
  const speak = async (spoken: Dialect, request: WireRequest, signal: AbortSignal): Promise<WireAnswer> => {
    const body = JSON.stringify({ ...completionBody(options.llmModel, spoken, request), ...further });
    const reply = await transport.json('/chat/completions', { method: 'POST', body, signal });
    return readCompletion(read(completion(), completionIn(reply, transport), name), name);
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
      const tells = listed.length > 0 && !listsDeployments(options.baseUrl);
      if (tells && !listed.some((id) => isNamed(id, options.llmModel)))
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
          const less = answer.thoughtOnly && lessons < MOST_LESSONS ? thinkingLess(spoken) : null;
          if (less === null) {
            const inWords = { ...spoken, schema: 'words' } as const;
            const other =
              spoken.schema === 'words'
                ? null
                : await silentGrammar.instead(answer, () => speak(inWords, request, signal));
            if (other !== null) {
              if (other.forGood) dialect = { ...dialect, schema: 'words' };
              return { ...other.answer, ...notesOf(name, inWords) };
            }
            const heard = heardOf(spoken, request, answer);
            if (heard !== spoken) dialect = { ...dialect, withoutKeywords: heard.withoutKeywords };
            return { ...answer, ...notesOf(name, heard) };
          }
          if (dialect.thinking === spoken.thinking) dialect = { ...dialect, ...less };
        } catch (thrown) {
          const held = heldBackAnswer(thrown);
          if (held) return { ...held, ...notesOf(name, spoken) };
          const learnt = lessons < MOST_LESSONS ? learnFrom(thrown, spoken, request) : null;
          if (learnt === null) throw thrown;
          dialect = { ...dialect, ...learnt };
        }
      }
    },
  };
}

/** The dialect of a server whose answer repeats what the schema that was sent wants different. */
function heardOf(spoken: Dialect, { jsonSchema }: WireRequest, { text }: WireAnswer): Dialect {
  if (spoken.schema !== 'schema') return spoken;
  const withoutKeywords = keywordsAfter(text, jsonSchema, spoken.withoutKeywords);
  return withoutKeywords === spoken.withoutKeywords ? spoken : { ...spoken, withoutKeywords };
}

/** What people should know of a server's dialect. */
function notesOf(name: string, { schema, withoutKeywords }: Dialect): Pick<WireAnswer, 'notes'> {
  if (schema !== 'schema') return { notes: [withoutSchema(name)] };
  return withoutKeywords.length === 0 ? {} : { notes: [withoutKeywordsNote(name, withoutKeywords)] };
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

/** Whether a listed name is the model: Ollama lists `name:latest` for `name`, Google `models/name`, OpenRouter `name` for `name:nitro`. */
function isNamed(listed: string, model: string): boolean {
  return [model, `${model}:latest`, `models/${model}`, model.replace(/:[a-z]+$/, '')].includes(listed);
}

/** Azure lists models, and answers to the names that people give their deployments. */
function listsDeployments(baseUrl: string): boolean {
  return URL.canParse(baseUrl) && new URL(baseUrl).hostname.endsWith('.azure.com');
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

/** The completion in a reply: what its events add up to, or the reply itself. @throws LlmError for an error told with status 200 */
function completionIn(reply: unknown, transport: Transport): unknown {
  const isStream = Array.isArray(reply) && errorOf(reply) === null;
  const { completion, ended } = isStream ? completionOf(reply) : { completion: reply, ended: true };
  const choices: unknown = Reflect.get(Object(completion), 'choices');
  const error = errorOf(completion) ?? errorOf(choices) ?? messageAlone(completion);
  const answered = Array.isArray(choices) && choices.length > 0 && errorOf(choices) === null;
  if (error !== null && !answered) throw transport.told(statusOf(error) ?? 200, { message: wordsOf(error) });
  if (ended) return completion;
  const got = 'a stream that ended early';
  throw new LlmError({ fault: 'network', what: transport.what, got, expected: 'its last event' });
}

/** A reply that is an error itself: words of its own in place of choices. */
function messageAlone(completion: unknown): unknown {
  const told = Object(completion) as Record<string, unknown>;
  return told.choices === undefined && typeof told.message === 'string' && told.message !== '' ? told : null;
}

/** An error that tells of an answer: one that the server checked and held back, or one that a filter took. */
function heldBackAnswer(thrown: unknown): WireAnswer | null {
  if (!(thrown instanceof LlmError) || thrown.fault !== 'refused') return null;
  const nothing = { usage: { inputTokens: null, outputTokens: null }, finish: 'stop', fingerprint: '' } as const;
  if (thrown.answer !== null) return { ...nothing, text: thrown.answer };
  return FILTERED.test(thrown.got) ? { ...nothing, text: '', withheld: FILTERED_AWAY } : null;
}

const FILTERED_AWAY = 'it was held back by a content filter';
const SHOWN_REFUSAL = 120;
const FILTERS = /content_filter|sensitive|safety|prohibited|recitation|blocklist|spii/i;
/** Names of the limit on the length of an answer. */
const AT_LIMIT = /length|context_window|max_?(?:new_)?(?:output_)?tokens/i;

/** Ends that the server made, and not its model: what was written until then is no answer. */
const BROKEN_OFF = /^(?:error|abort(?:ed)?|cancell?ed|\w*_error|insufficient_system_resource)$/i;

function readCompletion(
  { choices, usage, ...answer }: Zod.infer<ReturnType<typeof completion>>,
  name: string,
): WireAnswer {
  const [{ message, finish_reason, native_finish_reason, text } = {}] = choices ?? [];
  const reason = finish_reason ?? '';
  const broken = [reason, native_finish_reason ?? ''].find((one) => BROKEN_OFF.test(one));
  if (broken !== undefined) {
    const got = `an answer that the server broke off (${broken})`;
    throw new LlmError({ fault: 'network', what: name, got, expected: 'its end' });
  }
  const withheld = message?.refusal
    ? `it was a refusal in words: ${message.refusal.slice(0, SHOWN_REFUSAL)}`
    : FILTERS.test(reason)
      ? FILTERED_AWAY
      : message || text !== undefined
        ? null
        : 'the reply held no message';
  const finish = AT_LIMIT.test(reason) ? 'length' : 'stop';
  const called = [...(message?.tool_calls ?? []).map((one) => one.function), message?.function_call]
    .map((one) => argumentsOf(one?.arguments))
    .join('');
  const thought = textOf(message?.reasoning_content) || textOf(message?.reasoning);
  return {
    ...(withheld === null
      ? spokenText({ text: textOf(message?.content) || textOf(text), called, thought, finish })
      : { text: '', withheld }),
    usage: { inputTokens: countOf(usage?.prompt_tokens), outputTokens: countOf(usage?.completion_tokens) },
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
