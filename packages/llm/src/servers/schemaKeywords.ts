/** Keywords that bound an answer; servers take or refuse those of a row together. */
const ROWS = [['uniqueItems'], ['minLength', 'maxLength'], ['minItems', 'maxItems'], ['pattern']] as const;
const BOUNDS: readonly string[] = ROWS.flat();
/** Most grammars cannot hold a list to different entries: it goes first where a refusal does not say what it is about. */
const DIFFERENT = 'uniqueItems';
/** Of a list of different entries, so many more are asked for where nothing but the check keeps them different. */
const ROOM_FOR_REPEATS = 0.5;

/** Refusals of any schema: a server that takes the name of a form alone, a model that no grammar can be made for. */
const AS_SUCH = /cannot unmarshal object|format of type string|model vocabulary/i;

type Schema = Readonly<Record<string, unknown>>;

/**
 * A JSON schema without the keywords that a server does not keep. Lists of different entries get room for repeated ones in their place:
 * the reader takes the first different ones.
 */
export function withoutKeywords<T>(schema: T, left: readonly string[]): T {
  if (left.length === 0 || typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map((one) => withoutKeywords(one, left)) as T;
  const kept = Object.entries(schema).filter(([name, value]) => !(left.includes(name) && isBound(name, value)));
  const entries = kept.map(([name, value]) => [name, withoutKeywords(value, left)] as const);
  return {
    ...Object.fromEntries(entries),
    ...(left.includes(DIFFERENT) && roomForRepeats(schema as Schema, left)),
  } as T;
}

function roomForRepeats(schema: Schema, left: readonly string[]): Schema {
  const { maxItems, items } = schema;
  if (schema[DIFFERENT] !== true || typeof maxItems !== 'number' || left.includes('maxItems')) return {};
  const names: unknown = Reflect.get(Object(items), 'enum');
  const most = Array.isArray(names) ? names.length : Number.POSITIVE_INFINITY;
  return { maxItems: Math.max(maxItems, Math.min(most, Math.ceil(maxItems * (1 + ROOM_FOR_REPEATS)))) };
}

/**
 * What to leave out of a schema that a server refuses: the keywords that it names; else what grammars hold least; else every bound.
 * Null where none is left, or where the words are about another thing: the schema as such is refused.
 */
export function refusedKeywords(words: string, sent: unknown): readonly string[] | null {
  if (AS_SUCH.test(words)) return null;
  const present = keywordsIn(sent);
  const named = ROWS.filter((row) => row.some((keyword) => new RegExp(`\\b${keyword}\\b`).test(words))).flat();
  const told = named.filter((keyword) => present.has(keyword));
  if (told.length > 0) return named;
  if (present.has(DIFFERENT)) return [DIFFERENT];
  return present.size > 0 ? BOUNDS : null;
}

/** Whether a refusal is about a keyword of schemas, by its name; `pattern` is a word of many refusals. */
export function namesKeyword(words: string): boolean {
  return /\b(?:uniqueItems|(?:min|max)(?:Length|Items))\b/.test(words);
}

/** The keywords to leave out after an answer: a server whose answer repeats entries that the schema wants different does not keep that. */
export function keywordsAfter(text: string, schema: Schema, left: readonly string[]): readonly string[] {
  if (left.includes(DIFFERENT) || !keywordsIn(schema).has(DIFFERENT)) return left;
  try {
    return repeats(JSON.parse(text), schema) ? [...left, DIFFERENT] : left;
  } catch {
    return left;
  }
}

function repeats(value: unknown, schema: Schema): boolean {
  if (Array.isArray(value)) {
    const written = value.map((one) => JSON.stringify(one));
    return schema[DIFFERENT] === true && new Set(written).size < written.length;
  }
  const fields = Object.entries(Object(schema.properties) as Record<string, Schema>);
  return fields.some(([name, field]) => repeats(Reflect.get(Object(value), name), field));
}

function keywordsIn(schema: unknown): Set<string> {
  if (typeof schema !== 'object' || schema === null) return new Set();
  const own = Object.entries(schema).flatMap(([name, value]) =>
    isBound(name, value) ? [name] : [...keywordsIn(value)],
  );
  return new Set(own);
}

/** A field of an answer may have the name of a keyword; its schema is an object. */
function isBound(name: string, value: unknown): boolean {
  return BOUNDS.includes(name) && typeof value !== 'object';
}

/** What people are told of such a server, once. */
export function withoutKeywordsNote(name: string, left: readonly string[]): string {
  return `${name} does not keep ${left.join(', ')} of a JSON schema: what they bound is checked as ever, and asked again where it does not hold`;
}
