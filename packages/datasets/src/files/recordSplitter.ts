import { AmrError } from '@agentmmrec/core';

/** A quoted field may hold line ends, but no field of our formats goes on for this many lines. */
const longestRecordLines = 10_000;
/** Nor is any record longer: a quote that is never closed must not gather the rest of the file. */
const longestRecordCharacters = 16 * 2 ** 20;

export type Delimiter = ',' | '\t' | ';' | '|';

/** The fields of a record and the line where it began. */
export interface SplitRecord {
  readonly fields: readonly string[];
  readonly number: number;
}

/**
 * Parts the records of a delimited table into fields, line by line. Double quotes enclose fields that hold the delimiter, quotes
 * (doubled) or line ends (RFC 4180). In a table parted by tabs a quote is a quote only where the field ends with its partner:
 * spreadsheets and pandas write such fields, while others write every field as it stands. A quote inside a field may also stand
 * behind a backslash.
 */
export class RecordSplitter {
  /** quoted fields of records parted by tabs */
  unquoted = 0;
  private fields: string[] = [];
  /** what is there of a quoted field that goes on in the next line */
  private partial: string | null = null;
  private first = { line: '', number: 0 };
  private lines = 0;
  private characters = 0;

  constructor(
    private readonly path: string,
    private readonly delimiter: Delimiter,
  ) {}

  /** A record has begun and goes on in the next line. */
  get open(): boolean {
    return this.partial !== null;
  }

  /**
   * Takes a line.
   * @param expected fields of the header; 0 for the header itself
   * @returns the records that are whole with it
   * @throws AmrError input: a comma-separated record with text after a closing quote, or a quote that is never closed
   */
  take(line: string, number: number, expected: number): SplitRecord[] {
    // A row as long as the header right after a field that was left open: its quote was none.
    const before = this.lines === 1 && line.split(this.delimiter).length === expected ? this.literal(expected) : null;
    if (before) this.partial = null;
    const whole = before ? [before] : [];
    if (!this.open) {
      if (!line.includes('"')) return [...whole, { fields: line.split(this.delimiter), number }];
      this.first = { line, number };
      this.fields = [];
      this.lines = 0;
      this.characters = 0;
    }
    this.characters += line.length + 1;
    if (this.split(line)) return [...whole, { fields: this.fields, number: this.first.number }];
    const long = ++this.lines > longestRecordLines || this.characters > longestRecordCharacters;
    if (long) throw this.openQuote();
    return whole;
  }

  /** @returns the last record, when a quote that begins one of its fields was none. @throws AmrError input: the file ended inside one */
  end(expected: number): SplitRecord[] {
    if (!this.open) return [];
    const last = this.lines === 1 ? this.literal(expected) : null;
    if (last) return [last];
    throw this.openQuote();
  }

  /** The open record's first line as it stands, where that makes a row of a table parted by tabs. */
  private literal(expected: number): SplitRecord | null {
    if (!this.open || this.delimiter !== '\t') return null;
    const fields = this.first.line.split('\t');
    return expected === 0 || fields.length === expected ? { fields, number: this.first.number } : null;
  }

  /** @returns whether the record ends with the line */
  private split(line: string): boolean {
    for (let at = 0; at <= line.length; ) {
      const quoted = this.partial !== null || line[at] === '"';
      const next = quoted ? this.quotedField(line, this.partial === null ? at + 1 : at, at) : this.plainField(line, at);
      if (next === null) return false;
      at = next;
    }
    return true;
  }

  /** @returns where the next field begins */
  private plainField(line: string, at: number): number {
    const end = line.indexOf(this.delimiter, at);
    this.fields.push(end < 0 ? line.slice(at) : line.slice(at, end));
    return end < 0 ? line.length + 1 : end + 1;
  }

  /** @returns where the next field begins; null when the field goes on in the next line */
  private quotedField(line: string, from: number, begin: number): number | null {
    let end = line.indexOf('"', from);
    let escaped = false;
    while (end >= 0) {
      const slashed = end > from && line[end - 1] === '\\' && this.goesOn(line, end);
      if (!slashed && line[end + 1] !== '"') break;
      escaped ||= slashed;
      end = line.indexOf('"', slashed ? end + 1 : end + 2);
    }
    if (end < 0) {
      this.partial = `${this.partial ?? ''}${line.slice(from)}\n`;
      return null;
    }
    if (end + 1 < line.length && line[end + 1] !== this.delimiter) {
      if (this.delimiter === ',' || this.partial !== null) throw this.openQuote();
      return this.plainField(line, begin);
    }
    const field = `${this.partial ?? ''}${line.slice(from, end)}`.replaceAll('""', '"');
    this.fields.push(escaped ? field.replaceAll('\\"', '"') : field);
    this.partial = null;
    if (this.delimiter === '\t') this.unquoted++;
    return end + 2;
  }

  /**
   * Whether the field goes on behind a quote that has a backslash before it, as R and MySQL write quotes inside a field. Before the
   * field's end it is a backslash, and two quotes are one (RFC 4180), unless the second ends the field.
   */
  private goesOn(line: string, quote: number): boolean {
    const ends = (at: number) => at >= line.length || line[at] === this.delimiter;
    return line[quote + 1] === '"' ? ends(quote + 2) : !ends(quote + 1);
  }

  private openQuote(): AmrError {
    return new AmrError({
      what: `${this.path} line ${this.first.number}`,
      got: 'a quote that is not closed',
      expected: 'each field that starts with " to end with "',
      hint: 'the file is cut short or a quote inside a field is not doubled',
    });
  }
}
