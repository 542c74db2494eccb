import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join, parse, resolve, sep } from 'node:path';
import { AmrError, fileError } from '@agentmmrec/core';

/** No picture of a product is larger; image files are read whole for their digest. */
const largestImageBytes = 64 * 2 ** 20;

/** An image named by the data. `reason` says why there is no path. */
export type ImageFile =
  | { readonly path: string }
  | { readonly path: null; readonly reason: 'missing' | 'larger than 64 MiB' };

/**
 * The file an image path means, links resolved.
 * @param root real path of the data set's folder
 * @throws AmrError input: a path that leaves the folder
 */
export function findImageFile(root: string, text: string, where: string): ImageFile {
  const path = resolve(root, text);
  const leaves = () =>
    new AmrError({
      what: where,
      got: JSON.stringify(text.slice(0, 60)),
      expected: 'a path inside the folder of the data set',
      hint: 'copy the images into the folder and name them relative to it',
    });
  if (!path.startsWith(root + sep) || text.includes('\0')) throw leaves();
  try {
    const real = realpathSync(path);
    if (!real.startsWith(root + sep)) throw leaves();
    const facts = statSync(real);
    if (!facts.isFile()) return { path: null, reason: 'missing' };
    return facts.size > largestImageBytes ? { path: null, reason: 'larger than 64 MiB' } : { path: real };
  } catch (cause) {
    if (cause instanceof AmrError) throw cause;
    return { path: null, reason: 'missing' };
  }
}

const imageExtensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.avif', '.tif', '.tiff']);

/** Image files of a folder by their name without ending: for data whose images are named after the items. */
export function imagesByName(folder: string, subfolder: string): Map<string, string> {
  let names: string[];
  try {
    names = readdirSync(join(folder, subfolder)).sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw fileError(`reading ${join(folder, subfolder)}`, cause);
  }
  const found = new Map<string, string>();
  for (const name of names) {
    const { name: stem, ext } = parse(name);
    if (imageExtensions.has(ext.toLowerCase()) && !found.has(stem)) found.set(stem, join(subfolder, name));
  }
  return found;
}
