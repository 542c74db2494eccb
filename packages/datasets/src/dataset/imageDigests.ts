import { readFile } from 'node:fs/promises';
import { digest, fileError } from '@agentmmrec/core';
import type { ItemContent } from '../contract.js';

/** SHA-256 of each item's image file; null where an item has none. Null without content. */
export async function digestImages(content: readonly ItemContent[] | null): Promise<(string | null)[] | null> {
  if (content === null) return null;
  const known = new Map<string, string>();
  const digests: (string | null)[] = [];
  for (const { imagePath } of content) {
    if (imagePath === null) {
      digests.push(null);
      continue;
    }
    let found = known.get(imagePath);
    if (found === undefined) {
      found = digest(await readImage(imagePath));
      known.set(imagePath, found);
    }
    digests.push(found);
  }
  return digests;
}

async function readImage(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(`reading the image ${path}`, cause);
  }
}
