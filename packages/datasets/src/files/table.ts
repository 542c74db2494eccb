import { AmrError, nearestName } from '@agentmmrec/core';
import { forEachLine } from './lines.js';

/** What a reader wants of a delimited table with a header. */
export interface TableShape {
  /** `tab`: fields are taken as they stand. `comma`: double quotes enclose fields that hold commas, quotes or line ends. */
  readonly delimiter: 'tab' | 'comma';
  /** columns that must be there */
  readonly required: readonly string[];
  /** columns that are read when there */
  readonly optional: readonly string[];
  /** other names of these columns, taken where the column's own name is absent */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The names of a header with aliases replaced by the columns they stand for. Two aliases of one column both become its name, so
 * that nothing is chosen in silence.
 */
export function resolveAliases(names: readonly string[], aliases: TableShape['aliases'] = {}): string[] {
  const meant = new Map<string, string>();
  for (const [column, others] of Object.entries(aliases)) {
    if (!names.includes(column)) for (const other of others) meant.set(other, column);
  }
  return names.map((name) => meant.get(name) ?? name);
}

/** One row, by column name. A missing optional column gives undefined. */
export interface TableRow {
  /** `data/baby.inter line 7`, for errors */
  readonly where: string;
  field(column: string): string | undefined;
}

/** A quoted field may hold line ends, but no field of our formats goes on for this many lines. */
const longestRecordLines = 10_000;
/** Nor is any record longer: a quote that is never closed must not gather the rest of the file. */
const longestRecordCharacters = 16 * 2 ** 20;

/**
 * Reads a table row by row. Columns may stand in any order; further columns are ignored unless their name is a misspelling of
 * a wanted one. Empty lines are skipped.
 * @returns the names of the columns that were found and not asked for
 * @throws AmrError input: no header, a missing or doubled column, a row with too many or too few fields, an open quote
 */
export async function readTable(path: string, shape: TableShape, onRow: (row: TableRow) => void): Promise<string[]> {
  let columns: Map<string, number> | undefined;
  let pending: { lines: string[]; first: number; characters: number } | undefined;
  const onRecord = (text: string, line: number) => {
    const where = `${path} line ${line}`;
    const fields = shape.delimiter === 'tab' ? text.split('\t') : splitQuoted(text, where);
    if (!columns) {
      columns = readHeader(fields, shape, where);
      return;
    }
    const positions = columns;
    if (fields.length !== positions.size) {
      throw new AmrError({
        what: where,
        got: `${fields.length} fields`,
        expected: `${positions.size}, as in the header`,
        hint: 'the row is damaged or cut short; repair or remove it',
      });
    }
    onRow({
      where,
      field: (column) => {
        const at = positions.get(column);
        return at === undefined ? undefined : fields[at];
      },
    });
  };
  await forEachLine(path, (line, number) => {
    if (line === '' && !pending) return;
    const open: boolean = shape.delimiter === 'comma' && (pending !== undefined) !== hasOddQuotes(line);
    if (!open && !pending) {
      onRecord(line, number);
      return;
    }
    pending ??= { lines: [], first: number, characters: 0 };
    pending.lines.push(line);
    pending.characters += line.length + 1;
    if (open) {
      const long = pending.lines.length > longestRecordLines || pending.characters > longestRecordCharacters;
      if (long) throw openQuote(`${path} line ${pending.first}`);
      return;
    }
    const { lines, first }: { lines: string[]; first: number } = pending;
    pending = undefined;
    onRecord(lines.join('\n'), first);
  });
  if (pending) throw openQuote(`${path} line ${pending.first}`);
  if (!columns) {
    throw new AmrError({
      what: path,
      got: 'an empty file',
      expected: `a header with ${shape.required.join(', ')}`,
      hint: 'check that the file was copied whole',
    });
  }
  const wanted = new Set([...shape.required, ...shape.optional]);
  return [...columns.keys()].filter((name) => !wanted.has(name));
}

function readHeader(header: string[], shape: TableShape, where: string): Map<string, number> {
  const fields = resolveAliases(header, shape.aliases);
  const known = [...shape.required, ...shape.optional];
  const columns = new Map<string, number>();
  fields.forEach((name, at) => {
    if (columns.has(name)) {
      throw new AmrError({
        what: where,
        got: `column "${name}" twice${header[at] === name ? '' : `, as "${header[at]}"`}`,
        expected: 'each column once',
        hint: 'rename or remove one of them',
      });
    }
    columns.set(name, at);
  });
  for (const name of shape.required) {
    if (!columns.has(name)) throw missingColumn(name, header, where);
  }
  for (const name of columns.keys()) {
    const near = known.includes(name) ? undefined : nearestName(name, known);
    if (near !== undefined && !columns.has(near)) throw missingColumn(near, header, where);
  }
  return columns;
}

function missingColumn(name: string, fields: string[], where: string): AmrError {
  const found = fields.slice(0, 12).map((field) => JSON.stringify(field.slice(0, 40)));
  const near = nearestName(name, fields);
  return new AmrError({
    what: where,
    got: `the columns ${found.join(', ')}`,
    expected: `a column "${name}"`,
    hint: near ? `rename "${near}" to "${name}"` : 'the first line must name the columns',
  });
}

function openQuote(what: string): AmrError {
  return new AmrError({
    what,
    got: 'a quote that is not closed',
    expected: 'each field that starts with " to end with "',
    hint: 'the file is cut short or a quote inside a field is not doubled',
  });
}

/** Quotes are doubled inside a quoted field, so a record is whole exactly when their number is even. */
function hasOddQuotes(text: string): boolean {
  let quotes = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes++;
  return quotes % 2 === 1;
}

/** Fields of a comma-separated record (RFC 4180). */
function splitQuoted(text: string, where: string): string[] {
  if (!text.includes('"')) return text.split(',');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] !== '"') {
      const end = text.indexOf(',', at);
      fields.push(end < 0 ? text.slice(at) : text.slice(at, end));
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    let end = text.indexOf('"', at + 1);
    while (text[end + 1] === '"') end = text.indexOf('"', end + 2);
    if (end < 0 || (end + 1 < text.length && text[end + 1] !== ',')) throw openQuote(where);
    fields.push(text.slice(at + 1, end).replaceAll('""', '"'));
    if (end + 1 >= text.length) return fields;
    at = end + 2;
  }
}
