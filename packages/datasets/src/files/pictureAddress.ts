import { literalOf } from './listText.js';

/** Lists in lists, and objects in them: no picture lies deeper. */
const deepest = 4;

/** A web address: one line without blanks. */
export function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s\p{Cc}]{1,2000}$/iu.test(text);
}

/** Sizes of a picture from the largest, then the other names of its address. */
const addressKeys = [
  'hi_res',
  'large',
  'url',
  'src',
  'href',
  'link',
  'image',
  'image_url',
  'original',
  'medium',
  'thumb',
];

/**
 * The first picture that a value names, however a shop keeps it: an address or several in one text, a list of them, the text of
 * such a list, objects with an address by size (of variants MAIN counts), or lists by size. An address without a protocol gets one.
 * @returns a web address; else the first text, which may be a path; '' for nothing
 */
export function pictureOf(value: unknown): string {
  const named = picturesOf(value, 0);
  return named.find(isAddress) ?? named.find((text) => text !== '') ?? '';
}

function picturesOf(value: unknown, depth: number): string[] {
  if (depth > deepest || value === null || value === undefined) return [];
  if (typeof value === 'string') return picturesIn(value.trim(), depth);
  if (typeof value !== 'object') return [];
  if (Array.isArray(value)) return mainFirst(value).flatMap((one) => picturesOf(one, depth + 1));
  const lists = Object.values(value).some(Array.isArray) ? byPlace(value) : null;
  if (lists !== null && lists.length > 0) return picturesOf(lists, depth + 1);
  const record = value as Readonly<Record<string, unknown>>;
  return addressKeys.flatMap((key) => picturesOf(record[key], depth + 1)).filter(isAddress);
}

function picturesIn(text: string, depth: number): string[] {
  const literal = literalOf(text);
  if (typeof literal === 'object' && literal !== null) return picturesOf(literal, depth + 1);
  if (text.startsWith('//')) return [`https:${text}`];
  // A path may hold blanks and commas; of addresses these part several.
  if (!/^https?:\/\//i.test(text)) return [text];
  return text.split(/[|;\s]+|,\s*(?=https?:\/\/|$)/i).filter((part) => part !== '');
}

function mainFirst(values: readonly unknown[]): unknown[] {
  const isMain = (one: unknown) =>
    typeof one === 'object' && one !== null && 'variant' in one && one.variant === 'MAIN' ? 0 : 1;
  return [...values].sort((a, b) => isMain(a) - isMain(b));
}

/** Lists by field, turned into one record for each place. */
function byPlace(lists: object): Record<string, unknown>[] {
  const fields = Object.entries(lists).filter(([, list]) => Array.isArray(list)) as [string, readonly unknown[]][];
  const places = fields.reduce((most, [, list]) => Math.max(most, list.length), 0);
  return Array.from({ length: places }, (_, n) => Object.fromEntries(fields.map(([name, list]) => [name, list[n]])));
}
