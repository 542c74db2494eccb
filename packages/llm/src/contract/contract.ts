import type { z } from 'zod';
import type { LlmFault } from './llmError.js';

/** A piece of a prompt. Images are bytes only: no path and no address can reach a client. */
export type Part =
  | { readonly type: 'text'; readonly text: string }
  /** `label` names the image in the prompt's own words, e.g. `P2`; the legend is written from the images actually sent */
  | { readonly type: 'image'; readonly label: string; readonly bytes: Uint8Array };

/** How the answer is drawn. The same on every provider; each adapter puts it where its server reads it. */
export interface Sampling {
  readonly temperature: number;
  readonly seed: number;
  readonly maxOutputTokens: number;
  readonly topK?: number;
  readonly stop?: readonly string[];
}

/** What an answer must be. */
export interface AnswerSchema<T> {
  /** letters, digits and underscores; part of the cache key through the JSON schema */
  readonly name: string;
  /** the form an answer has to have */
  readonly strict: z.ZodType<T>;
  /** what the server is asked for, no looser than `strict`: its JSON schema is sent; default `strict` itself */
  readonly asked?: z.ZodType<T>;
  /** how the texts of what is asked for begin; any of these. Not checked */
  readonly begins?: readonly string[];
  /**
   * What is still usable after every attempt failed `strict` (say, a list with too few names), so that a caller with a stated
   * repair rule can apply it. Without it the call fails as malformed.
   */
  readonly lenient?: z.ZodType<T>;
  /** what is wrong with the content of an answer that has the form, in words a model can act on; null when it says something */
  content?(object: T): string | null;
}

/** One question: what is shown, what the answer must be, and how it is drawn. */
export interface GenerateRequest<T> {
  /** what is asked, for the list of failures: `preference-text` */
  readonly task: string;
  readonly system: string;
  readonly parts: readonly Part[];
  readonly schema: AnswerSchema<T>;
  /** the same question with less to read, asked after answers that could not be used */
  readonly easier?: readonly Part[];
  readonly sampling: Sampling;
  readonly template: { readonly id: string; readonly hash: string };
  /** the image without which an answer would be invented, by its label, or `any` of them: it is never degraded away */
  readonly requiredImage?: string;
  readonly signal?: AbortSignal;
  /** told of every new answer that could not be used, with what was wrong */
  readonly onRefused?: (problem: string) => void;
  /** for one attempt; default 240,000 */
  readonly timeoutMs?: number;
}

/** Tokens of one exchange. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** An accepted answer and what it took. */
export interface GenerateResult<T> {
  readonly object: T;
  readonly text: string;
  /** of the answer accepted; failed attempts are in the client's totals */
  readonly usage: Usage;
  readonly finish: 'stop';
  readonly modelDigest: string;
  /** of the accepted call, as measured when it was made */
  readonly elapsedMs: number;
  /** answers looked at, the accepted one included: 1 when the first was good */
  readonly attempts: number;
  /** requests sent for it now, transport retries included; 0 when it came from the cache */
  readonly requests: number;
  readonly cached: boolean;
  /** images dropped or reduced, repair prompts, lenient acceptance: each one sentence; empty when all was as asked */
  readonly remarks: readonly string[];
  /** true when the answer had to be mended in reading */
  readonly repaired: boolean;
  readonly key: string;
}

/** A model behind one or several servers, with retries, limits, budget and cache applied. */
export interface LlmClient {
  /** `ollama qwen2.5vl:7b` */
  readonly name: string;
  readonly identity: ModelIdentity;
  readonly seesImages: boolean;
  /** calls worth having in flight over all servers */
  readonly concurrency: number;
  /** tokens a prompt and its answer may have together, or null when the server decides */
  readonly contextLength: number | null;
  /**
   * Asks until the answer holds, within the limits.
   * @throws LlmError when it never did; budget, before a request that would pass a limit
   */
  generate<T>(request: GenerateRequest<T>): Promise<GenerateResult<T>>;
  /** Tokens that pictures will take: by their size at first, by what the server reports after. */
  pictureTokens(images: readonly Extract<Part, { type: 'image' }>[]): Promise<number>;
  /** What has been used since the client was connected. */
  totals(): ClientTotals;
  /** Closes the cache it was given. */
  close(): void;
}

/** What a client has done since it was connected. */
export interface ClientTotals {
  readonly calls: number;
  readonly cached: number;
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** in the currency of the prices given; null without prices */
  readonly money: number | null;
  /** failed requests by kind */
  readonly faults: Readonly<Partial<Record<LlmFault, number>>>;
}

/** What determines the answers, besides the request. Equal for all servers of a client. */
export interface ModelIdentity {
  readonly provider: string;
  readonly model: string;
  /** digest of the weights, or the model's id where the server tells no more */
  readonly modelDigest: string;
  readonly serverVersion: string;
  /** false where the provider may change the model behind its name */
  readonly reproducible: boolean;
}

/** One message to a server. Images go after the text. */
export interface WireTurn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly images: readonly WireImage[];
}

/** A picture as it goes to a server. */
export interface WireImage {
  readonly mediaType: 'image/jpeg';
  readonly base64: string;
  /** SHA-256 of the bytes sent */
  readonly digest: string;
  readonly width: number;
  readonly height: number;
}

/** A request as an adapter sends it; nothing in it can name a host or a file. */
export interface WireRequest {
  readonly system: string;
  readonly turns: readonly WireTurn[];
  readonly schemaName: string;
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  readonly sampling: Sampling;
}

/** What a server sent back, before anything is checked. */
export interface WireAnswer {
  readonly text: string;
  /** as the server tells, null where it does not */
  readonly usage: { readonly [K in keyof Usage]: number | null };
  /** what the server does not take and was left out, for people; each told once */
  readonly notes?: readonly string[];
  /** true when there was reasoning and no answer */
  readonly thoughtOnly?: boolean;
  /** why there is no answer where the model refused it or a filter took it, in words */
  readonly withheld?: string;
  /** `length` means cut off: never a valid answer */
  readonly finish: 'stop' | 'length';
  /** the provider's own fingerprint of the run, or empty */
  readonly fingerprint: string;
}

/** One adapter on one server. It sends once: no retries, no cache, no limits. */
export interface LlmServer {
  /** for messages: provider, host and model, never a key */
  readonly name: string;
  readonly provider: string;
  readonly model: string;
  /** calls it may have in flight */
  readonly slots: number;
  readonly contextLength: number | null;
  /** true where a prompt that is too long may be cut and answered as if it were whole */
  readonly cutsSilently?: boolean;
  /** what of the adapter's own settings changes answers; part of the cache key */
  readonly settings: Readonly<Record<string, unknown>>;
  /** @throws LlmError */
  identity(signal: AbortSignal): Promise<ModelIdentity & { readonly seesImages: boolean }>;
  /** @throws LlmError */
  complete(request: WireRequest, signal: AbortSignal): Promise<WireAnswer>;
}
