import type { WireRequest, WireTurn } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';

/** How the form of an answer is asked for, from the strictest way down to words alone. */
const schemaForms = ['bounded', 'unbounded', 'object', 'words'] as const;

/** What a server was found to take, of what OpenAI's protocol leaves open. */
export interface Dialect {
  readonly outputLimit: 'max_tokens' | 'max_completion_tokens';
  readonly schema: (typeof schemaForms)[number];
  /** true where a model thinks until its answer has no room left, unless it is told not to */
  readonly withoutThinking: boolean;
  /** fields that are left out */
  readonly without: readonly string[];
}

export function newDialect(outputLimit: Dialect['outputLimit'] = 'max_tokens'): Dialect {
  return { outputLimit, schema: 'bounded', withoutThinking: false, without: [] };
}

export function completionBody(model: string, dialect: Dialect, request: WireRequest): Record<string, unknown> {
  const { temperature, seed, maxOutputTokens, topK, stop } = request.sampling;
  const body: Record<string, unknown> = {
    model,
    messages: [{ role: 'system', content: systemOf(dialect, request) }, ...request.turns.map(message)],
    temperature,
    seed,
    [dialect.outputLimit]: maxOutputTokens,
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(stop === undefined ? {} : { stop }),
    ...(dialect.withoutThinking && { chat_template_kwargs: { enable_thinking: false } }),
    ...formatOf(dialect, request),
    stream: false,
  };
  for (const field of dialect.without) delete body[field];
  return body;
}

/** Where the form cannot be sent as a schema it is said. */
function systemOf({ schema }: Dialect, { system, jsonSchema }: WireRequest): string {
  if (schema === 'bounded' || schema === 'unbounded') return system;
  return `${system}\n\nYour answer is one JSON object that holds to this JSON schema, and nothing else: ${JSON.stringify(jsonSchema)}`;
}

function formatOf({ schema }: Dialect, request: WireRequest): Record<string, unknown> {
  if (schema === 'words') return {};
  if (schema === 'object') return { response_format: { type: 'json_object' } };
  const sent = schema === 'bounded' ? request.jsonSchema : withoutBounds(request.jsonSchema);
  return {
    response_format: { type: 'json_schema', json_schema: { name: request.schemaName, strict: true, schema: sent } },
  };
}

const BOUNDS = new Set(['minLength', 'maxLength', 'minItems', 'maxItems', 'pattern']);

/** Some servers take a schema, but no lengths and counts in it. */
function withoutBounds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutBounds);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([name, value]) => !(BOUNDS.has(name) && typeof value !== 'object'));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutBounds(value)]));
}

function message(turn: WireTurn) {
  if (turn.images.length === 0) return { role: turn.role, content: turn.text };
  const images = turn.images.map((image) => ({
    type: 'image_url',
    image_url: { url: `data:${image.mediaType};base64,${image.base64}` },
  }));
  return { role: turn.role, content: [{ type: 'text', text: turn.text }, ...images] };
}

const REFUSED =
  /unsupported|not support|unrecognized|unknown|unexpected|not permitted|not allowed|invalid|extra|must be|cannot|only/i;
const ABOUT_SCHEMA = /response_format|json[_ ]?schema|json_object|structured output|guided|grammar|schema/i;
/** Fields that an answer can do without. */
const DISPENSABLE = ['chat_template_kwargs', 'temperature', 'seed', 'top_k', 'stop', 'stream'];

/** What a refusal teaches about a server's way of speaking, or null when it is about something else. */
export function learnFrom(thrown: unknown, dialect: Dialect): Partial<Dialect> | null {
  if (!(thrown instanceof LlmError) || thrown.status === null) return null;
  if (thrown.fault !== 'refused' && thrown.fault !== 'protocol' && thrown.fault !== 'crashed') return null;
  const words = thrown.got;
  // A server that breaks down may do so over the schema; other breakdowns pass.
  if (thrown.fault === 'crashed' && !(ABOUT_SCHEMA.test(words) && REFUSED.test(words))) return null;
  const { outputLimit, schema, without } = dialect;
  const other = outputLimit === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  if (new RegExp(`\\b${outputLimit}\\b`).test(words) && REFUSED.test(words) && !without.includes(other)) {
    return { outputLimit: other, without: [...without, outputLimit] };
  }
  const next = schemaForms[schemaForms.indexOf(schema) + 1];
  if (ABOUT_SCHEMA.test(words) && next !== undefined) return { schema: next };
  const field = DISPENSABLE.find((one) => new RegExp(`\\b${one}\\b`).test(words) && !without.includes(one));
  if (field !== undefined && REFUSED.test(words)) return { without: [...without, field] };
  return null;
}
