import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { ItemContent } from '../contract.js';
import { readColumnar } from '../files/columnar.js';
import { findImageFile, imagesByName } from '../files/imageFile.js';
import { forEachLine } from '../files/lines.js';
import { plainWords, wordsHoldHtml } from '../files/plainText.js';
import { readTable, resolveAliases } from '../files/table.js';

/** One item of the list. */
export interface ListedItem {
  readonly id: string;
  readonly content: ItemContent;
  /** the line names an image file that is not there */
  readonly imageMissing: boolean;
  /** where the image can be fetched from, when the list names a web address instead of a file */
  readonly imageUrl: string | null;
  /** HTML was taken out of its words */
  readonly cleaned: boolean;
}

/** What a reader remarks on a list, besides who is missing from it. */
export function remarksOnList(listName: string, listed: readonly ListedItem[]): string[] {
  const remarks: string[] = [];
  const missing = listed.filter((item) => item.imageMissing).length;
  if (missing > 0) remarks.push(`${missing} images named in ${listName} are missing`);
  const cleaned = listed.filter((item) => item.cleaned).length;
  if (cleaned > 0) remarks.push(`HTML was removed from the words of ${cleaned} items`);
  return remarks;
}

/** Files that can hold the items, the first that is there counts. */
export const itemListNames = [
  'items.jsonl',
  'items.jsonl.gz',
  'items.csv',
  'items.tsv',
  'items.parquet',
  'items.arrow',
  'items.feather',
] as const;

/**
 * Reads a list of items: `items.jsonl` (one JSON object a line) or a table (CSV, TSV, Parquet, Arrow) with `id` and any of
 * `title`, `brand`, `categories` (a list from the root, or one text; in a CSV parted by `|`), `description`, `image` (a path
 * inside the folder, or a web address). Absent or null fields are empty, HTML becomes plain text. Image paths become absolute; of
 * an item without one the image is looked for as `images/<id>.jpg`, where `data images` puts it.
 * @throws AmrError input: a line that is not such an object, an id twice, an image path that leaves the folder
 */
export async function readItemList(folder: string, fileName: string): Promise<ListedItem[]> {
  const items: ListedItem[] = [];
  const placeOf = new Map<string, string>();
  const root = realpathSync(folder);
  const fetched = imagesByName(root, 'images');
  await forEachItemRecord(join(folder, fileName), (record, where) => {
    const item = readItem(record, root, fetched, where);
    const before = placeOf.get(item.id);
    if (before !== undefined) {
      throw new AmrError({
        what: where,
        got: `item ${JSON.stringify(item.id)} again`,
        expected: `each id once; it is in ${before} already`,
        hint: 'remove one of the two lines',
      });
    }
    placeOf.set(item.id, where.slice(where.lastIndexOf(' ', where.lastIndexOf(' ') - 1) + 1));
    items.push(item);
  });
  return items;
}

const aliases = { id: ['item', 'item_id', 'itemID', 'itemId'], categories: ['category'] } as const;

type ItemRecord = Readonly<Record<string, unknown>>;

async function forEachItemRecord(path: string, onRecord: (record: ItemRecord, where: string) => void): Promise<void> {
  const shape = { required: ['id'], optional: ['title', 'brand', 'categories', 'description', 'image'], aliases };
  const columns = [...shape.required, ...shape.optional];
  if (/\.jsonl(\.gz)?$/.test(path)) {
    await forEachLine(path, (line, number) => {
      const where = `${path} line ${number}`;
      if (line.trim() !== '') onRecord(underOwnNames(parseObject(line, where)), where);
    });
  } else if (/\.[ct]sv(\.gz)?$/.test(path)) {
    const delimiter = /\.tsv(\.gz)?$/.test(path) ? 'tab' : 'comma';
    await readTable(path, { delimiter, ...shape }, (row) => {
      const record = Object.fromEntries(columns.map((column) => [column, row.field(column)]));
      const categories = row
        .field('categories')
        ?.split('|')
        .filter((part) => part !== '');
      onRecord({ ...record, categories }, row.where);
    });
  } else {
    await readColumnar(path, shape, (row) => {
      onRecord(Object.fromEntries(columns.map((column) => [column, row.cell(column)])), row.where);
    });
  }
}

function underOwnNames(record: ItemRecord): ItemRecord {
  const names = Object.keys(record);
  return Object.fromEntries(resolveAliases(names, aliases).map((name, n) => [name, record[names[n]]]));
}

function readItem(value: ItemRecord, root: string, fetched: ReadonlyMap<string, string>, where: string): ListedItem {
  const id = typeof value.id === 'number' ? String(value.id) : value.id;
  if (typeof id !== 'string' || id === '' || id.length > 256 || /[\p{Cc}\p{Surrogate}]/u.test(id)) {
    throw new AmrError({
      what: `${where}, "id"`,
      got: shown(value.id),
      expected: 'a text of 1 to 256 characters, or a number',
      hint: 'every item needs the id that the interactions use',
    });
  }
  const named = readText(value.image, `${where}, "image"`);
  const isAddress = /^https?:\/\//.test(named);
  const own = named === '' || isAddress ? fetched.get(id) : named;
  const image = own === undefined ? undefined : findImageFile(root, own, `${where}, "image"`);
  const words = {
    title: readText(value.title, `${where}, "title"`),
    brand: readText(value.brand, `${where}, "brand"`),
    categories: readCategories(value.categories, `${where}, "categories"`),
    description: readText(value.description, `${where}, "description"`),
  };
  const cleaned = wordsHoldHtml(words);
  const content = cleaned ? plainWords(words) : words;
  return {
    id,
    content: { ...content, imagePath: image?.path ?? null },
    imageMissing: image?.path === null,
    imageUrl: isAddress ? named : null,
    cleaned,
  };
}

function parseObject(line: string, where: string): Record<string, unknown> {
  let value: unknown;
  let cause: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    cause = error;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new AmrError({
    what: where,
    got: cause ? 'a line that is not JSON' : shown(value),
    expected: 'one JSON object a line',
    hint: 'the line is damaged or cut short; repair or remove it',
    cause,
  });
}

function readText(value: unknown, where: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return wellFormed(value);
  throw new AmrError({ what: where, got: shown(value), expected: 'a text', hint: 'put it in quotes, or leave it out' });
}

function readCategories(value: unknown, where: string): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value === '' ? [] : [wellFormed(value)];
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return value.map(wellFormed);
  throw new AmrError({
    what: where,
    got: shown(value),
    expected: 'a list of texts from the root of the taxonomy to the leaf',
    hint: 'write ["Home", "Kitchen"]',
  });
}

/** What was found, in few words; never the whole of a nested value. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list of other things';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** JSON can spell half characters (unpaired surrogates), which no UTF-8 file can hold. */
function wellFormed(value: string): string {
  return value.replace(/\p{Surrogate}/gu, '\ufffd');
}
