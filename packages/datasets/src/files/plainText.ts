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
  return joinSpace(holdsEntities(decoded) ? decodeEntities(decoded) : decoded);
}

function withoutTags(html: string): string {
  return html
    .replace(/<(script|style)\b[^<>]{0,500}>[\s\S]{0,100000}?<\/\1>/gi, ' ')
    .replace(/<!--[\s\S]{0,100000}?-->/g, ' ')
    .replace(/<\/?[a-zA-Z][^<>]{0,2000}>/g, ' ');
}

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

const script = /\(new Date\(\)\)|\.getTime\(\)|\bfunction\s*\w*\s*\(|\bvar\s+\w+\s*=|\bwindow\.\w|\bdocument\.\w/;
/** A rule of a style sheet, whose selector begins with a sign; what stands before it stays. */
const style = /(?:^|[\s}])[.#@][\w-][^{}<>]{0,300}\{[^{}]{0,2000}\}/;

/** A title without the code of its page: a script is no title, rules of style are taken out of one. */
function withoutCode(title: string): string {
  if (script.test(title)) return '';
  let rest = title;
  for (let rule = style.exec(rest); rule; rule = style.exec(rest)) {
    rest = `${rest.slice(0, rule.index)} ${rest.slice(rule.index + rule[0].length)}`;
  }
  return rest === title ? title : rest.trim();
}

/** White space joined; half and control characters cannot stand in a text. */
function joinSpace(text: string): string {
  return cleanText(text).replace(/\s+/gu, ' ').trim();
}
