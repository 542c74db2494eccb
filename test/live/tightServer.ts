import type { LlmServer, WireAnswer } from '@agentmmrec/llm';

/** As much of JSON schema as answers use. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

/** An answer as it came, and the schema that it was asked in. */
export interface Heard {
  readonly schema: Schema;
  readonly answer: WireAnswer;
  readonly pictures: number;
}

/** Texts and lists so short that an answer takes a second or two of a processor. */
const LONGEST_TEXT = 120;
const LONGEST_PHRASE = 24;
const MOST_ENTRIES = 1;
const MOST_TOKENS = 320;
const TEXTS = new Set(['summary', 'text', 'visual', 'crossModal', 'changes']);

/** The same server, asked for shorter answers: the check that follows stays the product's own. */
export function tight(server: LlmServer, onHeard: (heard: Heard) => void = () => {}): LlmServer {
  return {
    ...server,
    async complete(request, signal) {
      const schema = tightened(request.jsonSchema as Schema, '');
      const maxOutputTokens = Math.min(MOST_TOKENS, request.sampling.maxOutputTokens);
      const sampling = { ...request.sampling, maxOutputTokens };
      const sent = { ...request, jsonSchema: schema as Readonly<Record<string, unknown>>, sampling };
      const answer = await server.complete(sent, signal);
      onHeard({ schema, answer, pictures: request.turns.reduce((sum, { images }) => sum + images.length, 0) });
      return answer;
    },
  };
}

/** A pattern of at most so many characters: its one run, or each of the two runs that a blank parts. */
function boundedTo(pattern: string, most: number): string {
  const runs = pattern.match(/\{\d+,\d+\}/g) ?? [];
  const longest = runs.length > 1 ? Math.floor((most - 1) / 2) : most;
  return pattern.replace(/\{(\d+),(\d+)\}/g, (_, least, end) => `{${least},${Math.min(Number(end), longest)}}`);
}

function tightened(schema: Schema, name: string): Schema {
  if (schema.enum) return schema;
  if (schema.type === 'string') {
    const longest = TEXTS.has(name) ? LONGEST_TEXT : LONGEST_PHRASE;
    const most = Math.min(longest, schema.maxLength ?? longest);
    // A decoder that keeps a pattern does not look at the length beside it.
    const pattern = schema.pattern && boundedTo(schema.pattern, most);
    return { ...schema, maxLength: most, ...(pattern !== undefined && { pattern }) };
  }
  if (schema.type === 'array') {
    const items = tightened(schema.items ?? {}, name);
    const most = Math.max(schema.minItems ?? 0, schema.items?.enum ? (schema.maxItems ?? 0) : MOST_ENTRIES);
    return { ...schema, items, maxItems: most };
  }
  const entries = Object.entries(schema.properties ?? {}).map(([key, value]) => [key, tightened(value, key)] as const);
  return { ...schema, properties: Object.fromEntries(entries) };
}

/** What of an answer breaks the schema that it was decoded under, or null. */
export function breachOf({ schema, answer }: Heard): string | null {
  if (answer.finish !== 'stop') return `cut off after ${answer.usage.outputTokens} tokens: ${answer.text.slice(-80)}`;
  try {
    return breach(JSON.parse(answer.text), schema, 'answer');
  } catch {
    return `no JSON: ${answer.text.slice(0, 80)}`;
  }
}

function breach(value: unknown, schema: Schema, at: string): string | null {
  const {
    enum: names,
    properties,
    items,
    minItems = 0,
    maxItems = 1e9,
    minLength = 0,
    maxLength = 1e9,
    pattern,
  } = schema;
  if (names) return names.includes(value) ? null : `${at}: ${JSON.stringify(value)} is none of ${names.join(', ')}`;
  if (schema.type === 'string') {
    if (typeof value !== 'string') return `${at}: no text`;
    const { length } = [...value];
    if (length < minLength || length > maxLength) return `${at}: ${length} characters`;
    return pattern === undefined || new RegExp(pattern, 'u').test(value) ? null : `${at}: not as its pattern`;
  }
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return `${at}: no list`;
    if (value.length < minItems || value.length > maxItems) return `${at}: ${value.length} entries`;
    return firstOf(value.map((one, index) => breach(one, items ?? {}, `${at}.${index}`)));
  }
  if (!properties) return null;
  if (typeof value !== 'object' || value === null) return `${at}: no object`;
  const missing = (schema.required ?? []).find((name) => !(name in value));
  if (missing !== undefined) return `${at}: no ${missing}`;
  const surplus = Object.keys(value).find((name) => !(name in properties));
  if (surplus !== undefined) return `${at}: ${surplus} is not in the schema`;
  return firstOf(Object.entries(value).map(([name, one]) => breach(one, properties[name], `${at}.${name}`)));
}

function firstOf(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}
