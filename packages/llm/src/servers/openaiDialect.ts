import type { WireRequest, WireTurn } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';
import { withSchemaInWords } from './schemaInWords.js';
import { namesKeyword, refusedKeywords, withoutKeywords } from './schemaKeywords.js';

/** How the form of an answer is asked for, from the strictest way down to words alone. */
const schemaForms = ['schema', 'object', 'words'] as const;

/**
 * How a model that thinks until its answer has no room left is held back, one after the other: not at all, by the template of open
 * models, by an effort of none, by the least effort that every such model knows, with room for it.
 */
const thinkingForms = ['asItIs', 'template', 'none', 'low'] as const;
/** Room for an answer and a little thinking, of that for the answer alone. */
const ROOM_TO_THINK = 4;

/** What a server was found to take, of what OpenAI's protocol leaves open. */
export interface Dialect {
  readonly outputLimit: 'max_tokens' | 'max_completion_tokens';
  readonly schema: (typeof schemaForms)[number];
  /** keywords of a schema that are not kept */
  readonly withoutKeywords: readonly string[];
  readonly thinking: (typeof thinkingForms)[number];
  /** true where thinking is turned off by a field of the request itself */
  readonly thinkingField: boolean;
  /** true where a model knows no instructions besides the question: they stand before it */
  readonly systemInQuestion: boolean;
  /** true where a server answers in events alone */
  readonly streams: boolean;
  /** fields that are left out */
  readonly without: readonly string[];
}

export function newDialect(outputLimit: Dialect['outputLimit'] = 'max_tokens'): Dialect {
  return {
    outputLimit,
    schema: 'schema',
    withoutKeywords: [],
    thinking: 'asItIs',
    thinkingField: false,
    systemInQuestion: false,
    streams: false,
    without: [],
  };
}

/** The next way to hold a model back from thinking, or null where none is left. */
export function thinkingLess({ thinking }: Dialect): Partial<Dialect> | null {
  const next = thinkingForms[thinkingForms.indexOf(thinking) + 1];
  return next === undefined ? null : { thinking: next };
}

/** The body of a request for a completion. */
export function completionBody(model: string, dialect: Dialect, request: WireRequest): Record<string, unknown> {
  const { temperature, seed, maxOutputTokens, topK, stop } = request.sampling;
  const body: Record<string, unknown> = {
    model,
    messages: messagesOf(dialect, request),
    temperature,
    seed,
    [dialect.outputLimit]: dialect.thinking === 'low' ? ROOM_TO_THINK * maxOutputTokens : maxOutputTokens,
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(stop === undefined ? {} : { stop }),
    ...heldBack(dialect),
    ...formatOf(dialect, request),
    stream: dialect.streams,
  };
  for (const field of dialect.without) delete body[field];
  return body;
}

function heldBack({ thinking, thinkingField }: Dialect): Record<string, unknown> {
  return {
    ...(thinkingField && { enable_thinking: false }),
    ...(thinking !== 'asItIs' && { chat_template_kwargs: { enable_thinking: false } }),
    ...((thinking === 'none' || thinking === 'low') && { reasoning_effort: thinking }),
  };
}

function messagesOf(dialect: Dialect, request: WireRequest) {
  const system = dialect.schema === 'schema' ? request.system : withSchemaInWords(request);
  if (!dialect.systemInQuestion) return [{ role: 'system', content: system }, ...request.turns.map(message)];
  const [first, ...others] = request.turns;
  return [{ ...first, text: `${system}\n\n${first.text}` }, ...others].map(message);
}

function formatOf(dialect: Dialect, request: WireRequest): Record<string, unknown> {
  if (dialect.schema === 'words') return {};
  if (dialect.schema === 'object') return { response_format: { type: 'json_object' } };
  const json_schema = { name: request.schemaName, strict: true, schema: sentSchema(dialect, request) };
  return { response_format: { type: 'json_schema', json_schema } };
}

