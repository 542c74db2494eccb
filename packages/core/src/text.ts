/**
 * What text may hold, at the borders: `withoutMarks` and `cleanText` where it comes in, `printable`, `csvField`, `escapeHtml`
 * and `markdownText` where it goes out. Between the borders it is never looked at again.
 */

/**
 * Byte order marks, marks that turn the direction of what follows, spaces of no width and the letters of tags: they show nothing, and change
 * what others show or hide what a model reads. Joiners within words and pictures (U+200C, U+200D) are none of them.
 */
const invisibleMarks =
  /[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
/** Ends of lines and paragraphs that are no line ends to most programs, and are to some. */
const otherLineEnds = /[\u2028\u2029]/g;
/** Control characters other than tab and line ends. */
const controls = /[^\P{Cc}\t\n\r]/gu;

/** What moves a terminal's cursor or colours its text, and what names its window: without its first sign the rest is rubbish. */
const terminalSequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /(?:\u001b\[|\u009b)[0-?]{0,64}[ -/]{0,8}[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\n]{0,256}(?:\u0007|\u001b\\|\u009c)/gu;

/** The text of an id as it comes in: without byte order marks and direction marks. */
export function withoutMarks(text: string): string {
  return text.replace(invisibleMarks, '');
}

/**
 * A text as it comes in from a file, an answer or another memory: without marks, control characters and sequences as spaces, half characters
 * (unpaired surrogates, which no UTF-8 file can hold) as U+FFFD.
 */
export function cleanText(text: string): string {
  return withoutMarks(text)
    .replace(terminalSequences, ' ')
    .replace(controls, ' ')
    .replace(otherLineEnds, ' ')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** A text as a terminal may show it: what would move its cursor or turn its direction is spelled out. */
export function printable(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/[^\P{Cc}\t\n]/gu, spelledOut)
    .replace(otherLineEnds, spelledOut)
    .replace(invisibleMarks, spelledOut);
}

/** As JSON spells it: a character beyond the first 65,536 is two. */
function spelledOut(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/**
 * A field of a comma-separated table (RFC 4180); what a terminal must not get is spelled out.
 * @param guard puts an apostrophe before what a spreadsheet would take for a formula, signs of full width and blanks before it included
 */
export function csvField(text: string, guard = false): string {
  const shown = printable(text);
  const safe = guard && /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\n]/.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A text inside HTML, where it must stay text, also in the quotes of an attribute; marks are spelled out as for a terminal. */
export function escapeHtml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A text inside a line or a table's cell of Markdown: one line, no markup of HTML, no end of the cell. */
export function markdownText(text: string): string {
  return printable(text.replace(/\s+/g, ' '))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\|`*[]/g, '\\$&');
}
