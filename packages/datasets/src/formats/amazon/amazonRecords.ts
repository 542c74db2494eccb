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

/** A usable id: 1 to 256 characters without control characters. */
export function idText(value: LiteralValue | undefined): string | null {
  if (typeof value !== 'string' || value === '' || value.length > 256) return null;
  return /[\p{Cc}\p{Surrogate}]/u.test(value) ? null : value;
}

/** The first text among the fields, else the first text of a list among them. */
export function textOf(record: AmazonRecord, ...fields: readonly string[]): string {
  for (const field of fields) {
    const value = record[field];
    if (typeof value === 'string') return value;
    if (Array.isArray(value)) return value.filter((part) => typeof part === 'string').join(' ');
  }
  return '';
}

/** The path of categories: a list of texts, or (2014) a list of such lists of which the first counts. */
export function categoriesOf(record: AmazonRecord): string[] {
  const value = record.categories ?? record.category;
  if (!Array.isArray(value)) return [];
  const path: readonly LiteralValue[] = Array.isArray(value[0]) ? value[0] : value;
  return path.filter((part): part is string => typeof part === 'string');
}

/** Where the item's first image lies: `imUrl` (2014), `imageURLHighRes` or `imageURL` (2018), `images` (2023). */
export function imageUrlOf(record: AmazonRecord): string | null {
  if (typeof record.imUrl === 'string') return webAddress(record.imUrl);
  for (const list of [record.imageURLHighRes, record.imageURL, record.images]) {
    const first = Array.isArray(list) ? list[0] : undefined;
    if (typeof first === 'string') return webAddress(first);
    if (typeof first !== 'object' || first === null) continue;
    const { hi_res: high, large, thumb } = first as AmazonRecord;
    const found = [high, large, thumb].find((url) => typeof url === 'string');
    if (typeof found === 'string') return webAddress(found);
  }
  return null;
}

function webAddress(text: string): string | null {
  return /^https?:\/\/[^\s\p{Cc}]{1,2000}$/u.test(text) ? text : null;
}