function sentSchema(dialect: Dialect, { jsonSchema }: WireRequest) {
  return withoutKeywords(jsonSchema, dialect.withoutKeywords);
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
  /unsupported|not support|unrecognized|unknown|unexpected|not permitted|not allowed|not implemented|not enabled|not available|unavailable|disabled|invalid|extra|must be|cannot|only/i;
const ABOUT_SCHEMA =
  /response_format|json[_ ]?schema|json_object|structured output|guided|grammar|schema|the requested parameters/i;
const ABOUT_SYSTEM =
  /(?:system|developer) (?:role|message|instruction|prompt)s?\b.{0,40}(?:not|unsupported)|not support.{0,20}\W(?:system|developer)\b|roles must alternate|only user and assistant roles|(?:raise_exception|jinja).{0,80}\bsystem\b/i;
const STREAM_ONLY =
  /(?:only|must|required?|please).{0,30}stream|stream.{0,30}(?:must be (?:set to )?true|required|only)|non-?stream/i;
/** Fields that an answer can do without. */
const DISPENSABLE = ['temperature', 'seed', 'top_k', 'stop', 'stream'];

/** What the refusal of a request teaches about a server's way of speaking, or null when it is about something else. */
export function learnFrom(thrown: unknown, dialect: Dialect, request: WireRequest): Partial<Dialect> | null {
  if (!(thrown instanceof LlmError) || thrown.status === null) return null;
  if (thrown.fault !== 'refused' && thrown.fault !== 'protocol' && thrown.fault !== 'crashed') return null;
  const words = thrown.got;
  // A server that breaks down may do so over the schema or over the template of a model; other breakdowns pass.
  const isTold = (ABOUT_SCHEMA.test(words) && REFUSED.test(words)) || ABOUT_SYSTEM.test(words);
  if (thrown.fault === 'crashed' && !isTold) return null;
  const about = aboutThinking(words, dialect) ?? aboutForm(words, dialect);
  if (about !== null) return about;
  const { outputLimit, without } = dialect;
  const other = outputLimit === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  if (new RegExp(`\\b${outputLimit}\\b`).test(words) && REFUSED.test(words) && !without.includes(other)) {
    return { outputLimit: other, without: [...without, outputLimit] };
  }
  const aboutSchema =
    ABOUT_SCHEMA.test(words) || (namesKeyword(words) && REFUSED.test(words))
      ? lessOfForm(words, dialect, request)
      : null;
  if (aboutSchema !== null) return aboutSchema;
  const field = DISPENSABLE.find((one) => names(words, one) && !without.includes(one));
  if (field !== undefined && REFUSED.test(words)) return { without: [...without, field] };
  return null;
}

/** A schema without what is refused of it, then JSON of any form, then words alone; null where none is left. */
function lessOfForm(words: string, dialect: Dialect, request: WireRequest): Partial<Dialect> | null {
  const { schema } = dialect;
  const refused = schema === 'schema' ? refusedKeywords(words, sentSchema(dialect, request)) : null;
  if (refused !== null) return { withoutKeywords: [...new Set([...dialect.withoutKeywords, ...refused])] };
  const next = schemaForms[schemaForms.indexOf(schema) + 1];
  return next === undefined ? null : { schema: next };
}

function names(words: string, field: string): boolean {
  return new RegExp(`\\b${field}\\b`).test(words);
}

/** Of the ways to hold a model back from thinking: the refused one goes, and the next is tried. */
function aboutThinking(words: string, dialect: Dialect): Partial<Dialect> | null {
  const { thinking, thinkingField, without } = dialect;
  const refused = ['chat_template_kwargs', 'reasoning_effort'].find(
    (one) => names(words, one) && !without.includes(one),
  );
  if (refused !== undefined && thinking !== 'asItIs') {
    const next = thinkingLess(dialect);
    // An effort of none is refused where a low one is taken.
    const goes = refused === 'chat_template_kwargs' || next === null;
    if (goes || next !== null) return { ...next, ...(goes && { without: [...without, refused] }) };
  }
  return names(words, 'enable_thinking') && !thinkingField ? { thinkingField: true } : null;
}

/** Of messages and of how answers come. */
function aboutForm(words: string, { systemInQuestion, streams }: Dialect): Partial<Dialect> | null {
  if (ABOUT_SYSTEM.test(words) && !systemInQuestion) return { systemInQuestion: true };
  return STREAM_ONLY.test(words) && !streams ? { streams: true } : null;
}
