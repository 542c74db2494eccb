import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AmrError, cleanText, withoutMarks } from '@agentmmrec/core';
import type { ItemContent } from '../contract.js';
import { pathOf, shown, type TableRow, wordsOf } from '../files/cells.js';
import { columnNames } from '../files/columnNames.js';
import { type ColumnChoice, isNameOf } from '../files/columns.js';
import { isId } from '../files/fieldValues.js';
import { findNamedImage, imagesByName } from '../files/imageFile.js';
import { isAddress, pictureOf } from '../files/pictureAddress.js';
import { plainWords } from '../files/plainText.js';
import { readRecords, recordsNamed } from '../files/records.js';
import { remarksOnTable } from '../files/table.js';
import type { IdNumbering } from './idNumbering.js';
import { emptyContent } from './itemFacts.js';
import { ItemRows, isWordless, type ListedItem } from './itemRows.js';

export interface ItemList {
  readonly items: readonly ListedItem[];
  readonly remarks: readonly string[];
}

/** The file that holds the items, if there is one. */
export function itemListAmong(fileNames: readonly string[]): string | undefined {
  return recordsNamed('items', fileNames);
}

const shape = {
  required: ['id'],
  optional: ['title', 'brand', 'categories', 'description', 'image'],
  aside: ['row kind', 'row group'],
};

/** Rows of BigCommerce's lists that are no products: variants have ids of their own kind there. */
const pictureKinds = /^(image|video|rule)$/i;
const variantKinds = /^(variant|sku)$/i;

/**
 * Reads a list of items, `items` as JSON lines or a table (CSV, TSV, Parquet, Arrow), with `id` and any of `title`, `brand`, `categories`
 * (a list from the root, or one text that spells it, see `pathOf`), `description`, `image` (a path inside the folder, or a web
 * address), or under the names of `columnNames`. Absent or null fields are empty, HTML becomes plain text. Image paths become
 * absolute; of an item without one the image is looked for as `images/<id>.jpg`, where `data images` puts it. An item may stand in
 * several rows, as shops write variants and further pictures (see `ItemRows`).
 * @param read how the file is written, where its name does not say it
 * @throws AmrError input: a line that is not such an object, an id twice with other words, an image path that leaves the folder
 */
export async function readItemList(
  path: string,
  chosen?: ColumnChoice,
  read: typeof readRecords = readRecords,
): Promise<ItemList> {
  const rows = new ItemRows();
  const root = realpathSync(dirname(path));
  const fetched = imagesByName(root, 'images');
  let [kinds, groups, product] = [0, 0, ''];
  const facts = await read(path, { ...shape, names: columnNames, chosen }, (row) => {
    const kind = textAside(row, 'row kind');
    const variant = variantKinds.test(kind);
    const picture = pictureKinds.test(kind);
    if (variant || picture) kinds++;
    else product = row.where;
    const { words, ...found } = readWords(row);
    const belongs =
      picture || (variant && !chosen?.id) || (isNameless(row) && isWordless(words) && rows.items.length > 0);
    const id = belongs ? '' : readId(row);
    const group = textAside(row, 'row group');
    if (group !== '') groups++;
    const { imagePath, ...image } = readImage(row, id, root, fetched);
    const item = { id, content: { ...words, imagePath }, ...image, ...found };
    rows.add({ item, where: row.where, belongs, group: group || (kind === '' ? '' : product) });
  });
  const used = [...(kinds > 0 ? ['row kind' as const] : []), ...(groups > 0 ? ['row group' as const] : [])];
  const others = facts.others.filter((name) => !used.some((column) => isNameOf(column, name)));
  const listName = basename(path);
  return {
    items: rows.items,
    remarks: [
      ...remarksOnTable(listName, { ...facts, others }),
      ...remarksOnItems(listName, rows.items),
      ...rows.remarks(listName),
    ],
  };
}

/**
 * Content by item number; items of the list without interactions are numbered after the others.
 * @param remarks gets what the list lacks
 */
