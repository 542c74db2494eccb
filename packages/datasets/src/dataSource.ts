import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AmrError, nearestName } from '@agentmmrec/core';
import { assemble } from './assemble/assemble.js';
import { type AssemblyChoices, checkChoices } from './assemble/choices.js';
import type { DatasetParts } from './dataset/datasetParts.js';
import { type ColumnChoice, checkColumnChoice } from './files/columns.js';
import { pathsOf, readRaw } from './formats/readRaw.js';
import { attachEncodedFeatures } from './prepared/encodedFeatures.js';
import { isPrepared, preparedNames } from './prepared/manifest.js';
import { readPrepared } from './prepared/readPrepared.js';

/** Where data comes from. */
export interface DataSource {
  /** @internal with the test split open */
  read(choices: AssemblyChoices): Promise<DatasetParts>;
}

/** What says where data comes from, besides its path or name. */
export interface SourceOptions {
  /** holds prepared data sets and the opening log */
  readonly workspace: string;
  /** default: `auto`, by the files that are there */
  readonly format?: string;
  /** which columns of tables are meant, by our names (user, item, title, ...); null leaves one out */
  readonly columns?: ColumnChoice;
  /** folder of what `encode` made of this data: takes the place of features of the same names */
  readonly encoded?: string;
}

/**
 * An existing path (a folder or files of any format that `readRaw` knows, or a prepared folder), else a name among the
 * workspace's prepared data sets; with what an encoder made of it, where that is asked for.
 * @throws AmrError input: neither
 */
export function findSource(pathOrName: string, options: SourceOptions): DataSource {
  const source = findUnencoded(pathOrName, options);
  const { encoded } = options;
  return encoded === undefined ? source : new EncodedSource(source, encoded);
}

/** Reads nothing: whether there is such data. @throws AmrError input: neither a path nor a prepared data set */
export function checkSource(pathOrName: string, options: SourceOptions): void {
  findSource(pathOrName, options);
}

function findUnencoded(pathOrName: string, { workspace, format, columns }: SourceOptions): DataSource {
  checkColumnChoice(columns);
  const isPath = pathsOf(pathOrName).every((path) => existsSync(path));
  if (isPath && !isPrepared(pathOrName)) return new FileSource(pathOrName, format, columns);
  if (columns) throw columnsOfPrepared(pathOrName);
  return new PreparedSource(isPath ? pathOrName : folderNamed(pathOrName, workspace));
}

/** Files of some format: filtered and split as they are read. */
class FileSource implements DataSource {
  constructor(
    private readonly path: string,
    private readonly format: string | undefined,
    private readonly columns: ColumnChoice | undefined,
  ) {}

  async read(choices: AssemblyChoices): Promise<DatasetParts> {
    checkChoices(choices);
    return await assemble(await readRaw(this.path, this.format, this.columns), this.path, choices);
  }
}

/** What was filtered and split before. */
class PreparedSource implements DataSource {
  constructor(private readonly folder: string) {}

  async read(choices: AssemblyChoices): Promise<DatasetParts> {
    checkChoices(choices);
    return readPrepared(this.folder, choices);
  }
}

/** Another source with what an encoder made of its items. */
class EncodedSource implements DataSource {
  constructor(
    private readonly source: DataSource,
    private readonly folder: string,
  ) {}

  async read(choices: AssemblyChoices): Promise<DatasetParts> {
    return attachEncodedFeatures(await this.source.read(choices), this.folder);
  }
}

function folderNamed(name: string, workspace: string): string {
  const names = preparedNames(workspace);
  if (names.includes(name)) return join(workspace, 'datasets', name);
  const left = join(workspace, 'datasets', name);
  if (!/[\\/]/.test(name) && existsSync(left)) throw incomplete(left);
  if (lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink()) throw leadsNowhere(name);
  const near = nearestName(name, [...names, ...entriesBeside(name)]);
  throw new AmrError({
    what: `data ${JSON.stringify(name)}`,
    got: 'neither a path nor a prepared data set',
    expected: names.length > 0 ? `a path, or one of ${names.join(', ')}` : 'a path; no data set is prepared yet',
    hint: near ? `did you mean "${near}"?` : 'check the path, or see "agentmmrec data --help"',
  });
}

function incomplete(folder: string): AmrError {
  return new AmrError({
    what: folder,
    got: 'a prepared data set without its manifest.json or train.arrow',
    expected: 'the files as they were prepared',
    hint: 'the prepared data set is damaged; delete its folder and prepare it again',
  });
}

function leadsNowhere(link: string): AmrError {
  return new AmrError({
    what: `data ${JSON.stringify(link)}`,
    got: 'a link that leads nowhere, or back to itself',
    expected: 'a file or a folder behind it',
    hint: 'check the links',
  });
}

/** What a path could have meant, written as it was. */
function entriesBeside(path: string): string[] {
  try {
    const folder = dirname(path);
    return readdirSync(folder).map((entry) => (folder === '.' && !path.startsWith('.') ? entry : join(folder, entry)));
  } catch {
    return [];
  }
}

function columnsOfPrepared(pathOrName: string): AmrError {
  return new AmrError({
    what: `prepared data set ${pathOrName}, option columns`,
    got: 'columns for data whose tables were read already',
    expected: 'a table',
    hint: 'leave --columns out, or prepare the table again with them',
  });
}
