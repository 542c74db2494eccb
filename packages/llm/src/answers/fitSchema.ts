import { cleanText } from '@agentmmrec/core';
import { isObject, keyedNames, nameIn, namesIn, plainKey, rankedNames } from './names.js';

/** As much of JSON schema as `z.toJSONSchema` writes for answers. */
export interface Shape {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** What was mended, each once. */
export type Repairs = Set<string>;

/**
 * A value brought into the form of a schema where what is meant is unambiguous: surplus wrappings, keys and entries, letter case,
 * numbers and objects for names, lists for texts. What cannot be read so stays as it is, for the check to refuse.
 */
export function fitSchema(value: unknown, shape: Shape, repairs: Repairs): unknown {
  if (shape.enum) return fitName(value, shape.enum, repairs);
  if (shape.type === 'object') return fitObject(value, shape, repairs);
  if (shape.type === 'array') return fitList(filledIn(value, repairs), shape, repairs);
  if (shape.type === 'string') return fitText(filledIn(value, repairs), shape, repairs);
  return value;
}

const TYPES = new Set(['string', 'array', 'number', 'integer', 'boolean']);
const FILLED = new Set(['value', 'values', 'items', 'content', 'text', 'description', 'default', 'example', 'const']);
const KEYWORDS =
  /^(?:type|title|(?:min|max)(?:Length|Items)|pattern|format|enum|required|uniqueItems|additionalProperties|properties)$/;

/** What a model wrote into the form of the schema itself: `{"type": "string", "value": "..."}`. */
function filledIn(value: unknown, repairs: Repairs): unknown {
  if (!isObject(value) || !TYPES.has(String(value.type))) return value;
  const others = Object.keys(value).filter((key) => !KEYWORDS.test(key));
  const [key] = others;
  if (others.length !== 1 || !FILLED.has(key) || Array.isArray(value[key]) !== (value.type === 'array')) return value;
  repairs.add('the form of the schema was filled in with values');
  return value[key];
}

function fitObject(value: unknown, shape: Shape, repairs: Repairs): unknown {
  const object = onlyFieldOf(unwrapped(value, shape, repairs), shape, repairs);
  if (!isObject(object)) return object;
  const fitted: Record<string, unknown> = {};
  const names = Object.keys(shape.properties ?? {});
  if (!names.some((name) => keyFor(object, name, names) !== null)) return object;
  const taken = new Set<string>();
  const renamed = renamedKey(object, shape);
  for (const [name, field] of Object.entries(shape.properties ?? {})) {
    const key = keyFor(object, name, names) ?? (renamed?.name === name ? renamed.key : null);
    if (key === null) {
      // A text that may be empty and is left out says nothing.
      if (field.type === 'string' && !field.enum && !field.minLength && shape.required?.includes(name)) {
        fitted[name] = '';
        repairs.add('a text that may be empty was missing');
      }
      continue;
    }
    if (key !== name) repairs.add('keys were spelled in another way');
    taken.add(key);
    fitted[name] = fitSchema(object[key], field, repairs);
  }
  if (Object.keys(object).some((key) => !taken.has(key))) repairs.add('surplus keys were left out');
  return fitted;
}

/** The key that stands for `name`: itself, or the only one that differs from it in case and punctuation. */
function keyFor(object: Readonly<Record<string, unknown>>, name: string, names: readonly string[]): string | null {
  if (Object.hasOwn(object, name)) return name;
  const near = Object.keys(object).filter((key) => !names.includes(key) && plainKey(key) === plainKey(name));
  return near.length === 1 ? near[0] : null;
}

/** Where one text or list that must be there is missing, and one alone of the other keys could be it: that key. */
function renamedKey(
  object: Readonly<Record<string, unknown>>,
  shape: Shape,
): { readonly name: string; readonly key: string } | null {
  const fields = Object.entries(shape.properties ?? {});
  const names = fields.map(([name]) => name);
  const missing = fields.filter(([name, { type, minLength }]) => {
    const mustBe = shape.required?.includes(name) && (type === 'array' || (type === 'string' && (minLength ?? 0) > 0));
    return mustBe && keyFor(object, name, names) === null;
  });
  if (missing.length !== 1) return null;
  const [[name, field]] = missing;
  const known = new Set(names.map((one) => keyFor(object, one, names)));
  const could = Object.keys(object).filter((key) => {
    const value = object[key];
    if (known.has(key)) return false;
    return field.type === 'array'
      ? Array.isArray(value)
      : typeof value === 'string' && value.length >= (field.minLength ?? 0);
  });
  return could.length === 1 ? { name, key: could[0] } : null;
}

/** Where one list alone is asked for: that list by itself, or under another name. */
function onlyFieldOf(value: unknown, shape: Shape, repairs: Repairs): unknown {
  const [[name, field] = ['', {}], ...others] = Object.entries(shape.properties ?? {});
  if (others.length > 0 || field.type !== 'array' || !field.items?.enum || hasItsKeys(value, shape)) return value;
  if (Array.isArray(value)) {
    repairs.add('a list without its key was read');
    return { [name]: value };
  }
  const lists = isObject(value) ? Object.values(value).filter(Array.isArray) : [];
  if (lists.length !== 1) return value;
  repairs.add('keys were spelled in another way');
  return { [name]: lists[0] };
}

/** The object inside one surplus wrapping: a list of one, a single key around it, or JSON written as text. */
function unwrapped(value: unknown, shape: Shape, repairs: Repairs): unknown {
  if (hasItsKeys(value, shape)) return value;
  const joined = joinedParts(value, shape);
  if (joined !== null) {
    repairs.add('an object written in parts was joined');
    return joined;
  }
  const first = insideOf(value);
  const near = first.filter((one) => hasItsKeys(one, shape));
  const inner = near.length > 0 ? near : first.flatMap(insideOf).filter((one) => hasItsKeys(one, shape));
  if (inner.length !== 1) return value;
  repairs.add('a surplus wrapping was taken off');
  return inner[0];
}

/** The object whose fields a list of objects holds, each field in one of them and none besides. */
function joinedParts(value: unknown, shape: Shape): Record<string, unknown> | null {
  if (!Array.isArray(value) || value.length < 2 || !value.every(isObject)) return null;
  const keys = value.flatMap((part) => Object.keys(part));
  const names = new Set(Object.keys(shape.properties ?? {}).map(plainKey));
  const plain = keys.map(plainKey);
  if (new Set(plain).size < plain.length || !plain.every((key) => names.has(key))) return null;
  const joined: Record<string, unknown> = Object.assign({}, ...value);
  return hasItsKeys(joined, shape) ? joined : null;
}

function insideOf(value: unknown): unknown[] {
  if (typeof value === 'string') return [parsedText(value)];
  if (Array.isArray(value)) return value.length === 1 ? value : [];
  if (!isObject(value)) return [];
  return Object.values(value).flatMap((one) =>
    typeof one === 'string' ? [parsedText(one)] : Array.isArray(one) && one.length === 1 ? one : [one],
  );
}

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hasItsKeys(value: unknown, shape: Shape): boolean {
  if (!isObject(value)) return false;
  const names = Object.keys(shape.properties ?? {});
  const needed = names.filter((name) => {
    const field = shape.properties?.[name];
    return shape.required?.includes(name) && !(field?.type === 'string' && !field.enum && !field.minLength);
  });
  return needed.every((name) => keyFor(value, name, names) !== null);
}

function fitList(value: unknown, shape: Shape, repairs: Repairs): unknown {
  const { items = {}, maxItems = Number.POSITIVE_INFINITY } = shape;
  const list = listOf(value, items, repairs);
  if (!Array.isArray(list)) return list;
  if (items.enum) return fitNames(list, items.enum, shape, repairs);
  const fitted = list.map((one) => fitSchema(one, items, repairs));
  if (fitted.length <= maxItems) return fitted;
  repairs.add('entries beyond the number asked for were left out');
  return fitted.slice(0, maxItems);
}

/** A list, or the one that a text or an object of numbered entries spells out. */
function listOf(value: unknown, items: Shape, repairs: Repairs): unknown {
  if (Array.isArray(value)) return insideOfOne(value, repairs);
  if (typeof value === 'string') {
    const list = items.enum ? namesIn(value, items.enum) : parsedText(value);
    if (!Array.isArray(list) || list.length === 0) return value;
    repairs.add('a list written as text was read');
    return list;
  }
  if (isObject(value) && items.enum) {
    const ranked = rankedNames(value, items.enum) ?? keyedNames(value, items.enum);
    if (ranked === null) return value;
    repairs.add('an object of places was read as a list');
    return ranked;
  }
  if (isObject(value) && items.type === 'object' && !hasItsKeys(value, items)) {
    const entries = Object.values(value);
    const isNumbered = entries.length > 0 && entries.every((one) => hasItsKeys(one, items));
    const read = isNumbered ? entries : keyedEntries(value, items);
    if (read === null) return value;
    repairs.add('an object of entries was read as a list');
    return read;
  }
  if (isObject(value) && !items.enum && items.type === 'object' && hasItsKeys(value, items)) {
    repairs.add('a single entry was put into a list');
    return [value];
  }
  return value;
}

/** Entries whose one text stands as the key before the rest of each, or before the one name that each has besides: `{"oak": "strong"}`. */
function keyedEntries(value: Readonly<Record<string, unknown>>, items: Shape): unknown[] | null {
  const needed = Object.entries(items.properties ?? {}).filter(
    ([name, { type, enum: names, minLength }]) =>
      items.required?.includes(name) && (names !== undefined || type !== 'string' || (minLength ?? 0) > 0),
  );
  const texts = needed.filter(([, { type, enum: names }]) => type === 'string' && names === undefined);
  const named = needed.filter(([, { enum: names }]) => names !== undefined);
  if (texts.length !== 1) return null;
  const [[text]] = texts;
  const entries = Object.entries(value).map(([key, one]) => {
    if (isObject(one)) return { ...one, [text]: key };
    return named.length === 1 && typeof one === 'string' ? { [text]: key, [named[0][0]]: one } : null;
  });
  const isWhole = entries.length > 0 && entries.every((one) => one !== null && hasItsKeys(one, items));
  return isWhole ? entries : null;
}

function insideOfOne(list: readonly unknown[], repairs: Repairs): readonly unknown[] {
  if (list.length !== 1 || !Array.isArray(list[0])) return list;
  repairs.add('a surplus wrapping was taken off');
  return list[0];
}

/** Names of a list, each read on its own. A list that is too long is cut to its different names; which are missing is the caller's to say. */
function fitNames(
  list: readonly unknown[],
  names: readonly unknown[],
  { minItems = 0, maxItems = Number.POSITIVE_INFINITY }: Shape,
  repairs: Repairs,
): unknown[] {
  // Counted from 0 nobody can say whether 1 is the first or the second.
  if (list.some((one) => one === 0 || one === '0')) return [...list];
  const read = list.map((one) => fitName(one, names, repairs));
  if (read.length <= maxItems) return read;
  const known = [...new Set(read)].filter((one) => names.includes(one));
  if (known.length < minItems) return read;
  repairs.add('repeated, unknown or surplus names were left out');
  return known.slice(0, maxItems);
}

/** One of the names: in any letter case, as its number, with words behind it, or inside an object. */
function fitName(value: unknown, names: readonly unknown[], repairs: Repairs): unknown {
  if (names.includes(value)) return value;
  const meant = nameIn(value, names);
  if (meant === undefined) return value;
  repairs.add('names were spelled in another way');
  return meant;
}

function fitText(value: unknown, shape: Shape, repairs: Repairs): unknown {
  const text = textOf(value, repairs);
  if (text === null) return value;
  const clean = cleanText(text).replace(/\s+/gu, ' ').trim();
  if (cleanText(text) !== text) repairs.add('control characters were taken out');
  const { maxLength = Number.POSITIVE_INFINITY } = shape;
  if (clean.length <= maxLength) return clean;
  const short = firstSentences(clean, maxLength);
  if (short === null) return clean;
  repairs.add('a text was cut after its last whole sentence that fits');
  return short;
}

function textOf(value: unknown, repairs: Repairs): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') {
    repairs.add('a number was read as text');
    return String(value);
  }
  if (value === null) {
    repairs.add('a missing text was read as empty');
    return '';
  }
  if (isObject(value)) {
    const texts = Object.values(value);
    if (texts.length !== 1 || typeof texts[0] !== 'string') return null;
    repairs.add('a surplus wrapping was taken off');
    return texts[0];
  }
  if (!Array.isArray(value)) return null;
  if (value.length === 0) return '';
  const texts = value.map((one) => (isObject(one) && Object.keys(one).length === 1 ? Object.values(one)[0] : one));
  if (!texts.every((one) => typeof one === 'string' || typeof one === 'number')) return null;
  repairs.add('a list was read as text');
  const [begin, ...others] = texts.map(String);
  return others.reduce((all, one) => `${all}${/[.!?。]$/u.test(all) ? ' ' : ', '}${one}`, begin);
}

/** The whole sentences that fit, where they are at least half of what fits; null else. */
function firstSentences(text: string, most: number): string | null {
  const ends = [...text.slice(0, most).matchAll(/[.!?。](?=\s|$)/gu)].map((match) => match.index + match[0].length);
  const end = ends.at(-1) ?? 0;
  return end * 2 >= most ? text.slice(0, end) : null;
}