export function contentByNumber(listName: string, list: ItemList, items: IdNumbering, remarks: string[]) {
  const interacted = items.ids.length;
  const content: ItemContent[] = items.ids.map(() => emptyContent);
  const imageUrls: (string | null)[] = items.ids.map(() => null);
  let described = 0;
  for (const item of list.items) {
    const number = items.numberOf(item.id);
    if (number < interacted) described++;
    content[number] = item.content;
    imageUrls[number] = item.imageUrl;
  }
  if (described < interacted) {
    const why = pointed(list, items) || (described === 0 ? strangers(list, items) : '');
    remarks.push(`${interacted - described} items with interactions are not in ${listName}${why}`);
  }
  remarks.push(...list.remarks);
  return { content, imageUrls: imageUrls.some((url) => url !== null) ? imageUrls : null };
}

/** Where no item of the interactions is listed, the lists go by other ids. */
function strangers({ items: [first] }: ItemList, { ids }: IdNumbering): string {
  if (first === undefined) return '';
  return `, none of them: ids there are such as "${first.id}", here such as "${ids[0]}"; say which column has them: --columns id=NAME`;
}

/** Tools write whole numbers with a point where some are missing: what then looks like other ids is said. */
function pointed(list: ItemList, items: IdNumbering): string {
  const listed = new Set(list.items.map(({ id }) => id));
  const found = items.ids.find((id) => /^\d+\.0$/.test(id) && !listed.has(id) && listed.has(id.slice(0, -2)));
  return found === undefined ? '' : `: "${found}" is "${found.slice(0, -2)}" there, write ids as whole numbers`;
}

function remarksOnItems(listName: string, items: readonly ListedItem[]): string[] {
  const count = (has: (item: ListedItem) => boolean) => items.reduce((sum, item) => sum + (has(item) ? 1 : 0), 0);
  const remarks: string[] = [];
  const remark = (items: number, text: string) => {
    if (items > 0) remarks.push(text);
  };
  const missing = count((item) => item.missingImage !== null);
  const first = items.find((item) => item.missingImage?.startsWith('/'))?.missingImage;
  const where = first
    ? `, such as ${JSON.stringify(first)}: copy the shop's folder of pictures beside it, as images`
    : '';
  remark(missing, `${missing} images named in ${listName} are missing${where}`);
  const cleaned = count((item) => item.cleaned);
  remark(cleaned, `HTML was removed from the words of ${cleaned} items`);
  const code = count((item) => item.code);
  remark(code, `code of web pages was removed from the titles of ${code} items`);
  const worded = count(({ content: { title, brand, description, categories } }) =>
    [title, brand, description, ...categories].some((text) => text !== ''),
  );
  remark(
    worded === 0 ? items.length : 0,
    `no item of ${listName} has any words: say which columns hold them, for example --columns title=NAME`,
  );
  return remarks;
}

function readWords(row: TableRow) {
  return plainWords({
    title: wordsOf(row.cell('title')),
    brand: wordsOf(row.cell('brand')),
    categories: pathOf(row.cell('categories')),
    description: wordsOf(row.cell('description')),
  });
}

function readImage(row: TableRow, id: string, root: string, fetched: ReadonlyMap<string, string>) {
  const named = cleanText(pictureOf(row.cell('image'))).trim();
  const fetchable = isAddress(named);
  // What tools write for nothing is no path.
  const own = fetchable || /^(|nan|none|null|no_selection)$/i.test(named) ? fetched.get(id) : named;
  const image = own === undefined ? undefined : findNamedImage(root, own, `${row.where}, "image"`);
  return {
    imagePath: image?.path ?? null,
    missingImage: image?.path === null ? (own ?? null) : null,
    imageUrl: fetchable ? named : null,
  };
}

/** A cell that is looked at besides; what is no text there says nothing. */
function textAside(row: TableRow, column: string): string {
  try {
    return row.field(column)?.trim() ?? '';
  } catch (cause) {
    if (cause instanceof AmrError) return '';
    throw cause;
  }
}

function isNameless(row: TableRow): boolean {
  const id = row.cell('id');
  return typeof id === 'string' && id.trim() === '';
}

function readId(row: TableRow): string {
  const value = row.cell('id');
  const id = typeof value === 'string' ? withoutMarks(value).trim() : '';
  if (isId(id)) return id;
  throw new AmrError({
    what: `${row.where}, "id"`,
    got: shown(value),
    expected: 'a text of 1 to 256 characters, or a number',
    hint: 'every item needs the id that the interactions use',
  });
}
