import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { AmrError, Breather } from '@agentmmrec/core';
import type { Interactions, ItemContent } from '../contract.js';

/** Training, validation and test, in the order of their labels 0, 1 and 2. */
export type ExportedSplits = readonly [Interactions, Interactions, Interactions];

/**
 * Copies the images into `images/` of the folder, one file for all items that share one. Ctrl-C is let in between them.
 * @returns [items] path in the folder, or null
 */
export async function copyImages(folder: string, content: readonly ItemContent[]): Promise<(string | null)[]> {
  const copied = new Map<string, string>();
  const breather = new Breather();
  const names: (string | null)[] = [];
  for (const [item, { imagePath }] of content.entries()) {
    const known = imagePath === null ? null : copied.get(imagePath);
    if (imagePath === null || known != null) {
      names.push(known ?? null);
      continue;
    }
    await breather.breathe();
    if (copied.size === 0) mkdirSync(join(folder, 'images'));
    const extension = extname(imagePath).toLowerCase();
    const name = `images/${item}${/^\.[a-z0-9]{1,8}$/.test(extension) ? extension : ''}`;
    copyFileSync(imagePath, join(folder, name), constants.COPYFILE_FICLONE);
    copied.set(imagePath, name);
    names.push(name);
  }
  return names;
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
