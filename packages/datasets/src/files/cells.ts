import { AmrError, cleanText } from '@agentmmrec/core';
import { nameOf, pathIn, wordsIn } from './listText.js';
import { pictureOf } from './pictureAddress.js';

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
 * A value of JSON, Parquet or Arrow as a cell of our `column`: numbers and dates as text, nothing as an empty text. Of a list of
 * lists (several paths of categories) the first counts, as in the reviews of 2014; of objects their names; of pictures
 * the first.
 * @throws AmrError input: an object, or a number that JSON cannot hold exactly
 */
export function toCell(column: string, value: unknown, where: string): CellValue {
  if (column === 'image' && typeof value === 'object') return pictureOf(value);
  const parts = partsOf(value);
  if (parts === null) return plainCell(isNamed(column) ? named(value) : value, where);
  const there = parts.filter((part) => part !== null && part !== undefined);
  if (partsOf(there[0]) !== null) return toCell(column, there[0], where);
  return there.map((part) => plainCell(named(part), where));
}

/** Of an object its name, where it has one. */
function named(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? (nameOf(value) ?? value) : value;
}

/** Columns whose words shops keep as objects with a name. */
function isNamed(column: string): boolean {
  return column === 'brand' || column === 'categories';
}

/** The members of a list, or null for anything else. */
function partsOf(value: unknown): unknown[] | null {
  return Array.isArray(value) ? value : null;
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

/** The words of a cell as one clean text; a text that spells a list is read as the list. */
export function wordsOf(value: CellValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? wordsIn(value) : cleanText(value.filter((part) => part !== '').join(' '));
}

/**
 * The parts of a path of categories: a list, or a text that spells one (see `pathIn`). What tools write for nothing (nan, None,
 * null) is none.
 */
export function pathOf(value: CellValue | undefined): string[] {
  if (value === undefined) return [];
  const parts = typeof value === 'string' ? pathIn(value.trim()) : value;
  return parts.map((part) => cleanText(part).trim()).filter((part) => !/^(|nan|none|null)$/i.test(part));
}
