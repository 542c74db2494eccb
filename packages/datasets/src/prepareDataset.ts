import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, type Lock, removeUnfinished, tryLock } from '@agentmmrec/core';
import type { Dataset } from './contract.js';
import { type DataSource, findSource } from './dataSource.js';
import { datasetStats } from './dataset/datasetStats.js';
import { sealDataset } from './dataset/sealedTest.js';
import type { LoadOptions } from './loadDataset.js';
import { isPrepared, readManifest } from './prepared/manifest.js';
import { preparationReport } from './prepared/preparationReport.js';
import { describePrepared, writePrepared } from './prepared/writePrepared.js';

export interface PrepareOptions extends LoadOptions {
  /** path of the data to prepare */
  readonly from: string;
  /** name under which `loadDataset` finds it */
  readonly name: string;
  /** replaces a data set of that name that holds other data */
  readonly replace?: boolean;
}

/** A data set as it was kept in the workspace. */
export interface PreparedDataset {
  /** `<workspace>/datasets/<name>` */
  readonly folder: string;
  readonly dataset: Dataset;
  /** false when equal data was there already and nothing was written */
  readonly written: boolean;
}

/**
 * Reads, filters and splits data once and keeps the result in the workspace: Arrow files (the test split in its own), copies
 * of the images named by their digest, and `manifest.json`, `report.md` for people and `image-urls.tsv` where images can be
 * fetched. Written under a temporary name and renamed: whole or absent.
 * @throws AmrError input: what `loadDataset` refuses, a bad name, a name taken by other data, no room
 */
export async function prepareDataset(options: PrepareOptions): Promise<PreparedDataset> {
  checkName(options.name);
  const folder = join(options.workspace, 'datasets', options.name);
  const source = findSource(options.from, options);
  const lock = lockName(options.name, folder);
  try {
    return await readAndKeep(source, folder, options);
  } finally {
    lock.release();
  }
}

async function readAndKeep(source: DataSource, folder: string, options: PrepareOptions): Promise<PreparedDataset> {
  const parts = { ...(await source.read(options)), name: options.name };
  const manifest = describePrepared(parts, options);
  const dataset = sealDataset(parts, options.workspace);
  if (existsSync(folder)) {
    const same = isPrepared(folder) && readManifest(folder).contentDigest === manifest.contentDigest;
    if (same) return { folder, dataset, written: false };
    if (!options.replace) throw nameTaken(options.name);
  }
  writePrepared(folder, parts, manifest, preparationReport(datasetStats(dataset), parts));
  return { folder, dataset, written: true };
}

/** One process prepares under a name, before anything of that name is looked at. What earlier ones left half-made goes. */
function lockName(name: string, folder: string): Lock {
  const lock = tryLock(`${folder}.in-use`);
  if (!lock) {
    throw new AmrError({
      what: `prepared data set ${JSON.stringify(name)}`,
      got: 'a name under which another process prepares data now',
      expected: 'one at a time',
      hint: 'wait until it ends, or choose another name',
    });
  }
  removeUnfinished(folder);
  return lock;
}

function checkName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && !/\.(tmp|in-use)$/.test(name)) return;
  throw new AmrError({
    what: 'name of the prepared data set',
    got: JSON.stringify(name),
    expected: 'letters, digits, dots, hyphens and underscores, at most 100, not ending in .tmp or .in-use',
    hint: 'for example my-data',
  });
}

function nameTaken(name: string): AmrError {
  return new AmrError({
    what: `prepared data set ${JSON.stringify(name)}`,
    got: 'a name that other data has already',
    expected: 'a free name',
    hint: 'choose another name, or replace the old data with --replace',
  });
}
