import { cleanText, withoutMarks } from '@agentmmrec/core';
import { pathOf } from '../../files/cells.js';
import { isId } from '../../files/fieldValues.js';
import type { ItemWords } from '../../files/plainText.js';
import { type LiteralValue, parsePythonLiteral } from '../../files/pythonLiteral.js';

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
    return JSON.parse(line) as LiteralValue;
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
export function wordsOf(record: AmazonRecord): ItemWords {
  const details = detailsOf(record.details);
  const named = firstText(record.brand, record.store, details?.Brand);
  const path = categoriesOf(record);
  const main = firstText(record.main_category, record.main_cat);
  return {
    title: firstText(record.title),
    brand: named.replace(leadingBy, ''),
    categories: path.length > 0 || main === '' ? path : [main],
    description: [record.description, record.feature, record.features]
      .map((value) => firstText(value))
      .filter((text) => text !== '')
      .join(' '),
  };
}

/** A record, or (as tables of 2023 have it) the text of one. */
function detailsOf(value: LiteralValue | undefined): AmazonRecord | null {
  if (typeof value === 'string') return parseAmazonLine(value);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AmazonRecord) : null;
}

/** The crawl of 2018 took the line before the name along. */
const leadingBy = /^\s*by\s*\n\s*/i;

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
 * Where the item's first image lies: `imUrl` (2014); `imageURLHighRes`, `imageURL` or `image`, each a text or a list (2018);
 * `images` (2023), a list of images with their variants or, as the `datasets` library writes it, lists by size. Of variants MAIN
 * counts.
 */
export function imageUrlOf(record: AmazonRecord): string | null {
  const { imUrl, imageURLHighRes, imageURL, image, images } = record;
  const plain = [imUrl, imageURLHighRes, imageURL, image].flatMap((value) => (Array.isArray(value) ? value : [value]));
  const sized = imagesOf(images).flatMap((one) => [one.hi_res, one.large, one.thumb]);
  return firstAddress([...plain, ...(Array.isArray(images) ? images : []), ...sized]);
}

function firstAddress(values: readonly (LiteralValue | undefined)[]): string | null {
  for (const value of values) {
    if (typeof value === 'string' && /^https?:\/\/[^\s\p{Cc}]{1,2000}$/u.test(value)) return value;
  }
  return null;
}

/** The images of 2023, the main one first. */
function imagesOf(value: LiteralValue | undefined): AmazonRecord[] {
  if (typeof value !== 'object' || value === null) return [];
  const images = Array.isArray(value) ? (value as readonly LiteralValue[]) : byPlace(value as AmazonRecord);
  const records = images.filter((one) => typeof one === 'object' && one !== null) as AmazonRecord[];
  const isMain = (one: AmazonRecord) => (one.variant === 'MAIN' ? 0 : 1);
  return records.sort((a, b) => isMain(a) - isMain(b));
}

/** Lists by field, turned into one record for each place. */
function byPlace(lists: AmazonRecord): AmazonRecord[] {
  const fields = Object.entries(lists).filter(([, list]) => Array.isArray(list)) as [string, readonly LiteralValue[]][];
  const places = fields.reduce((most, [, list]) => Math.max(most, list.length), 0);
  return Array.from({ length: places }, (_, n) => Object.fromEntries(fields.map(([name, list]) => [name, list[n]])));
}
