import { AmrError, cleanText } from '@agentmmrec/core';

/** What a cell of a table holds: a text, or a list of texts. */
export type CellValue = string | readonly string[];

/** One row, by column name. */
export interface TableRow {
  /** `data/baby.inter line 7`, for errors */
  readonly where: string;
  /** The text of a cell, a list joined by spaces; undefined without such a column. */
  field(column: string): string | undefined;
  /** The cell as it is; undefined without such a column. */
  cell(column: string): CellValue | undefined;
}

/** A row whose cells are read by `read`. */
export function rowOf(where: string, read: (column: string) => CellValue | undefined): TableRow {
  const field = (column: string) => {
    const value = read(column);
    return typeof value === 'object' ? value.join(' ') : value;
  };
  return { where, cell: read, field };
}

/**
 * A value of JSON, Parquet or Arrow as a cell: numbers and dates as text, nothing as an empty text. Of a list of lists (several
 * paths of categories) the first counts, as in the reviews of 2014.
 * @throws AmrError input: an object, or a number that JSON cannot hold exactly
 */
export function toCell(value: unknown, where: string): CellValue {
  const parts = partsOf(value);
  if (parts === null) return plainCell(value, where);
  const [first] = parts;
  const inner = partsOf(first);
  return (inner ?? parts).map((part) => plainCell(part, where));
}

/** The members of a list, or null for anything else. */
function partsOf(value: unknown): unknown[] | null {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) return null;
  return Array.from(value as Iterable<unknown>);
}

function plainCell(value: unknown, where: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  const exact = typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value);
  if (typeof value !== 'object' && exact) return String(value);
  throw new AmrError({
    what: where,
    got: exact ? shown(value) : `the number ${value}, which is not exact`,
    expected: 'a text, a number or a list of them',
    hint: exact ? 'write it as text, or leave the column out' : 'write large numbers as text, in quotes',
  });
}

/** What was found, in few words; never the whole of a nested value. */
export function shown(value: unknown): string {
  if (value === undefined || value === '') return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** The words of a cell as one clean text. */
export function wordsOf(value: CellValue | undefined): string {
  if (value === undefined) return '';
  return cleanText(typeof value === 'string' ? value : value.filter((part) => part !== '').join(' '));
}

const quotedPart = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gu;

/**
 * The parts of a path of categories: a list, a text that spells a list as Python, NumPy or JSON print it (of nested ones the
 * first), or a text parted by `|` or ` > `. What tools write for nothing (nan, None, null) is none.
 */
export function pathOf(value: CellValue | undefined): string[] {
  if (value === undefined) return [];
  const parts = typeof value === 'string' ? splitPath(value.trim()) : value;
  return parts.map((part) => cleanText(part).trim()).filter((part) => !/^(|nan|none|null)$/i.test(part));
}

function splitPath(text: string): readonly string[] {
  const nested = /^[[(]\s*[[(]([^\])]*)[\])]/su.exec(text);
  const list = nested ?? /^[[(](.*)[\])]$/su.exec(text);
  // RecBole writes the list without its brackets.
  const inner = list?.[1] ?? (/^(['"]).*\1$/su.test(text) && /['"]\s*,\s*['"]/.test(text) ? text : undefined);
  if (inner === undefined) return text.split(/\||\s>\s/u);
  const quoted = [...inner.matchAll(quotedPart)].map(([, single, double]) => unescaped(single ?? double));
  if (quoted.length > 0) return quoted;
  return inner.split(',');
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gu, '$1');
}
