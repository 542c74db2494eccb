import { AmrError, withoutMarks } from '@agentmmrec/core';
import type { TableRow } from './cells.js';

const longestIdCharacters = 256;

/** The data set's own id: any text that can stand on one line. */
export function readOwnId(row: TableRow, column: string): string {
  // Blanks around an id are how the file was written and no part of it.
  const value = withoutMarks(row.field(column) ?? '').trim();
  if (!isId(value)) {
    throw new AmrError({
      what: `${row.where}, ${column}`,
      got: shown(value),
      expected: `an id of 1 to ${longestIdCharacters} characters`,
      hint: 'repair or remove the row',
    });
  }
  return value;
}

/** Control characters and ends of lines would break tables, terminals and logs that show the id; half characters fit no file. */
export function isId(value: string): boolean {
  return value !== '' && value.length <= longestIdCharacters && !/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u.test(value);
}

/** Largest dense id taken at face value: above it, an array per id would not fit a machine. */
const largestDenseId = 100_000_000;

/** A dense id: a whole number from 0. */
export function readDenseId(row: TableRow, column: string): number {
  const value = row.field(column) ?? '';
  const id = /^\d{1,10}$/.test(value) ? Number(value) : -1;
  if (id < 0 || id > largestDenseId) {
    throw new AmrError({
      what: `${row.where}, ${column}`,
      got: shown(value),
      expected: `a whole number from 0 to ${largestDenseId}`,
      hint: 'ids of an .inter file count from 0; repair or remove the row',
    });
  }
  return id;
}

/** Largest number GroupLens and other 32-bit exports give. */
const largestNumberedId = 2 ** 31 - 1;

/** An id that its source numbers, with holes, such as a movie of MovieLens; kept as the text it is. */
export function readNumberedId(row: TableRow, column: string): string {
  const value = row.field(column) ?? '';
  if (/^\d{1,10}$/.test(value) && Number(value) <= largestNumberedId) return value;
  throw new AmrError({
    what: `${row.where}, ${column}`,
    got: shown(value),
    expected: `a whole number from 0 to ${largestNumberedId}`,
    hint: 'repair or remove the row; data with ids of another kind can be read as a table (interactions.csv, items.csv)',
  });
}

/** A split label: 0 train, 1 validation, 2 test. */
function readLabel(row: TableRow, column: string): number {
  const value = row.field(column) ?? '';
  if (value !== '0' && value !== '1' && value !== '2') {
    throw new AmrError({
      what: `${row.where}, ${column}`,
      got: shown(value),
      expected: '0 (train), 1 (validation) or 2 (test)',
      hint: 'repair or remove the row',
    });
  }
  return Number(value);
}

/** The columns of an interaction that may be missing, in the order of `InteractionRows.add`. */
export function optionalFields(row: TableRow): [rating?: number, time?: number, label?: number] {
  const has = (column: string) => row.field(column) !== undefined;
  return [
    has('rating') ? readRating(row, 'rating') : undefined,
    has('timestamp') ? readTime(row, 'timestamp') : undefined,
    has('x_label') ? readLabel(row, 'x_label') : undefined,
  ];
}

const datePattern =
  /^(\d{4}[-/]\d{2}[-/]\d{2})(?:[T ](\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?) ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/;
/** A date that spells its month has one meaning; what JavaScript makes of it without a zone depends on the machine's. */
const spelledMonth = /\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\b/i;
const spelledZone = /(?:\b(?:UTC|GMT)\b|[+-]\d{2}:?\d{2})/;

/**
 * Milliseconds since 1970 of a date as ISO 8601, pandas, DuckDB or a mail write it. Without a zone it is UTC: a split must not depend on
 * where it is drawn.
 */
function millisecondsOf(text: string): number {
  if (spelledMonth.test(text)) return Date.parse(spelledZone.test(text) ? text : `${text} UTC`);
  const [, date, time = '00:00', zone = 'Z'] = datePattern.exec(text) ?? [];
  const offset = zone
    .replace(/UTC|GMT/, 'Z')
    .replace(/^([+-]\d{2}):?(\d{2})?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`);
  const clock = time.length === 2 ? `${time}:00` : time;
  return date === undefined ? Number.NaN : Date.parse(`${date.replaceAll('/', '-')}T${clock}${offset}`);
}

/** A time: a number in any unit that grows with time, or a date (then in milliseconds since 1970). */
export function readTime(row: TableRow, column: string): number {
  const value = (row.field(column) ?? '').trim();
  const isDate = /^\d{4}[-/]/.test(value) || spelledMonth.test(value);
  const time = isDate ? millisecondsOf(value) : value === '' ? Number.NaN : Number(value);
  if (Number.isFinite(time)) return time;
  throw new AmrError({
    what: `${row.where}, ${column}`,
    got: shown(value),
    expected: 'a number, or a date such as 2024-05-31',
    hint: 'repair or remove the row, write dates as 2024-05-31, or leave times out: --columns timestamp=',
  });
}

/** A rating: any finite number. */
export function readRating(row: TableRow, column: string): number {
  const value = row.field(column) ?? '';
  const rating = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(rating)) {
    throw new AmrError({
      what: `${row.where}, ${column}`,
      got: shown(value),
      expected: 'a number',
      hint: /^\d+,\d+$/.test(value) ? 'write decimals with a point, as in 2.5' : 'repair or remove the row',
    });
  }
  return rating;
}

function shown(value: string): string {
  return value === '' ? 'nothing' : JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
}
