import type { ItemContent } from '../contract.js';

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  reg: '®',
  copy: '©',
  trade: '™',
  hellip: '…',
  mdash: '-',
  ndash: '-',
  rsquo: '’',
  lsquo: '‘',
  rdquo: '”',
  ldquo: '“',
  deg: '°',
  eacute: 'é',
};

/** Whether a text holds tags or entities, and not only signs that look like their beginning. */
export function holdsHtml(text: string): boolean {
  return /<\/?[a-zA-Z][^<>]{0,2000}>|<!--|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});/.test(text);
}

/**
 * Text without HTML: scripts, styles and tags are removed, entities become their characters, white space is joined. A `<`
 * that opens no tag stays. The work grows linearly with the text.
 */
export function plainText(html: string): string {
  if (!/[<&]/.test(html)) return joinSpace(html);
  const bare = html
    .replace(/<(script|style)\b[^<>]{0,500}>[\s\S]{0,100000}?<\/\1>/gi, ' ')
    .replace(/<!--[\s\S]{0,100000}?-->/g, ' ')
    .replace(/<\/?[a-zA-Z][^<>]{0,2000}>/g, ' ');
  return joinSpace(bare.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,10}));/g, decodeEntity));
}

/** The words of an item, as `ItemContent` has them. */
type ItemWords = Omit<ItemContent, 'imagePath'>;

/** Whether any of an item's words hold HTML. */
export function wordsHoldHtml({ title, brand, categories, description }: ItemWords): boolean {
  return [title, brand, description, ...categories].some(holdsHtml);
}

/** An item's words as plain text; categories that were nothing but markup are left out. */
export function plainWords({ title, brand, categories, description }: ItemWords): ItemWords {
  return {
    title: plainText(title),
    brand: plainText(brand),
    categories: categories.map(plainText).filter((part) => part !== ''),
    description: plainText(description),
  };
}

/** Half characters (unpaired surrogates) cannot stand in UTF-8. */
function joinSpace(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .trim();
}

function decodeEntity(whole: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return Object.hasOwn(named, name) ? named[name] : whole;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}
