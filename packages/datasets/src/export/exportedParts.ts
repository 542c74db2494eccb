import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { Interactions, ItemContent } from '../contract.js';

/** Training, validation and test, in the order of their labels 0, 1 and 2. */
export type ExportedSplits = readonly [Interactions, Interactions, Interactions];

/**
 * Copies the images into `images/` of the folder, one file for all items that share one.
 * @returns [items] path in the folder, or null
 */
export function copyImages(folder: string, content: readonly ItemContent[]): (string | null)[] {
  const copied = new Map<string, string>();
  return content.map(({ imagePath }, item) => {
    if (imagePath === null) return null;
    const known = copied.get(imagePath);
    if (known !== undefined) return known;
    if (copied.size === 0) mkdirSync(join(folder, 'images'));
    const extension = extname(imagePath).toLowerCase();
    const name = `images/${item}${/^\.[a-z0-9]{1,8}$/.test(extension) ? extension : ''}`;
    copyFileSync(imagePath, join(folder, name), constants.COPYFILE_FICLONE);
    copied.set(imagePath, name);
    return name;
  });
}

/** An item as a line of `items.jsonl` has it. */
export function itemRecord(id: string, content: ItemContent | undefined, image: string | null): object {
  if (!content) return { id };
  const { title, brand, categories, description } = content;
  return { id, title, brand, categories, description, image };
}

/** Ids stand unquoted between tabs. Readers refuse control characters, so this is the last guard. */
export function plainId(id: string): string {
  if (!/[\t\r\n]/.test(id)) return id;
  throw new AmrError({
    what: 'id',
    got: JSON.stringify(id),
    expected: 'no tab or line end',
    hint: 'export as arrow or parquet',
  });
}
