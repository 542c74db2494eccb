// npm `ollama`: the server's own client, so the shape of requests follows its releases. Its browser build never touches files.
import type { ChatRequest, Ollama } from 'ollama/browser';
import type { LlmServer, WireAnswer, WireRequest, WireTurn } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';
import { transportError } from './faults.js';
import { readLlmOption } from './llmOption.js';
import { withoutSchema, withSchemaInWords } from './schemaInWords.js';
import {
  keywordsAfter,
  namesKeyword,
  refusedKeywords,
  withoutKeywords,
  withoutKeywordsNote,
} from './schemaKeywords.js';
import { addressesOf, defineServer, serverOptions, usual } from './serverKind.js';
import { SilentGrammar } from './silentGrammar.js';
import { countOf, spokenText, textOf } from './spokenText.js';
import { boundedBytes, checkedLines, Transport } from './transport.js';

/** The server of the Ollama project, by its own API. */
export const ollama = defineServer({
  name: 'ollama',
  schema: serverOptions,
  open({ llmUrl, llmModel, llmSlots, contextLength, llmOption }, { environment, fetch }) {
    const addresses = addressesOf(llmUrl ?? environment.OLLAMA_HOST ?? null);
    const shared = {
      contextLength,
      further: readLlmOption(llmOption),
      fetch,
      ...(llmModel !== null && { llmModel }),
      ...(llmSlots !== null && { llmSlots }),
    };
    return (addresses.length > 0 ? addresses : [usual.ollama.host]).map((host) => createOllama({ host, ...shared }));
  },
});

