import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, parse, resolve, sep } from 'node:path';
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
  if (!path.startsWith(root + sep) || text.includes('\0')) throw leaves(text, where);
  return imageAt(path, root, () => leaves(text, where));
}

/** Where the files of a shop lie in a copy of it, below the folder of the data: exports name them from there. */
const shopFolders = [
  ...['images', 'product_images', 'media/catalog/product', 'pub/media/catalog/product', 'catalog/product'],
  ...['wp-content/uploads', 'uploads', 'media'],
];

/**
 * As `findImageFile`, for a path that a person or a shop wrote: looked for too where shops keep their pictures in a folder, also with a
 * slash before it, as Windows writes it, and of several parted by commas the first.
 */
export function findNamedImage(root: string, text: string, where: string): ImageFile {
  let found: ImageFile | null = null;
  for (const name of spellings(text)) {
    // A slash first is the root of a shop, unless this machine has such a file.
    const own = isAbsolute(name) && !existsSync(name) ? `.${name}` : name;
    found ??= findImageFile(root, own, where);
    const below = ['', ...shopFolders].map((folder) => join(folder, own)).filter((path) => !path.startsWith('..'));
    for (const path of isAbsolute(own) ? [own] : below) {
      const candidate = findImageFile(root, path, where);
      if (candidate.path !== null) return candidate;
    }
  }
  return found ?? { path: null, reason: 'missing' };
}

/** As it stands; as Windows writes it; the first of several. */
function spellings(text: string): Set<string> {
  return new Set([text, text.replaceAll('\\', '/'), text.split(/[,;|]/)[0].trim()].filter((name) => name !== ''));
}

function imageAt(path: string, root: string, outside: () => AmrError): ImageFile {
  try {
    const real = realpathSync(path);
    if (!real.startsWith(root + sep)) throw outside();
    const facts = statSync(real);
    if (!facts.isFile()) return { path: null, reason: 'missing' };
    return facts.size > largestImageBytes ? { path: null, reason: 'larger than 64 MiB' } : { path: real };
  } catch (cause) {
    if (cause instanceof AmrError) throw cause;
    return { path: null, reason: 'missing' };
  }
}

function leaves(text: string, where: string): AmrError {
  return new AmrError({
    what: where,
    got: JSON.stringify(text.slice(0, 60)),
    expected: 'a path inside the folder of the data set',
    hint: 'copy the images into the folder and name them relative to it',
  });
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
