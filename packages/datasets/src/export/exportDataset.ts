import { existsSync, renameSync, rmSync } from 'node:fs';
import { AmrError, fileError, makeFolders, temporaryName } from '@agentmmrec/core';
import type { Dataset } from '../contract.js';
import type { ExportedSplits } from './exportedParts.js';
import { writeMmrec } from './exportMmrec.js';
import { writeRecbole } from './exportRecbole.js';
import { writeTables } from './exportTables.js';

/** What a data set can be exported to. */
export const exportFormats = ['mmrec', 'recbole', 'arrow', 'parquet'] as const;
/** The name of a form to export to. */
export type ExportFormat = (typeof exportFormats)[number];

/**
 * Writes a data set for other programs, whole or not at all, images and features included. The test split is opened, which the
 * opening log records. `mmrec` is lossless: prepared again, it has the same fingerprint and splits. See `writeMmrec`,
 * `writeRecbole` and `writeTables` for the files of each format.
 * @throws AmrError input: the folder exists, or an id that the format cannot hold; failed: it cannot be written
 */
export async function exportDataset(dataset: Dataset, format: ExportFormat, folder: string): Promise<void> {
  if (existsSync(folder)) {
    throw new AmrError({
      what: folder,
      got: 'a folder that exists',
      expected: 'a new one',
      hint: 'name another folder',
    });
  }
  const { training, validation, test } = dataset;
  const splits: ExportedSplits = [
    training.train,
    validation,
    test.open(`export as ${format}: the file holds all splits`),
  ];
  const temporary = temporaryName(folder);
  try {
    makeFolders(temporary);
    if (format === 'mmrec') await writeMmrec(temporary, training, splits);
    else if (format === 'recbole') await writeRecbole(temporary, training, splits);
    else await writeTables(temporary, training, splits, format);
    renameSync(temporary, folder);
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    throw fileError(`exporting to ${folder}`, cause);
  }
}