/** How an Ollama server is reached. */
export interface OllamaOptions {
  /** default: as `usual` says */
  readonly host?: string;
  /** default: as `usual` says */
  readonly llmModel?: string;
  /**
   * Tokens of prompt and answer together (`num_ctx`). Always sent: left alone, the server chooses by its free memory, and
   * answers would differ between machines. One value for a whole run: a change reloads the model.
   */
  readonly contextLength: number;
  /** calls in flight; the server's OLLAMA_NUM_PARALLEL plus one keeps it busy. Default: as `usual` says */
  readonly llmSlots?: number;
  /** further fields: of `options`, or of the request where they are its own (`think`, `keep_alive`) */
  readonly further?: Readonly<Record<string, unknown>>;
  /** For tests: in place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

/** The request fields the types of `ollama` 0.6 lack: without them the server drops old text or shifts its window silently. */
type FullChatRequest = ChatRequest & { stream: true; truncate: false; shift: false };

/** A model on an Ollama server. Always streams: an answer without a stream dies after fetch's 300 s wait for headers. */
export function createOllama(options: OllamaOptions): LlmServer {
  const host = withProtocol(options.host ?? usual.ollama.host);
  const model = options.llmModel ?? usual.ollama.llmModel;
  const name = `ollama ${model} at ${host}`;
  const transport = new Transport({ what: name, baseUrl: host, fetch: options.fetch ?? globalThis.fetch });
  // One client a call: the package's own signal ends all its streams at once.
  const client = async (signal: AbortSignal): Promise<Ollama> => {
    const { Ollama: Client } = await import('ollama/browser');
    return new Client({ host, fetch: fetchThrough(transport, signal) });
  };
  const further = options.further ?? {};
  let spoken: OllamaDialect = { think: 0, form: 0, withoutKeywords: [] };
  const silentGrammar = new SilentGrammar();
  const answerOnce = async (dialect: OllamaDialect, request: WireRequest, signal: AbortSignal): Promise<WireAnswer> => {
    const answer = await readAnswer(await client(signal), chatRequest(options, dialect, request, further), transport);
    checkNotCut(answer, options.contextLength, name);
    return answer;
  };
  return {
    name,
    provider: 'ollama',
    model,
    slots: options.llmSlots ?? usual.ollama.llmSlots,
    contextLength: options.contextLength,
    settings: {
      num_ctx: options.contextLength,
      truncate: false,
      shift: false,
      ...(Object.keys(further).length > 0 && { further }),
    },
    identity: (signal) =>
      guarded(transport, signal, async () => {
        const { thinks, ...identity } = await readIdentity(await client(signal), model, name);
        if (thinks && spoken.think === 0) spoken = { ...spoken, think: 1 };
        return identity;
      }),
    complete: (request, signal) =>
      guarded(transport, signal, async () => {
        for (;;) {
          // Other calls may have learnt something since this one was sent.
          const dialect = spoken;
          const learnt = (next: OllamaDialect) => {
            if (spoken === dialect) spoken = next;
          };
          try {
            const answer = await answerOnce(dialect, request, signal);
            const inWords = { ...dialect, form: FORMS.length - 1 };
            const other =
              dialect.form === inWords.form
                ? null
                : await silentGrammar.instead(answer, () => answerOnce(inWords, request, signal));
            if (other !== null) {
              if (other.forGood) learnt(inWords);
              return { ...other.answer, ...formNotes(name, inWords) };
            }
            const heard = heardOf(dialect, request, answer);
            if (heard !== dialect) learnt(heard);
            // It thinks though its capabilities do not say so, or though it was told not to.
            if (!answer.thoughtOnly || dialect.think === THINKING.length - 1)
              return { ...answer, ...formNotes(name, heard) };
            learnt({ ...dialect, think: dialect.think + 1 });
          } catch (thrown) {
            const next = learnFrom(thrown, dialect, request);
            if (next === null) throw thrown;
            learnt(next);
          }
        }
      }),
  };
}

/** What a server was found to take. */
interface OllamaDialect {
  /** how thinking is held back: a place in THINKING */
  readonly think: number;
  /** how the form of answers is asked for: a place in FORMS */
  readonly form: number;
  /** keywords of a schema that are not kept */
  readonly withoutKeywords: readonly string[];
}

/** Nothing said; no thinking; the least that models take which always think; nothing said, for one that does not know of it. */
const THINKING = [undefined, false, 'low', undefined] as const;
/** The schema, JSON of any form, words alone: servers of long ago and models without a grammar take no schema. */
const FORMS = ['schema', 'json', 'words'] as const;
const ABOUT_THINKING = /(?:does not|doesn't|not) support(?:ed)? think|invalid think|think value/i;
const ABOUT_FORM = /grammar|\.format\b|\bformat\b|json schema/i;

/** What the refusal of a request teaches, or null when it is about something else. */
function learnFrom(thrown: unknown, dialect: OllamaDialect, { jsonSchema }: WireRequest): OllamaDialect | null {
  if (!(thrown instanceof LlmError) || (thrown.fault !== 'refused' && thrown.fault !== 'crashed')) return null;
  const { think, form } = dialect;
  if (ABOUT_THINKING.test(thrown.got) && think !== 0 && think < THINKING.length - 1) {
    const isUnknown = /does not|doesn't|not supported/i.test(thrown.got);
    return { ...dialect, think: isUnknown ? THINKING.length - 1 : think + 1 };
  }
  if (!ABOUT_FORM.test(thrown.got) && !namesKeyword(thrown.got)) return null;
  const sent = withoutKeywords(jsonSchema, dialect.withoutKeywords);
  const refused = FORMS[form] === 'schema' ? refusedKeywords(thrown.got, sent) : null;
  if (refused !== null) return { ...dialect, withoutKeywords: [...new Set([...dialect.withoutKeywords, ...refused])] };
  return form < FORMS.length - 1 ? { ...dialect, form: form + 1 } : null;
}

/** The dialect of a server whose answer repeats what the schema that was sent wants different. */
function heardOf(dialect: OllamaDialect, { jsonSchema }: WireRequest, { text }: WireAnswer): OllamaDialect {
  if (FORMS[dialect.form] !== 'schema') return dialect;
  const left = keywordsAfter(text, jsonSchema, dialect.withoutKeywords);
  return left === dialect.withoutKeywords ? dialect : { ...dialect, withoutKeywords: left };
}

/** What people should know of it. */
function formNotes(name: string, { form, withoutKeywords: left }: OllamaDialect): Pick<WireAnswer, 'notes'> {
  if (FORMS[form] !== 'schema') return { notes: [withoutSchema(name)] };
  return left.length === 0 ? {} : { notes: [withoutKeywordsNote(name, left)] };
}

/** Everything the package sends goes through the transport: fixed host, no redirects, no headers but ours. */
function fetchThrough(transport: Transport, signal: AbortSignal): typeof globalThis.fetch {
  return async (input, init) => {
    const path = new URL(String(input)).pathname;
    const method = init?.method === 'POST' ? 'POST' : 'GET';
    const body = typeof init?.body === 'string' ? init.body : undefined;
    const response = await transport.send(path.slice(path.indexOf('/api/')), { method, body, signal });
    if (path.endsWith('/api/chat') && response.body)
      return new Response(response.body.pipeThrough(checkedLines(transport)));
    // The package reads other answers whole.
    return new Response(response.body?.pipeThrough(boundedBytes(transport.what)));
  };
}

async function guarded<T>(transport: Transport, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (thrown) {
    throw transportError(transport.what, thrown, signal, transport.redact);
  }
}

async function readIdentity(client: Ollama, model: string, name: string) {
  const [{ version }, { models }] = await Promise.all([client.version(), client.list()]);
  const found = models.find((candidate) => candidate.name === model || candidate.name === `${model}:latest`);
  if (!found) {
    throw new LlmError({
      fault: 'notFound',
      what: name,
      got: models.length === 0 ? 'a server without models' : `a server with ${models.map((m) => m.name).join(', ')}`,
      expected: `the model ${model}`,
      hint: `ollama pull ${model}`,
    });
  }
  const { capabilities } = await client.show({ model });
  return {
    provider: 'ollama',
    model,
    modelDigest: found.digest,
    serverVersion: version,
    reproducible: true,
    seesImages: (capabilities ?? []).includes('vision'),
    thinks: (capabilities ?? []).some((one) => String(one) === 'thinking'),
  };
}

/** Fields of a request itself; all others are options of the model. */
const REQUEST_FIELDS = new Set(['think', 'keep_alive', 'format', 'raw', 'template']);

function chatRequest(
  { contextLength, llmModel: model = usual.ollama.llmModel }: OllamaOptions,
  dialect: OllamaDialect,
  request: WireRequest,
  further: Readonly<Record<string, unknown>>,
): FullChatRequest {
  const own = Object.entries(further);
  const { temperature, seed, maxOutputTokens, topK, stop } = request.sampling;
  const form = FORMS[dialect.form];
  const think = THINKING[dialect.think];
  const system = form === 'schema' ? request.system : withSchemaInWords(request);
  return {
    model,
    messages: [{ role: 'system', content: system }, ...request.turns.map(message)],
    ...(form !== 'words' && {
      format: form === 'schema' ? withoutKeywords(request.jsonSchema, dialect.withoutKeywords) : 'json',
    }),
    // Sampling is read from `options` only; at the top level the server ignores it without a word.
    options: {
      temperature,
      seed,
      num_ctx: contextLength,
      num_predict: maxOutputTokens,
      ...(topK === undefined ? {} : { top_k: topK }),
      ...(stop === undefined ? {} : { stop: [...stop] }),
      ...Object.fromEntries(own.filter(([field]) => !REQUEST_FIELDS.has(field))),
    },
    keep_alive: -1,
    ...(think !== undefined && { think }),
    ...Object.fromEntries(own.filter(([field]) => REQUEST_FIELDS.has(field))),
    stream: true,
    truncate: false,
    shift: false,
  };
}

function message(turn: WireTurn) {
  const images = turn.images.map((image) => image.base64);
  return { role: turn.role, content: turn.text, ...(images.length === 0 ? {} : { images }) };
}

async function readAnswer(client: Ollama, request: FullChatRequest, transport: Transport): Promise<WireAnswer> {
  let [text, called, thought] = ['', '', ''];
  const stream = await client.chat(request);
  for await (const part of streamed(stream, transport)) {
    text += textOf(part.message?.content);
    thought += part.message?.thinking ?? '';
    for (const call of part.message?.tool_calls ?? []) called += JSON.stringify(call.function.arguments);
    if (!part.done) continue;
    if (part.done_reason === 'load') break;
    const finish = part.done_reason === 'length' ? 'length' : 'stop';
    return {
      ...spokenText({ text, called, thought, finish }),
      usage: { inputTokens: countOf(part.prompt_eval_count), outputTokens: countOf(part.eval_count) },
      finish,
      fingerprint: '',
    };
  }
  throw new LlmError({
    fault: 'crashed',
    what: transport.what,
    got: 'a loaded model and no answer',
    expected: 'an answer',
  });
}

/** The package throws a plain Error with the server's words for an error line, and a fixed sentence for a stream cut short. */
async function* streamed<T>(stream: AsyncIterable<T>, transport: Transport): AsyncGenerator<T> {
  try {
    yield* stream;
  } catch (thrown) {
    if (thrown instanceof LlmError || !(thrown instanceof Error)) throw thrown;
    if (thrown.message.startsWith('Did not receive done')) {
      throw new LlmError({
        fault: 'network',
        what: transport.what,
        got: 'a stream that ended early',
        expected: 'its last line',
      });
    }
    if (thrown.name !== 'Error') throw thrown;
    throw transport.told(0, { message: thrown.message });
  }
}

/** A prompt with images is not checked by the server: one that filled the whole window lost its beginning. */
function checkNotCut(answer: WireAnswer, contextLength: number, name: string): void {
  if ((answer.usage.inputTokens ?? 0) < contextLength) return;
  throw new LlmError({
    fault: 'contextTooLong',
    what: name,
    got: `${answer.usage.inputTokens} prompt tokens`,
    expected: `fewer than the context length of ${contextLength}`,
  });
}

function withProtocol(host: string): string {
  return host.includes('://') ? host : `http://${host}`;
}
