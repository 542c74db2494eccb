import { cleanText } from '@agentmmrec/core';
import { decodeEntities } from './htmlEntities.js';
import { type LiteralValue, parsePythonLiteral, parseShallowJson } from './pythonLiteral.js';

/** What a text that looks like JSON or a Python literal means; undefined for any other. */
export function literalOf(text: string): LiteralValue | undefined {
  if (!/^\s*[[({]/.test(text)) return undefined;
  try {
    return parseShallowJson(text);
  } catch {
    try {
      return parsePythonLiteral(text);
    } catch (cause) {
      if (cause instanceof SyntaxError) return undefined;
      throw cause;
    }
  }
}

/**
 * The one text that an object of a list stands for, as movies and shops list genres and categories: its name.
 * @returns undefined where there is none
 */
export function nameOf(value: object): unknown {
  const { name, title, label } = value as Readonly<Record<string, unknown>>;
  return [name, title, label].find((one) => typeof one === 'string');
}

/** A part in quotes, or one without them up to the next comma. */
const listPart = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,'"][^,]*)/gsu;
/** A list or a set as Python, NumPy, JSON or PostgreSQL print it, of nested ones the first. */
const listed = /^[[({](.*)[\])}]$/su;
const nested = /^[[(]\s*[[(]([^\])]*)[\])]/su;

/**
 * The parts of a text that spells a list as Python, NumPy, JSON or PostgreSQL print it, of nested ones the first; of objects their
 * names.
 * @returns undefined for a text that spells none
 */
function listIn(text: string): readonly string[] | undefined {
  const literal = literalOf(text);
  const named = literal === undefined ? undefined : firstPath(literal);
  const spelled = (nested.exec(text) ?? listed.exec(text))?.[1];
  // RecBole writes the list without its brackets.
  const bracketless = /^(['"]).*\1$/su.test(text) && /['"]\s*,\s*['"]/.test(text) ? text : undefined;
  const inner = spelled ?? bracketless;
  if (inner === undefined) return undefined;
  const parts = [...inner.matchAll(listPart)].map(([, single, double, bare]) => bare ?? unescaped(single ?? double));
  if (holdsObjects(literal)) return named;
  // NumPy puts no commas, where Python joins neighbours to one.
  return named !== undefined && named.length === parts.length ? named : parts;
}

function holdsObjects(value: LiteralValue | undefined): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? value.some(holdsObjects) : Object.keys(value).length > 0;
}

/** The texts of the first path in nested lists. */
function firstPath(value: LiteralValue): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const there = value.filter((part) => part !== null);
  if (Array.isArray(there[0])) return firstPath(there[0]);
  const texts = there.map((part) => (typeof part === 'object' && part !== null ? nameOf(part) : part));
  return texts.some((text) => text === undefined || typeof text === 'object') ? undefined : texts.map(String);
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gsu, '$1');
}

/** What parts a path of categories that is one text; a bare `>` only where it cannot be the end of a tag. */
const parted = /[|;»›→]|\s+(?:>+|::|->)\s+/u;
const partedWithoutTags = /[|;»›→]|\s*(?:>+|->)\s*(?=\D|$)|\s+::\s+/u;

/** What Magento puts above all categories of a shop. */
const shopRoot = 'Default Category';

/** The deepest of several paths of one root with commas between them, as shops list where an item stands; undefined for any other text. */
function deepestOf(text: string, slash: '/' | '>'): readonly string[] | undefined {
  if (!text.includes(slash)) return undefined;
  const paths = text.split(/[,;]/).map((path) => path.split(slash).map((part) => part.trim()));
  const [[root]] = paths;
  const alike = paths.length > 1 && root !== '' && paths.every((path) => path[0] === root);
  if (!alike && root !== shopRoot) return undefined;
  const deepest = paths.reduce((most, path) => (path.length > most.length ? path : most));
  return deepest[0] === shopRoot ? deepest.slice(1) : deepest;
}

/** The parts of a path of categories in one text: a list as `listIn` reads it, or parted by `|`, `;`, `>` or an arrow. */
export function pathIn(text: string): readonly string[] {
  const list = listIn(text);
  if (list !== undefined) return list;
  const plain = decodeEntities(text);
  const deepest = deepestOf(plain, '/') ?? deepestOf(plain, '>');
  if (deepest !== undefined) return deepest;
  return plain.split(text.includes('<') || plain.includes('<') ? parted : partedWithoutTags);
}

/** A text of several parts as one: a list is spelled out as words, anything else stays. */
export function wordsIn(text: string): string {
  const list =
    /^\[.*\]$/su.test(text.trim()) && /^\[\s*(?:['"]|\])/.test(text.trim()) ? listIn(text.trim()) : undefined;
  return list === undefined ? cleanText(text) : cleanText(list.filter((part) => part.trim() !== '').join(' '));
}
