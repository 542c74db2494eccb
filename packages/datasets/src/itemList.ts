import { realpathSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { ItemContent } from './contract.js';
import { forEachLine } from './lines.js';

/** One line of `items.jsonl`. */
export interface ListedItem {
  readonly id: string;
  readonly content: ItemContent;
  /** the line names an image file that is not there */
  readonly imageMissing: boolean;
}

/**
 * Reads `items.jsonl`: one JSON object a line with `id` and any of `title`, `brand`, `categories` (a list from the root, or one
 * text), `description`, `image` (a path inside the folder). Absent or null fields are empty. Image paths become absolute.
 * @throws AmrError input: a line that is not such an object, an id twice, an image path that leaves the folder
 */
export async function readItemList(folder: string, fileName: string): Promise<ListedItem[]> {
  const items: ListedItem[] = [];
  const lineOf = new Map<string, number>();
  const root = realpathSync(folder);
  await forEachLine(join(folder, fileName), (line, number) => {
    if (line.trim() === '') return;
    const where = `${join(folder, fileName)} line ${number}`;
    const item = readItem(line, root, where);
    const before = lineOf.get(item.id);
    if (before !== undefined) {
      throw new AmrError({
        what: where,
        got: `item ${JSON.stringify(item.id)} again`,
        expected: `each id once; it is in line ${before} already`,
        hint: 'remove one of the two lines',
      });
    }
    lineOf.set(item.id, number);
    items.push(item);
  });
  return items;
}

function readItem(line: string, root: string, where: string): ListedItem {
  const value = parseObject(line, where);
  const id = typeof value.id === 'number' ? String(value.id) : value.id;
  if (typeof id !== 'string' || id === '' || id.length > 256 || /[\p{Cc}\p{Surrogate}]/u.test(id)) {
    throw new AmrError({
      what: `${where}, "id"`,
      got: shown(value.id),
      expected: 'a text of 1 to 256 characters, or a number',
      hint: 'every item needs the id that the interactions use',
    });
  }
  const image = readImagePath(value.image, root, `${where}, "image"`);
  return {
    id,
    content: {
      title: readText(value.title, `${where}, "title"`),
      brand: readText(value.brand, `${where}, "brand"`),
      categories: readCategories(value.categories, `${where}, "categories"`),
      description: readText(value.description, `${where}, "description"`),
      imagePath: image.path,
    },
    imageMissing: image.missing,
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

function readImagePath(value: unknown, root: string, where: string): { path: string | null; missing: boolean } {
  const text = readText(value, where);
  if (text === '') return { path: null, missing: false };
  const path = resolve(root, text);
  const leaves = () =>
    new AmrError({
      what: where,
      got: shown(text),
      expected: 'a path inside the folder of the data set',
      hint: 'copy the images into the folder and name them relative to it',
    });
  if (!path.startsWith(root + sep) || text.includes('\0')) throw leaves();
  try {
    const real = realpathSync(path);
    if (!real.startsWith(root + sep)) throw leaves();
    return statSync(real).isFile() ? { path: real, missing: false } : { path: null, missing: true };
  } catch (cause) {
    if (cause instanceof AmrError) throw cause;
    return { path: null, missing: true };
  }
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
