/** As much of JSON schema as the product's own schemas use. */
export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** A sentence as models write them: enough words to say something, none of them data. */
const SENTENCE = 'Plain and sturdy pieces in calm colours for every day, kept simple and made to last.';
const PHRASE = 'plain words';
/** Fields that hold a whole text and not a few words. */
const TEXTS = new Set(['summary', 'text', 'visual', 'crossModal', 'changes', 'customer']);

/** The smallest value that has the asked form; names of a list are taken in order, without repeats. */
export function smallestAnswer({ schema }: { readonly schema: JsonSchema }): string {
  return JSON.stringify(smallest(schema, ''));
}

function smallest(schema: JsonSchema, name: string): unknown {
  if (schema.enum) return schema.enum[name === 'disliked' ? schema.enum.length - 1 : 0];
  if (schema.type === 'object') {
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([field, property]) => [field, smallest(property, field)]),
    );
  }
  if (schema.type === 'array') {
    const names = schema.items?.enum;
    return Array.from({ length: schema.minItems ?? 1 }, (_, at) =>
      names ? names[at % names.length] : smallest(schema.items ?? {}, name),
    );
  }
  if (schema.type === 'number' || schema.type === 'integer') return 1;
  return TEXTS.has(name) ? SENTENCE : PHRASE;
}

/**
 * An answer in the asked form as a function of the request's bytes alone: equal questions get equal answers, in every run and
 * order. Lists are turned round for half of the questions, so that reranking does harm often enough for rewrites.
 * @param bits digest of the request
 */
export function answerOf({ properties = {} }: JsonSchema, bits: Buffer): string {
  const words = `${SENTENCE.slice(0, -1)}, of kind ${bits.toString('hex', 0, 6)}.`;
  const { order, chosen, preferences, properties: stated } = properties;
  const list = order ?? chosen;
  if (list) {
    const names = [...(list.items?.enum ?? [])];
    if (bits[0] & 1) names.reverse();
    return JSON.stringify(order ? { order: names } : { chosen: names.slice(0, list.minItems) });
  }
  const trait = { trait: `plain words ${bits.toString('hex', 0, 6)}`, evidence: 'P1' };
  if (preferences) return JSON.stringify({ preferences: [{ ...trait, strength: 'weak' }], summary: words });
  if (stated) return JSON.stringify({ properties: [{ ...trait, basis: 'stated' }], summary: words });
  const filled = ([name, { type, enum: names }]: [string, JsonSchema]) => {
    if (names) return [name, names[name === 'disliked' ? names.length - 1 : 0]];
    return [name, type === 'array' ? [trait.trait] : words];
  };
  return JSON.stringify(Object.fromEntries(Object.entries(properties).map(filled)));
}
