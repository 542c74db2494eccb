/** What a Python literal of dicts, lists, texts and numbers becomes: the shapes of JSON. */
export type LiteralValue =
  | string
  | number
  | boolean
  | null
  | readonly LiteralValue[]
  | { readonly [key: string]: LiteralValue };

/** No record nests deeper; the bound keeps damaged input from exhausting the stack. */
const deepest = 64;

/**
 * JSON that nests as deep as a record may.
 * @throws SyntaxError: no JSON, or deeper
 */
export function parseShallowJson(text: string): LiteralValue {
  const value = JSON.parse(text) as LiteralValue;
  if (nestsDeeper(value, deepest)) throw new SyntaxError(`more than ${deepest} levels`);
  return value;
}

function nestsDeeper(value: LiteralValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => nestsDeeper(part, levels - 1));
}

/**
 * Reads one Python literal: dict, list, tuple, text (also `u''`, `r''`, `b''` and neighbours that join), number, True,
 * False, None. Never runs code. Keys become texts.
 * @see The Python language reference, section 2.4 "Literals"
 * @throws SyntaxError with the position for anything else
 */
export function parsePythonLiteral(source: string): LiteralValue {
  const reader = new LiteralReader(source);
  const value = reader.value(0);
  reader.end();
  return value;
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};
const hexEscapes: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const closers: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}' };
const numberPattern = /[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[lL]?/y;
const textPattern = /[uUbB]?([rR]?)('''|"""|'|")/y;
const wordPattern = /True|False|None|nan|inf/y;

class LiteralReader {
  private at = 0;

  constructor(private readonly source: string) {}

  end(): void {
    this.space();
    if (this.at < this.source.length) throw this.fail('the end');
  }

  value(depth: number): LiteralValue {
    if (depth > deepest) throw this.fail(`at most ${deepest} levels`);
    this.space();
    const character = this.source[this.at];
    if (character === '{') return this.dict(depth);
    if (character === '[' || character === '(') return this.list(depth);
    if (this.match(textPattern, false)) return this.text();
    const word = this.match(wordPattern, true);
    if (word) return word[0] === 'True' ? true : word[0] === 'False' ? false : null;
    const number = this.match(numberPattern, true);
    if (number) return Number(number[0].replace(/[_lL]/g, ''));
    throw this.fail('a value');
  }

  private dict(depth: number): LiteralValue {
    this.at++;
    const entries: [string, LiteralValue][] = [];
    for (this.space(); this.source[this.at] !== '}'; this.separator('}')) {
      const key = this.value(depth + 1);
      this.space();
      if (this.source[this.at] !== ':') throw this.fail('a colon');
      this.at++;
      entries.push([typeof key === 'string' ? key : JSON.stringify(key), this.value(depth + 1)]);
    }
    this.at++;
    // fromEntries defines own properties, so a key "__proto__" is a key like any other.
    return Object.fromEntries(entries);
  }

  private list(depth: number): LiteralValue {
    const closer = closers[this.source[this.at++]];
    const values: LiteralValue[] = [];
    for (this.space(); this.source[this.at] !== closer; this.separator(closer)) values.push(this.value(depth + 1));
    this.at++;
    return values;
  }

  /** A comma, or the closer ahead. */
  private separator(closer: string): void {
    this.space();
    if (this.source[this.at] === ',') this.at++;
    else if (this.source[this.at] !== closer) throw this.fail(`a comma or ${closer}`);
    this.space();
  }

  /** One text or several that stand side by side. */
  private text(): string {
    let text = '';
    for (;;) {
      this.space();
      const opening = this.match(textPattern, true);
      if (!opening) return text;
      text += this.textBody(opening[2], opening[1] !== '');
    }
  }

  private textBody(quote: string, raw: boolean): string {
    const parts: string[] = [];
    let start = this.at;
    for (;;) {
      if (this.at >= this.source.length) throw this.fail(`a closing ${quote}`);
      if (this.source.startsWith(quote, this.at)) break;
      if (this.source[this.at] !== '\\') {
        this.at++;
        continue;
      }
      if (raw) {
        this.at += 2;
        continue;
      }
      parts.push(this.source.slice(start, this.at), this.escape());
      start = this.at;
    }
    parts.push(this.source.slice(start, this.at));
    this.at += quote.length;
    return parts.join('');
  }

  private escape(): string {
    const letter = this.source[this.at + 1] ?? '';
    const digits = hexEscapes[letter];
    if (digits !== undefined) {
      const code = this.source.slice(this.at + 2, this.at + 2 + digits);
      if (!/^[0-9a-fA-F]+$/.test(code) || code.length < digits || Number.parseInt(code, 16) > 0x10ffff) {
        throw this.fail(`${digits} hexadecimal digits of a character`);
      }
      this.at += 2 + digits;
      return String.fromCodePoint(Number.parseInt(code, 16));
    }
    const octal = /^[0-7]{1,3}/.exec(this.source.slice(this.at + 1, this.at + 4));
    if (octal) {
      this.at += 1 + octal[0].length;
      return String.fromCharCode(Number.parseInt(octal[0], 8));
    }
    this.at += 2;
    // An unknown escape stands for itself, backslash included.
    return Object.hasOwn(escapes, letter) ? escapes[letter] : `\\${letter}`;
  }

  private space(): void {
    while (/\s/.test(this.source[this.at] ?? '')) this.at++;
  }

  private match(pattern: RegExp, take: boolean): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found && take) this.at += found[0].length;
    return found;
  }

  private fail(expected: string): SyntaxError {
    return new SyntaxError(`expected ${expected} at character ${this.at + 1}`);
  }
}
