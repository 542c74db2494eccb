// jsonrepair: the loose spellings of JSON that models write (quotes, commas, comments, constants of other languages) are many, and
// this library keeps up with them. Our own schema decides what comes of it.
import { canonicalJson, cleanText, libraryWhenUsed } from '@agentmmrec/core';
import type * as JsonRepair from 'jsonrepair';

const jsonRepair = libraryWhenUsed<typeof JsonRepair>('jsonrepair', import.meta.url);

/** A JSON value found in a text, and what had to be done to find it. */
export interface FoundJson {
  readonly value: unknown;
  readonly repairs: readonly string[];
}

/** Longer texts cannot be answers of ours, and looking for JSON in them would take long. */
const LONGEST_READ = 200_000;
const MOST_PIECES = 64;
/** Brackets in prose that are never closed, each of which is looked for to the end of the text. */
const MOST_UNCLOSED = 100;

/**
 * The JSON values that an answer may mean, most literal first: the whole text; else the outermost objects and lists in what is
 * left when reasoning is taken off, each as it stands, else in repaired spelling. A value whose end is missing is none, unless the model ended
 * by itself and left out its last brace alone.
 */
export function findJson(said: string, endedItself = false): FoundJson[] {
  const text = withBlanks(said);
  const spelled = text === said ? [] : ['marks of tokens were read as blanks'];
  const whole = parsed(text.trim());
  if (whole) return [{ value: whole.value, repairs: spelled }];
  if (text.length > LONGEST_READ) return [];
  const { rest: all, repairs: taken } = withoutReasoning(text);
  const rest = withoutFurtherTurns(all);
  const repairs = [...spelled, ...taken, ...(rest === all ? [] : ['a conversation that went on was left out'])];
  const found: FoundJson[] = [];
  for (const piece of [...outermost(rest), ...fromFirstToLast(rest)].map(withoutDoubledBraces)) {
    const around = piece.length === rest.trim().length ? [] : ['text around the JSON was left out'];
    const literal = parsed(piece);
    if (literal) found.push({ value: literal.value, repairs: [...repairs, ...around] });
    else {
      const mended = repaired(piece);
      if (mended) found.push({ value: mended.value, repairs: [...repairs, ...around, 'loose JSON was read'] });
    }
  }
  const closed = endedItself ? withLastBrace(rest) : null;
  if (closed !== null) found.push({ value: closed.value, repairs: [...repairs, 'a missing last brace was added'] });
  return distinct(found);
}

/** How tokenizers write a blank, a line end and a tab, which some servers pass on as they are. */
const TOKEN_MARKS: Readonly<Record<string, string>> = { Ġ: ' ', '▁': ' ', Ċ: '\n', ĉ: '\t', '<0x0A>': '\n' };

/** A text with blanks where marks of tokens stand for them: where there are more of these than blanks. */
function withBlanks(text: string): string {
  const marks = text.match(/[Ġ▁Ċĉ]|<0x0A>/g)?.length ?? 0;
  if (marks === 0 || marks < (text.match(/\s/g)?.length ?? 0)) return text;
  return text.replace(/[Ġ▁Ċĉ]|<0x0A>/g, (mark) => TOKEN_MARKS[mark]);
}

/** Where another turn begins, of templates of chats and in words. */
const TURN =
  /<\|(?:im_end|im_start|eot_id|end|endoftext|end_of_text|start_header_id|user|assistant|return)\|>|<(?:end|start)_of_turn>|<\/s>|\n\s*#{2,3} *(?:instruction|input|response|user|human)\b|\n\s*\**(?:user|human|assistant|instruction)\**\s*:/i;

