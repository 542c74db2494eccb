import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AmrError, fileError } from '@agentmmrec/core';
import type { ColumnChoice } from '../files/columns.js';
import { recordStem } from '../files/records.js';
import { amazonFormat } from './amazon/amazonFormat.js';
import { FolderFiles } from './folderFiles.js';
import { itemListAmong } from './itemList.js';
import { microLensFormat } from './microLensFormat.js';
import { mmrecFormat } from './mmrec/mmrecFormat.js';
import { movieLensFormat } from './movieLens/movieLensFormat.js';
import type { DatasetFormat, RawDataset } from './rawDataset.js';
import { recboleFormat } from './recbole/recboleFormat.js';
import { readTables, tableFormat } from './tableFormat.js';

/** The formats we read; the first that matches a folder reads it. */
const formats: readonly DatasetFormat[] = [
  recboleFormat,
  mmrecFormat,
  movieLensFormat,
  tableFormat,
  microLensFormat,
  amazonFormat,
];

/** What `format` may be: `auto`, found by the files, or the name of one. */
export const formatNames: readonly string[] = ['auto', ...formats.map(({ name }) => name)];

/**
 * Reads a folder, or files separated by commas, in whatever format they are: an `.inter` file, a file of reviews (what belongs to
 * it is looked for beside it), or a table of interactions and a list of items under any names, in this order.
 * @param columns which columns of tables are meant, by our names
 * @throws AmrError input: nothing we know, or damage, with file and line
 */
export async function readRaw(from: string, wanted = 'auto', columns?: ColumnChoice): Promise<RawDataset> {
  const paths = pathsOf(from);
  const { files, beside } = listFiles(paths);
  const candidates = formats.filter(({ name }) => wanted === 'auto' || name === wanted);
  const format = candidates.find((candidate) => candidate.matches(files) && !candidate.matches(files.only(beside)));
  if (format) {
    if (columns && !format.takesColumns) throw noColumns(from, format);
    const raw = await format.read(files, columns);
    return withMissing(raw, format.missing?.(files) ?? []);
  }
  const name = recordStem(paths[0]);
  if (
    name !== undefined &&
    paths.length <= 2 &&
    candidates.includes(tableFormat) &&
    !statSync(paths[0]).isDirectory()
  ) {
    const found = itemListAmong(beside);
    const itemList = paths.at(1) ?? (found && files.path(found));
    const raw = await readTables({ name, interactions: paths[0], itemList, columns });
    return withMissing(raw, itemList === undefined ? ['a list of items: name its file after a comma'] : []);
  }
  const inner = innerFolder(files, candidates);
  throw new AmrError({
    what: from,
    got: files.names.length === 0 ? 'an empty folder' : `the files ${files.names.slice(0, 8).join(', ')}`,
    expected: candidates.map((candidate) => `${candidate.knownBy} (${candidate.name})`).join(', or '),
    hint: `name the folder that holds the data${inner === undefined ? '' : `, perhaps ${inner}`}, or its files: INTERACTIONS.csv,ITEMS.csv`,
  });
}

/** A folder in the folder, where archives unpack to, that a format would read. */
function innerFolder(files: FolderFiles, candidates: readonly DatasetFormat[]): string | undefined {
  return files.names
    .slice(0, 20)
    .map((name) => files.path(name))
    .find((path) => {
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
      const inside = new FolderFiles(path, readdirSync(path).sort());
      return candidates.some((candidate) => candidate.matches(inside));
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
  readonly files: FolderFiles;
  readonly beside: readonly string[];
}

/** A folder's files; or a file with those that may belong to it; or several files, none where they lie apart. */
function listFiles(paths: readonly string[]): ListedFiles {
  const [first] = paths;
  const folder = dirname(first);
  const listed = (names: readonly string[]) => new FolderFiles(folder, [...names].sort());
  try {
    if (paths.length > 1) {
      for (const path of paths) statSync(path);
      const together = paths.every((path) => dirname(path) === folder);
      const names = together ? paths.map((path) => basename(path)) : [];
      // After a table any list of items may stand, also one whose name would do for reviews.
      const beside = recordStem(first) === undefined ? [] : names.slice(1);
      return { files: listed(names), beside };
    }
    if (statSync(first).isDirectory()) return { files: new FolderFiles(first, readdirSync(first).sort()), beside: [] };
    const all = listed(readdirSync(folder));
    const beside = all.names.filter((name) => name !== basename(first) && !holdsInteractions(all, name));
    return { files: listed([basename(first), ...beside]), beside };
  } catch (cause) {
    throw fileError(`reading ${paths.join(',')}`, cause);
  }
}

/** Such a file beside a named one belongs to other data. */
function holdsInteractions(files: FolderFiles, fileName: string): boolean {
  return formats.some((format) => format.matches(files.only([fileName])));
}

function noColumns(from: string, format: DatasetFormat): AmrError {
  return new AmrError({
    what: `data ${from}, option columns`,
    got: `data of the format ${format.name}, whose columns are known`,
    expected: 'a table',
    hint: 'leave --columns out, or read the files as a table: --format table',
  });
}
