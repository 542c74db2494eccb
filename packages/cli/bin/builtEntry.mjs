// Which compiled form of the command runs: the bundle, or where that was made of other code than is compiled now, the modules themselves.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What `bundle.mjs` leaves beside the bundles.
 * @typedef {{ entry: string, madeOf: Record<string, string> }} Current `entry` from the folder of bundles; `madeOf`: the compiler's
 * record of each package, from the same folder, with its digest. Empty in the published package, whose code nobody compiles.
 */
export const CURRENT = 'current.json';

/** @param {string} file @returns {string | undefined} nothing where there is no such file */
export function digestOf(file) {
  try {
    return createHash('sha1').update(readFileSync(file)).digest('hex');
  } catch {
    return undefined;
  }
}

/**
 * @param {string} dist folder of the compiled command
 * @returns {string | undefined} the file that exports `main`; undefined where nothing is built
 */
export function builtEntry(dist) {
  const bundles = join(dist, 'bundle');
  if (existsSync(join(bundles, CURRENT))) {
    const { entry, madeOf } = JSON.parse(readFileSync(join(bundles, CURRENT), 'utf8'));
    const isCurrent = Object.entries(madeOf).every(([file, digest]) => digestOf(join(bundles, file)) === digest);
    if (isCurrent) return join(bundles, entry);
  }
  const modules = join(dist, 'main.js');
  return existsSync(modules) ? modules : undefined;
}
