import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AmrError, fileError } from '@agentmmrec/core';
import { reviewCategory } from './amazon/amazonFiles.js';
import { amazonFormat } from './amazon/amazonFormat.js';
import { itemListNames } from './itemList.js';
import { microLensFormat } from './microLensFormat.js';
import { mmrecFormat } from './mmrecFormat.js';
import { movieLensFormat } from './movieLensFormat.js';
import type { DatasetFormat, RawDataset } from './rawDataset.js';
import { readTables, tableFormat, tableStem } from './tableFormat.js';

/** The formats we read; the first that matches a folder reads it. */
const formats: readonly DatasetFormat[] = [mmrecFormat, movieLensFormat, tableFormat, microLensFormat, amazonFormat];

/** What `format` may be: found by the files, or named. */
export const formatNames = ['auto', 'mmrec', 'movielens', 'table', 'microlens', 'amazon'] as const;
export type FormatName = (typeof formatNames)[number];

/**
 * Reads a folder, or files separated by commas, in whatever format they are: an `.inter` file, a file of reviews (what belongs to
 * it is looked for beside it), or a table of interactions and a list of items under any names, in this order.
 * @throws AmrError input: nothing we know, or damage, with file and line
 */
export async function readRaw(from: string, wanted: FormatName = 'auto'): Promise<RawDataset> {
  const paths = pathsOf(from);
  const { folder, fileNames, beside } = listFiles(paths);
  const candidates = formats.filter(({ name }) => wanted === 'auto' || name === wanted);
  const format = candidates.find((candidate) => candidate.matches(fileNames) && !candidate.matches(beside));
  if (format) {
    const raw = await format.read(folder, fileNames);
    return withMissing(raw, format.missing?.(fileNames) ?? []);
  }
  const name = tableStem(paths[0]);
  if (name !== undefined && paths.length <= 2 && candidates.includes(tableFormat)) {
    const found = itemListNames.find((fileName) => beside.includes(fileName));
    const itemList = paths.at(1) ?? (found && join(folder, found));
    const raw = await readTables({ name, interactions: paths[0], itemList });
    return withMissing(raw, itemList === undefined ? ['a list of items: name its file after a comma'] : []);
  }
  throw new AmrError({
    what: from,
    got: fileNames.length === 0 ? 'an empty folder' : `the files ${fileNames.slice(0, 8).join(', ')}`,
    expected: candidates.map((candidate) => `${candidate.knownBy} (${candidate.name})`).join(', or '),
    hint: 'name the folder that holds the data, or its files: INTERACTIONS.csv,ITEMS.csv',
  });
}

/** The path itself where it exists, else the files that it names between commas. */
export function pathsOf(from: string): string[] {
  return existsSync(from) ? [from] : from.split(',');
}

function withMissing(raw: RawDataset, missing: readonly string[]): RawDataset {
  return { ...raw, remarks: [...missing.map((what) => `not there: ${what}`), ...raw.remarks] };
}

/** The files to read, and those `beside` a named one that do not say what it is. */
interface ListedFiles {
  readonly folder: string;
  readonly fileNames: readonly string[];
  readonly beside: readonly string[];
}

/** A folder's files; or a file with those that may belong to it; or several files, none where they lie apart. */
function listFiles(paths: readonly string[]): ListedFiles {
  const [first] = paths;
  const folder = dirname(first);
  try {
    if (paths.length > 1) {
      for (const path of paths) statSync(path);
      const together = paths.every((path) => dirname(path) === folder);
      const fileNames = together ? paths.map((path) => basename(path)) : [];
      // After a table any list of items may stand, also one whose name would do for reviews.
      const beside = tableStem(first) === undefined ? [] : fileNames.slice(1);
      return { folder, fileNames: [...fileNames].sort(), beside };
    }
    if (statSync(first).isDirectory()) return { folder: first, fileNames: readdirSync(first).sort(), beside: [] };
    const beside = readdirSync(folder).filter((name) => name !== basename(first) && !holdsInteractions(name));
    return { folder, fileNames: [basename(first), ...beside].sort(), beside };
  } catch (cause) {
    throw fileError(`reading ${paths.join(',')}`, cause);
  }
}

/** Such a file beside a named one belongs to other data. */
function holdsInteractions(fileName: string): boolean {
  return (
    fileName.endsWith('.inter') || reviewCategory(fileName) !== undefined || tableStem(fileName) === 'interactions'
  );
}
