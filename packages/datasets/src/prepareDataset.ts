import { constants, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { AmrError, digest, fileError, temporaryName, toArrow, writeArrowFile, writeFileAtomic } from '@agentmmrec/core';
import { makeVector, Table } from 'apache-arrow';
import { textColumn, textListColumn } from './arrowColumns.js';
import type { Dataset, Interactions } from './contract.js';
import { type DatasetParts, sealDataset } from './datasetParts.js';
import { datasetStats } from './datasetStats.js';
import { fingerprintOf } from './fingerprint.js';
import { pairsOf } from './interactions.js';
import { readParts } from './loadDataset.js';
import { checkLoadOptions, type LoadOptions } from './loadOptions.js';
import { makeFolder } from './makeFolder.js';
import { preparationReport } from './preparationReport.js';
import {
  isPrepared,
  manifestDigestOf,
  type PreparedManifest,
  type PreparedOptions,
  preparedFormat,
  preparedVersion,
  readManifest,
} from './preparedDataset.js';

export interface PrepareOptions extends LoadOptions {
  /** path of the data to prepare */
  readonly from: string;
  /** name under which `loadDataset` finds it */
  readonly name: string;
  /** replaces a data set of that name that holds other data */
  readonly replace?: boolean;
}

export interface PreparedDataset {
  /** `<workspace>/datasets/<name>` */
  readonly folder: string;
  readonly dataset: Dataset;
  /** false when equal data was there already and nothing was written */
  readonly written: boolean;
}

/**
 * Reads, filters and splits data once and keeps the result in the workspace: Arrow files (the test split in its own), copies
 * of the images named by their digest, and `manifest.json`, `report.md` for people and `image-urls.tsv` where images can be fetched. Written under a temporary name and renamed: whole or absent.
 * @throws AmrError input: what `loadDataset` refuses, a bad name, a name taken by other data, no room
 */
export async function prepareDataset(options: PrepareOptions): Promise<PreparedDataset> {
  checkLoadOptions(options);
  checkName(options.name);
  const parts: DatasetParts = { ...(await readParts(options.from, options)), name: options.name };
  const folder = join(options.workspace, 'datasets', options.name);
  const manifest = describe(parts, options);
  const dataset = sealDataset(parts, options.workspace);
  if (existsSync(folder)) {
    const same = isPrepared(folder) && readManifest(folder).contentDigest === manifest.contentDigest;
    if (same) return { folder, dataset, written: false };
    if (!options.replace) throw nameTaken(options.name);
  }
  const temporary = temporaryName(folder);
  makeFolder(temporary);
  try {
    writeParts(temporary, parts, manifest);
    writeFileAtomic(join(temporary, 'report.md'), preparationReport(datasetStats(dataset), parts));
    writeImageUrls(temporary, parts);
    swapIn(temporary, folder);
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    throw fileError(`preparing ${folder}`, cause);
  }
  return { folder, dataset, written: true };
}

/** The items without an image file whose source names an address, for `data images`. */
function writeImageUrls(folder: string, { imageUrls, content, itemIds }: DatasetParts): void {
  const lines = (imageUrls ?? []).flatMap((url, item) =>
    url === null || (content?.[item].imagePath ?? null) !== null ? [] : [`${itemIds[item]}\t${url}\n`],
  );
  if (lines.length > 0) writeFileAtomic(join(folder, 'image-urls.tsv'), `id\turl\n${lines.join('')}`);
}

/** Renames into place. The old folder is moved aside first, so that no moment shows a mixture. */
function swapIn(temporary: string, folder: string): void {
  if (!existsSync(folder)) {
    renameSync(temporary, folder);
    return;
  }
  const old = temporaryName(folder);
  renameSync(folder, old);
  renameSync(temporary, folder);
  rmSync(old, { recursive: true, force: true });
}

function describe(parts: DatasetParts, options: PrepareOptions): Omit<PreparedManifest, 'files' | 'manifestDigest'> {
  const fingerprint = fingerprintOf(parts);
  const chosen: PreparedOptions = {
    seed: options.seed,
    split: options.split ?? null,
    minRating: options.minRating ?? null,
    kCore: options.kCore ?? null,
    features: options.features ?? null,
  };
  const { validation, test } = parts;
  return {
    format: preparedFormat,
    version: preparedVersion,
    name: parts.name,
    fingerprint,
    contentDigest: digest([
      fingerprint,
      validation.offsets,
      validation.itemIds,
      test.offsets,
      test.itemIds,
      chosen,
      parts.report,
    ]),
    options: chosen,
    report: parts.report,
    hasContent: parts.content !== null,
    features: parts.features.map(({ modality, synthetic }, n) => ({
      modality,
      synthetic,
      file: `features-${n}.arrow`,
    })),
  };
}

function writeParts(
  folder: string,
  parts: DatasetParts,
  manifest: Omit<PreparedManifest, 'files' | 'manifestDigest'>,
): void {
  const files: Record<string, string> = {};
  const write = (file: string, table: Table) => {
    const path = join(folder, file);
    writeArrowFile(path, table);
    files[file] = digest(readFileSync(path));
  };
  write('users.arrow', new Table({ id: textColumn(parts.userIds) }));
  write('items.arrow', itemTable(folder, parts));
  write('train.arrow', pairTable(parts.train));
  write('validation.arrow', pairTable(parts.validation));
  write('test.arrow', pairTable(parts.test));
  parts.features.forEach(({ matrix }, n) => {
    write(manifest.features[n].file, new Table({ features: toArrow(matrix) }));
  });
  const whole = { ...manifest, files };
  const signed = { ...whole, manifestDigest: manifestDigestOf(whole) };
  writeFileAtomic(join(folder, 'manifest.json'), `${JSON.stringify(signed, null, 2)}\n`);
}

function pairTable(interactions: Interactions): Table {
  const { userIds, itemIds } = pairsOf(interactions);
  return new Table({ user: makeVector(userIds), item: makeVector(itemIds) });
}

function itemTable(folder: string, parts: DatasetParts): Table {
  const id = textColumn(parts.itemIds);
  const { content } = parts;
  if (content === null) return new Table({ id });
  return new Table({
    id,
    title: textColumn(content.map((item) => item.title)),
    brand: textColumn(content.map((item) => item.brand)),
    categories: textListColumn(content.map((item) => item.categories)),
    description: textColumn(content.map((item) => item.description)),
    image: textColumn(content.map((item, n) => copyImage(folder, item.imagePath, parts.imageDigests?.[n] ?? null))),
  });
}

/** Copies an image under its digest and returns its path in the folder. Equal images share one file. */
function copyImage(folder: string, path: string | null, imageDigest: string | null): string | null {
  if (path === null || imageDigest === null) return null;
  const extension = extname(path).toLowerCase();
  const name = `images/${imageDigest}${/^\.[a-z0-9]{1,8}$/.test(extension) ? extension : ''}`;
  const target = join(folder, name);
  if (existsSync(target)) return name;
  mkdirSync(join(folder, 'images'), { recursive: true });
  copyFileSync(path, target, constants.COPYFILE_FICLONE);
  return name;
}

function checkName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && !name.endsWith('.tmp')) return;
  throw new AmrError({
    what: 'name of the prepared data set',
    got: JSON.stringify(name),
    expected: 'letters, digits, dots, hyphens and underscores, at most 100, not ending in .tmp',
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
