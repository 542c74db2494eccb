import { constants, copyFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import {
  digest,
  fileError,
  makeFolders,
  temporaryName,
  toArrow,
  writeArrowFile,
  writeFileAtomic,
} from '@agentmmrec/core';
import { makeVector, Table } from 'apache-arrow';
import type { AssemblyChoices } from '../assemble/choices.js';
import type { Interactions } from '../contract.js';
import type { DatasetParts } from '../dataset/datasetParts.js';
import { pairsOf } from '../dataset/interactions.js';
import { textColumn, textListColumn } from '../files/arrowColumns.js';
import { makeFolder } from '../files/makeFolder.js';
import {
  manifestDigestOf,
  type PreparedManifest,
  type PreparedOptions,
  preparedFormat,
  preparedVersion,
} from './manifest.js';

type UnsignedManifest = Omit<PreparedManifest, 'files' | 'manifestDigest'>;

/**
 * Writes the folder of a prepared data set under a temporary name and renames it: whole or absent.
 * @param report for people, as Markdown
 * @throws AmrError input or failed: what the system said; the old folder stays
 */
export function writePrepared(folder: string, parts: DatasetParts, manifest: UnsignedManifest, report: string): void {
  const temporary = temporaryName(folder);
  makeFolder(temporary);
  try {
    writeTables(temporary, parts, manifest);
    writeFileAtomic(join(temporary, 'report.md'), report);
    writeImageUrls(temporary, parts);
    swapIn(temporary, folder);
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    throw fileError(`preparing ${folder}`, cause);
  }
}

/** What the manifest of these parts says before the files are written. */
export function describePrepared(parts: DatasetParts, choices: AssemblyChoices): UnsignedManifest {
  const { fingerprint } = parts;
  const chosen: PreparedOptions = {
    seed: choices.splitSeed,
    split: choices.splitBy ?? null,
    minRating: choices.minRating ?? null,
    kCore: choices.kCore ?? null,
    ...(choices.trainingItems !== undefined && { trainingItems: choices.trainingItems }),
    features: choices.features ?? null,
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

function writeTables(folder: string, parts: DatasetParts, manifest: UnsignedManifest): void {
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
  makeFolders(join(folder, 'images'));
  copyFileSync(path, target, constants.COPYFILE_FICLONE);
  return name;
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
