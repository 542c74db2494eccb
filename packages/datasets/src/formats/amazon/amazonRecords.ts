import { cleanText, withoutMarks } from '@agentmmrec/core';
import { pathOf } from '../../files/cells.js';
import { isId } from '../../files/fieldValues.js';
import { isAddress, pictureOf } from '../../files/pictureAddress.js';
import type { ItemWords } from '../../files/plainText.js';
import { type LiteralValue, parsePythonLiteral, parseShallowJson } from '../../files/pythonLiteral.js';

type AmazonRecord = { readonly [key: string]: LiteralValue };

/**
 * One line of a review or metadata file: JSON (2018, 2023 and the reviews of 2014) or a Python dict (the metadata of 2014).
 * @returns null for anything else
 */
export function parseAmazonLine(line: string): AmazonRecord | null {
  const value = parseJson(line) ?? parsePython(line);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AmazonRecord) : null;
}

function parseJson(line: string): LiteralValue {
  try {
    return parseShallowJson(line);
  } catch {
    return null;
  }
}

function parsePython(line: string): LiteralValue {
  try {
    return parsePythonLiteral(line);
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

/** The item's id: since 2023 variants of a product share the parent's. */
export function itemIdOf(record: AmazonRecord): string | null {
  return idText(record.parent_asin) ?? idText(record.asin);
}

/** The reviewer's id. */
export function userIdOf(record: AmazonRecord): string | null {
  return idText(record.reviewerID) ?? idText(record.user_id);
}

/** A usable id, without marks. */
export function idText(value: LiteralValue | undefined): string | null {
  const id = typeof value === 'string' ? withoutMarks(value) : '';
  return isId(id) ? id : null;
}

/**
 * The words of an item. 2018 has bullet points (`feature`), 2023 more of them (`features`) and often nothing else: they belong to the
 * description. Where there is no shop and no path of categories, the details name a brand and the main category stands for the
 * path.
 */
export function wordsOf(record: AmazonRecord): AmazonWords {
  const details = detailsOf(record.details);
  const named = firstText(record.brand, record.store, details?.Brand, details?.brand, details?.Manufacturer);
  const brand = withoutByline(named);
  const path = categoriesOf(record);
  const main = firstText(record.main_category, record.main_cat).replace(pictureTag, '$1$2');
  return {
    byline: brand !== named,
    words: {
      title: firstText(record.title),
      brand: /^(nan|none|null|n\/a)$/i.test(brand.trim()) ? '' : brand,
      categories: path.length > 0 || main === '' ? path : [main],
      description: [record.description, record.feature, record.features]
        .map((value) => firstText(value))
        .filter((text) => text !== '')
        .join(' '),
    },
  };
}

/** An item's words, and whether the page's own words stood around its brand. */
export interface AmazonWords {
  readonly words: ItemWords;
  readonly byline: boolean;
}

/** Some main categories of 2018 are a picture whose other text says which. */
const pictureTag = /^\s*<img\b[^<>]*?\balt=(?:"([^"<>]*)"|'([^'<>]*)')[^<>]*>\s*$/i;

/** The crawls took the words along that stand before and around the name: "by" in a line of its own, the link to the shop. */
function withoutByline(brand: string): string {
  const shop = /^\s*Visit (?:the (.+) Store|Amazon(?:'|\u2019|&#0?39;|&apos;)s (.+) Page)\s*$/su.exec(brand);
  if (shop) return shop[1] ?? shop[2];
  return brand.replace(/^\s*(?:by(?:\s|&nbsp;|\u00a0)\s*|[Bb][Yy]\s*\n\s*|Brand:\s*)/u, '').replace(/^\s*by\s*$/u, '');
}

/** A record, or (as tables of 2023 have it) the text of one. */
function detailsOf(value: LiteralValue | undefined): AmazonRecord | null {
  if (typeof value === 'string') return parseAmazonLine(value);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AmazonRecord) : null;
}

/** The first value that has any text; the texts of a list are joined. */
function firstText(...values: readonly (LiteralValue | undefined)[]): string {
  for (const value of values) {
    const parts = Array.isArray(value) ? value.filter((part) => typeof part === 'string' && part !== '') : [value];
    if (parts.length > 0 && typeof parts[0] === 'string' && parts[0] !== '') return cleanText(parts.join(' '));
  }
  return '';
}

/** The path of categories: a list of texts, or (2014) a list of such lists of which the first counts. */
function categoriesOf(record: AmazonRecord): string[] {
  const value = record.categories ?? record.category;
  if (typeof value === 'string') return pathOf(value);
  if (!Array.isArray(value)) return [];
  const path: readonly LiteralValue[] = Array.isArray(value[0]) ? value[0] : value;
  return path.filter((part): part is string => typeof part === 'string').map(cleanText);
}

/**
 * Where the item's first image lies: `imUrl` (2014); `imageURLHighRes`, `imageURL` or `image` (2018); `images` (2023), each as
 * `pictureOf` reads it.
 */
export function imageUrlOf(record: AmazonRecord): string | null {
  const { imUrl, imageURLHighRes, imageURL, imageUrl, image_url, image, images } = record;
  const found = [imUrl, imageURLHighRes, imageURL, imageUrl, image_url, image, images].map(pictureOf).find(isAddress);
  return found ?? null;
}
