import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, nearestName } from '@agentmmrec/core';
import { assemble } from './assemble.js';
import type { Dataset } from './contract.js';
import { type DatasetParts, sealDataset } from './datasetParts.js';
import { attachEncodedFeatures } from './encodedFeatures.js';
import { pathsOf, readRaw } from './formats.js';
import { checkLoadOptions, type LoadOptions } from './loadOptions.js';
import { isPrepared, preparedNames, readPrepared } from './preparedDataset.js';

/**
 * Loads a data set from an existing path (a folder or files of any format that `readRaw` knows, or a prepared folder), else by
 * its name among the workspace's prepared data sets. The test split comes sealed; openings are logged in the workspace.
 * @throws AmrError input: nothing there, no known format, damage (with file and line), an option that does not fit
 */
export async function loadDataset(pathOrName: string, options: LoadOptions): Promise<Dataset> {
  checkLoadOptions(options);
  const parts = await readParts(pathOrName, options);
  const { report, name } = parts;
  const { train, validation, test } = report.interactions;
  options.log.info(
    `${name}: ${report.users} users, ${report.items} items, ${train} training, ${validation} validation, ${test} test interactions`,
  );
  for (const remark of report.remarks) options.log.info(`${name}: ${remark}`);
  return sealDataset(parts, options.workspace);
}

/** @internal As `loadDataset`, with the test split open. */
export async function readParts(pathOrName: string, options: LoadOptions): Promise<DatasetParts> {
  const parts = await readSource(pathOrName, options);
  return options.encoded === undefined ? parts : attachEncodedFeatures(parts, options.encoded);
}

async function readSource(pathOrName: string, options: LoadOptions): Promise<DatasetParts> {
  if (pathsOf(pathOrName).every((path) => existsSync(path))) {
    if (isPrepared(pathOrName)) return readPrepared(pathOrName, options);
    return await assemble(await readRaw(pathOrName, options.format), pathOrName, options);
  }
  const names = preparedNames(options.workspace);
  if (names.includes(pathOrName)) return readPrepared(join(options.workspace, 'datasets', pathOrName), options);
  const near = nearestName(pathOrName, names);
  throw new AmrError({
    what: `data ${JSON.stringify(pathOrName)}`,
    got: 'neither a path nor a prepared data set',
    expected: names.length > 0 ? `a path, or one of ${names.join(', ')}` : 'a path; no data set is prepared yet',
    hint: near ? `did you mean "${near}"?` : 'check the path, or see "agentmmrec data --help"',
  });
}