/** A model that is not stopped goes on with a conversation of its own: what stands behind its first object is of other turns. */
function withoutFurtherTurns(text: string): string {
  const start = text.indexOf('{');
  const end = start < 0 ? -1 : endOf(text, start);
  const turn = end < 0 ? null : TURN.exec(text.slice(end));
  return turn === null || !/[{[]/.test(text.slice(end + turn.index)) ? text : text.slice(0, end + turn.index);
}

/** An object from the first brace to the end of a text, where nothing but its own last brace is missing. */
function withLastBrace(text: string): { readonly value: unknown } | null {
  const object = text.slice(Math.max(0, text.indexOf('{'))).replace(/[\s`~]+$/, '');
  return /^\{[\s\S]*["\]}]$/.test(object) ? parsed(`${object}}`) : null;
}

/** Whether a text begins a JSON value whose end is missing. */
export function isCutOff(text: string): boolean {
  if (text.length > LONGEST_READ) return true;
  const { rest } = withoutReasoning(text);
  const first = rest.search(/[[{]/);
  return first >= 0 && endOf(rest, first) < 0;
}

function parsed(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

function repaired(piece: string): { readonly value: unknown } | null {
  try {
    // A control character inside a text is one no JSON may hold.
    const value: unknown = JSON.parse(jsonRepair().jsonrepair(withPlainMarks(cleanText(piece))));
    // Quotes that were not escaped can be taken for keys; no key of ours has blanks.
    return hasPlainKeys(value) ? { value } : null;
  } catch {
    return null;
  }
}

/** Colons and commas of Chinese and Japanese between texts, where JSON has its own. */
function withPlainMarks(piece: string): string {
  return piece
    .replace(/(["\u201d}\]])(\s*)\uff1a/g, '$1$2:')
    .replace(/(["\u201d}\]])(\s*)[\uff0c\u3001](?=\s*["\u201c{[])/g, '$1$2,');
}

function hasPlainKeys(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(hasPlainKeys);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(key) && hasPlainKeys(inner));
}

const REASONING = 'think|thinking|thought|thoughts|reason|reasoning|reflection|analysis|scratchpad';
/** The end of a reasoning block in the spellings of the model families: `</think>`, `[/THINK]`, `◁/think▷`, a final channel. */
const REASONING_END = new RegExp(
  `(?:</(?:[a-z]+:)?(?:${REASONING})\\s*>|\\[/(?:${REASONING})\\]|◁/think▷|<\\|channel\\|>\\s*final\\s*(?:<\\|[a-z]+\\|>)?)`,
  'gi',
);

/** What stands after the last reasoning block; all of it where a block was opened and never closed. */
function withoutReasoning(text: string): FoundText {
  const ends = [...text.matchAll(REASONING_END)];
  const last = ends.at(-1);
  if (!last) return { rest: text, repairs: [] };
  const rest = text.slice(last.index + last[0].length);
  // Some models put the answer inside the block and nothing behind it.
  if (!/[[{]/.test(rest)) return { rest: text, repairs: [] };
  return { rest, repairs: ['reasoning before the answer was left out'] };
}

interface FoundText {
  readonly rest: string;
  readonly repairs: readonly string[];
}

/** The outermost `{...}` and `[...]` of a text that are closed, in order; brackets in double quotes count as text. */
function outermost(text: string): string[] {
  const pieces: string[] = [];
  let unclosed = 0;
  for (let at = 0; at < text.length && pieces.length < MOST_PIECES && unclosed < MOST_UNCLOSED; at++) {
    if (text[at] !== '{' && text[at] !== '[') continue;
    const end = endOf(text, at);
    if (end < 0) {
      unclosed++;
      continue;
    }
    pieces.push(text.slice(at, end));
    at = end - 1;
  }
  return pieces;
}

/** All from the first brace to the last: a quote inside a text (`12" screen`) hides where an object ends. */
function fromFirstToLast(text: string): string[] {
  const [first, last] = [text.indexOf('{'), text.lastIndexOf('}')];
  return first >= 0 && last > first ? [text.slice(first, last + 1)] : [];
}

/** An object inside braces of their own, as `\\boxed{{...}}` and templates with doubled braces leave it. */
function withoutDoubledBraces(piece: string): string {
  return /^\{\s*\{/.test(piece) && /\}\s*\}$/.test(piece) ? piece.slice(1, -1).trim() : piece;
}

/** Where the bracket at `start` is closed, or -1. A bracket closed by the wrong one is no JSON. */
function endOf(text: string, start: number): number {
  const open: string[] = [];
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
      continue;
    }
    if (character === '"') quoted = true;
    else if (character === '{') open.push('}');
    else if (character === '[') open.push(']');
    else if (character === '}' || character === ']') {
      if (open.pop() !== character) return -1;
      if (open.length === 0) return at + 1;
    }
  }
  return -1;
}

function distinct(found: readonly FoundJson[]): FoundJson[] {
  const seen = new Set<string>();
  return found.filter(({ value }) => {
    const key = canonicalJson(value);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
