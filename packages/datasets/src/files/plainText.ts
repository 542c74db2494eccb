import { cleanText } from '@agentmmrec/core';
import type { ItemContent } from '../contract.js';
import { decodeEntities, holdsEntities } from './htmlEntities.js';

/** Whether a text holds tags or entities, and not only signs that look like their beginning. */
function holdsHtml(text: string): boolean {
  return /<\/?[a-zA-Z][^<>]{0,2000}>|<!--/.test(text) || (text.includes('&') && holdsEntities(text));
}

/**
 * Text without HTML: scripts, styles and tags are removed, entities become their characters (also those that a shop escaped
 * twice), white space is joined. A `<` that opens no tag stays. The work grows linearly with the text.
 */
export function plainText(html: string): string {
  if (!/[<&]/.test(html)) return joinSpace(html);
  const decoded = decodeEntities(withoutTags(html));
  const twice = holdsEntities(decoded) ? decodeEntities(decoded) : decoded;
  // Tags that were escaped themselves; of other angle brackets nobody knows what they meant.
  return joinSpace(twice.replace(escapedTag, ' '));
}

const codeTag = /<(script|style)\b[^<>]{0,500}>[\s\S]{0,100000}?<\/\1>/gi;

function withoutTags(html: string): string {
  return html
    .replace(codeTag, ' ')
    .replace(/<!--[\s\S]{0,100000}?-->/g, ' ')
    .replace(/<\/?[a-zA-Z][^<>]{0,2000}>/g, ' ');
}

const escapedTag =
  /<\/?(?:b|i|u|p|br|em|strong|span|div|ul|ol|li|a|font|small|sup|sub|table|tr|td|h[1-6])(?:\s[^<>]{0,500})?\/?>/gi;

/** The words of an item, as `ItemContent` has them. */
export type ItemWords = Omit<ItemContent, 'imagePath'>;

/** What became of an item's words. */
export interface PlainWords {
  readonly words: ItemWords;
  /** HTML was taken out */
  readonly cleaned: boolean;
  /** the title was, or held, code of a page */
  readonly code: boolean;
}

/**
 * An item's words as plain text: without HTML, where there is any, and without the scripts and styles that crawlers of shops have
 * taken for titles. Categories that were nothing but markup are left out.
 */
export function plainWords(words: ItemWords): PlainWords {
  const title = withoutCode(words.title);
  const code = title !== words.title;
  const coded = code ? { ...words, title } : words;
  const { brand, categories, description } = coded;
  if (![title, brand, description, ...categories].some(holdsHtml)) return { words: coded, cleaned: false, code };
  return {
    words: {
      title: plainText(title),
      brand: plainText(brand),
      categories: categories.map(plainText).filter((part) => part !== ''),
      description: plainText(description),
    },
    cleaned: true,
    code,
  };
}

const script = new RegExp(
  [
    ...['\\(new Date\\(\\)\\)', '\\.getTime\\(\\)', '\\bfunction\\s*\\w*\\s*\\(', '\\bvar\\s+\\w+\\s*='],
    ...['\\bwindow\\.\\w', '\\bdocument\\.\\w', '\\$\\(document\\)', '\\btypeof\\s+\\w', '=>\\s*\\{'],
    // what the pages of that shop call
    ...['\\bamznJQ\\.', '\\bP\\.when\\(', '\\buet\\(', '\\bue_\\w+\\s*='],
  ].join('|'),
);
/** Each ends with a semicolon, which may be missing behind the last. */
const declarations = '\\s*(?:[\\w-]+\\s*:[^{};]{1,300};\\s*)*(?:[\\w-]+\\s*:[^{};]{1,300})?';
const element = '(?:html|body|div|span|p|a|h[1-6]|ul|ol|li|table|tr|td|th|img|input|button)';
/** A rule of a style sheet: a selector that begins with a sign or an element, and declarations; what stands before it stays. */
const style = new RegExp(
  `(?:^|[\\s}])(?:@(?:media|import|font-face|keyframes)[^{}<]{0,300}\\{(?:[^{}]{0,300}\\{${declarations}\\}\\s*)*\\}|` +
    `(?:[.#][A-Za-z_]|${element}(?=[\\s.,#:>{]))[^{}<]{0,300}\\{${declarations}\\})`,
);

/** A title without the code of its page: a script is no title, rules of style are taken out of one. */
function withoutCode(title: string): string {
  const tagged = title.replace(codeTag, ' ');
  if (script.test(tagged)) return '';
  let rest = tagged;
  for (let rule = style.exec(rest); rule; rule = style.exec(rest)) {
    rest = `${rest.slice(0, rule.index)} ${rest.slice(rule.index + rule[0].length)}`;
  }
  if (rest === title) return title;
  return rest
    .replace(/\/\*[\s\S]{0,1000}?\*\//g, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
}

/** White space joined; half and control characters cannot stand in a text. */
function joinSpace(text: string): string {
  return cleanText(text).replace(/\s+/gu, ' ').trim();
}
