/**
 * Text from data (item descriptions, and what a model wrote about them) made fit to stand in a prompt. It stays readable, but can
 * no longer be taken for structure: no line ends, so a line of data stays one line; no control or invisible characters; no
 * semicolons, which part the fields of a line; and no brackets that chat templates and servers give a meaning (`<|im_end|>`, `[INST]`, `[img-0]`, `{{...}}`).
 * @param bytes the most UTF-8 bytes kept; cut between words where there is a space near the end
 */
export function dataText(text: string, bytes = Number.POSITIVE_INFINITY): string {
  const plain = text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .replace(/[<>[\]{}`;]/g, (character) => REPLACEMENTS[character])
    .replace(/\s+/g, ' ')
    .trim();
  return clip(plain, bytes);
}

const REPLACEMENTS: Readonly<Record<string, string>> = {
  '<': '‹',
  '>': '›',
  '[': '(',
  ']': ')',
  '{': '(',
  '}': ')',
  '`': "'",
  ';': ',',
};

function clip(text: string, bytes: number): string {
  if (Buffer.byteLength(text, 'utf8') <= bytes) return text;
  let used = Buffer.byteLength('…', 'utf8');
  let end = 0;
  for (const character of text) {
    used += Buffer.byteLength(character, 'utf8');
    if (used > bytes) break;
    end += character.length;
  }
  const kept = text.slice(0, end);
  const lastSpace = kept.lastIndexOf(' ');
  return `${kept.slice(0, lastSpace > end * 0.8 ? lastSpace : end).trimEnd()}…`;
}
